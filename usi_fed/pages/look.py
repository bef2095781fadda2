"""The colour of this server: a small style sheet after the usual one, where another colour than red was chosen."""

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.errors import NotFound
from usi_fed.pages.house import house_of

_FOREVER = "public, max-age=31536000, immutable"
_A_MINUTE = "public, max-age=60"


async def get_look(request: Request) -> Response:
    """GET /look.css; kept for ever when asked for with the hash of its content.

    Raises:
        NotFound: the usual sheet has the colour.
    """
    look = house_of(request).instance.face.look
    if not look.sheet:
        raise NotFound("this server looks as usual")
    is_exact = request.query_params.get("v") == look.digest
    etag = f'"{look.digest}"'
    headers = {
        "Cache-Control": _FOREVER if is_exact else _A_MINUTE,
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(look.sheet, media_type="text/css", headers=headers)
