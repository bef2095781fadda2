"""A post by itself, for frames in other sites' pages (oEmbed).

Any site may frame it: so no cookie is looked at, nobody is signed in there, and nothing can be pressed but links, which
open outside of the frame.
"""

from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from usi_fed import web
from usi_fed.db.ids import parse_id
from usi_fed.errors import UsiFedError
from usi_fed.pages.answers import CACHE_SECONDS, Handler, error_words
from usi_fed.pages.house import house_of
from usi_fed.pages.reading import read_open_post
from usi_fed.pages.views import post_view
from usi_fed.translation import speaking

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors *"
)


def for_frames(handler: Handler) -> Handler:
    """A handler that asks for nobody's cookies, and whose refusals may stand in a frame too."""

    @wraps(handler)
    async def answer(request: Request) -> Response:
        house, accepted = house_of(request), request.headers.get("accept-language", "")
        with speaking(web.reader_of(house.settings, house.instance.face.usual_reader, {}, accepted, None)):
            try:
                return await handler(request)
            except UsiFedError as error:
                title, explanation = error_words(error.status)
                return _page(request, error.status, post=None, title=title, explanation=explanation)

    return answer


async def show_embed(request: Request) -> Response:
    """GET /@{name}/{id}/embed

    Raises:
        NotFound: there is no such post, or it is not for everybody.
        Gone: it has been deleted, or its author has.
        NotAllowed: its author is suspended.
    """
    house = house_of(request)
    name, post_id = request.path_params["name"], parse_id(request.path_params["id"])
    shown = await house.database.read(read_open_post, name, post_id, house.urls)
    view = post_view(shown, house.urls.paths, house.clock(), is_whole=False)
    return _page(request, 200, post=view, title=view.author.plain_name, explanation="")


def _page(request: Request, status: int, **values: object) -> Response:
    headers = {name: value for name, value in web.PAGE_HEADERS.items() if name != "X-Frame-Options"} | {
        "Content-Security-Policy": _POLICY,
        "Cache-Control": f"public, max-age={CACHE_SECONDS}" if status < 400 else "no-store",
        "Vary": "Accept-Language",
        "X-Robots-Tag": "noindex",
    }
    house = house_of(request)
    face = house.instance.face
    body = web.page("pages/embed.html", server=face.name, face=face, **values)
    return Response(body, status, headers)
