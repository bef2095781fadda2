"""What browsers and search engines ask for besides pages: style sheet, pictures, robots.txt."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from usi_fed.errors import NotFound
from usi_fed.web import StaticFile, static_files

_FOREVER = "public, max-age=31536000, immutable"
_AN_HOUR = "public, max-age=3600"

# Foreign files are only passed on here, and links in mail and forms are for one person each.
_ROBOTS = """User-agent: *
Disallow: /account
Disallow: /administration
Disallow: /api/
Disallow: /authorize_interaction
Disallow: /back-in/
Disallow: /code
Disallow: /forgotten
Disallow: /interact
Disallow: /invitations
Disallow: /join/
Disallow: /log-in
Disallow: /media/remote/
Disallow: /moderation/
Disallow: /new-password/
Disallow: /oauth/
Disallow: /set-up/
"""


async def get_static(request: Request) -> Response:
    """GET /static/{name}; kept for ever when asked for with the hash of its content.

    Raises:
        NotFound: there is no such file.
    """
    file = static_files().get(request.path_params["name"])
    if file is None:
        raise NotFound("no such static file")
    is_exact = request.query_params.get("v") == file.digest
    return _file(request, file, _FOREVER if is_exact else _AN_HOUR)


async def get_icon(request: Request) -> Response:
    """GET /favicon.ico"""
    return _file(request, static_files()["favicon.ico"], _AN_HOUR)


async def get_robots(request: Request) -> Response:
    """GET /robots.txt"""
    return PlainTextResponse(_ROBOTS, headers={"Cache-Control": _AN_HOUR, "X-Content-Type-Options": "nosniff"})


def _file(request: Request, file: StaticFile, caching: str) -> Response:
    etag = f'"{file.digest}"'
    headers = {
        "Cache-Control": caching,
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(file.body, media_type=file.media_type, headers=headers)
