"""The QR code of a profile: for the notice board, the leaflet, the back of a jacket."""

import hashlib
from functools import lru_cache
from io import BytesIO

import segno
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.reading import get_shown_actor
from usi_fed.pages.views import person_view

CACHE_SECONDS = 24 * 60 * 60
QUIET_ZONE = 4  # modules; ISO/IEC 18004 section 9.1
_POLICY = "default-src 'none'; sandbox"


async def show_qr(request: Request) -> Response:
    """GET /@{name}/qr: the code on a page to print.

    Raises:
        NotFound, Gone, NotAllowed: the profile has no page.
    """
    house = house_of(request)
    actor = await house.database.read(get_shown_actor, request.path_params["name"])
    page = house.urls.profile(actor.username)
    person = person_view(actor, house.urls)
    return await html_page(request, "pages/qr.html", person=person, page=page, code=f"{page}/qr.svg")


async def get_qr(request: Request) -> Response:
    """GET /@{name}/qr.svg: the code alone, to be put into something else; it leads to the profile's page.

    Raises:
        NotFound, Gone, NotAllowed: the profile has no page.
    """
    house = house_of(request)
    actor = await house.database.read(get_shown_actor, request.path_params["name"])
    body = qr_svg(house.urls.profile(actor.username))
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {
        "Cache-Control": f"public, max-age={CACHE_SECONDS}",
        "ETag": etag,
        "Content-Disposition": f'inline; filename="{actor.username}.svg"',
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="image/svg+xml", headers=headers)


@lru_cache(maxsize=256)
def qr_svg(address: str) -> bytes:
    """An address as a QR code that survives some dirt, black on white in every colour scheme: an SVG of any size.

    It may be a file, or stand in a page: so it has no XML declaration, which is nothing in HTML.
    """
    code = segno.make_qr(address, error="m")
    file = BytesIO()
    code.save(
        file,
        kind="svg",
        xmldecl=False,
        border=QUIET_ZONE,
        dark="#000",
        light="#fff",
        omitsize=True,
        svgclass=None,
        lineclass=None,
    )
    return file.getvalue()
