"""The map of the organisations that want to stand on it: an SVG drawn by us, that asks nobody else for anything.

The outlines of the land are `web/static/land.svg`, in the same projection (decision 0043).
"""

import hashlib
from collections.abc import Sequence
from html import escape
from math import asin, cos, radians, sin, sqrt

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.model import Actor, Organisation
from usi_fed.pages.house import house_of
from usi_fed.pages.organisations.words import place_words
from usi_fed.pages.views import page_of
from usi_fed.unions.directory_store import placed
from usi_fed.urls import Urls
from usi_fed.web import static_files

PATH = "/organisations/map.svg"
MOST_DOTS = 2_000
CACHE_SECONDS = 300
_POLICY = "default-src 'none'; frame-ancestors 'none'"
# Equal Earth: every square kilometre is as large as every other. Šavrič, Patterson and Jenny, 2018.
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = sqrt(3) / 2
_WIDTH, _EQUATOR, _SCALE = 2000, 486.717, 369.463


def project(latitude: float, longitude: float) -> tuple[int, int]:
    """Where a place stands on the map, in its units."""
    theta = asin(_M * sin(radians(latitude)))
    square = theta * theta
    sixth = square**3
    across = radians(longitude) * cos(theta) / (_M * (_A1 + 3 * _A2 * square + sixth * (7 * _A3 + 9 * _A4 * square)))
    up = theta * (_A1 + _A2 * square + sixth * (_A3 + _A4 * square))
    return round(_WIDTH / 2 + across * _SCALE), round(_EQUATOR - up * _SCALE)


async def get_map(request: Request) -> Response:
    """GET /organisations/map.svg: those who are listed and say where they are, each a dot with its name."""
    house = house_of(request)
    body = drawn(await house.database.read(placed, MOST_DOTS), house.urls.paths)
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {
        "Cache-Control": f"public, max-age={CACHE_SECONDS}",
        "ETag": etag,
        "Vary": "Accept-Language, Cookie",
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="image/svg+xml", headers=headers)


def drawn(found: Sequence[tuple[Actor, Organisation]], urls: Urls) -> bytes:
    """The land, and a dot for each."""
    land = static_files()["land.svg"].body.rstrip().removesuffix(b"</svg>")
    return land + "".join(_dot(actor, about, urls) for actor, about in found).encode() + b"</svg>\n"


def _dot(actor: Actor, about: Organisation, urls: Urls) -> str:
    across, down = project(about.latitude or 0, about.longitude or 0)
    words = ", ".join(filter(None, (actor.name or actor.username, place_words(about))))
    page = page_of(actor) if actor.is_local else urls.link(actor.url or actor.uri)
    return (
        f'<a href="{escape(page)}"><circle cx="{across}" cy="{down}" r="18" fill="#c9222d" stroke="#fff" '
        f'stroke-width="5"><title>{escape(words)}</title></circle></a>'
    )
