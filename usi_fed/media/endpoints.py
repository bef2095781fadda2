"""Serving files: ours by name, foreign ones by an address that only we can mint."""

import hmac
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from pathlib import Path
from typing import Protocol

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from usi_fed.db.ids import parse_id
from usi_fed.errors import NotFound
from usi_fed.media.inspect import KINDS
from usi_fed.media.service import MediaLibrary, ServedFile
from usi_fed.urls import Urls

_TYPES = {kind.extension: kind.media_type for kind in KINDS}

# A file is only ever a file: no page, no script, and never taken for an ActivityPub document.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}
_FOREVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"


class House(Protocol):
    """What these endpoints need."""

    @property
    def urls(self) -> Urls:
        """Every URL we mint."""

    @property
    def media(self) -> MediaLibrary:
        """The files."""


async def get_file(request: Request) -> Response:
    """GET /media/{name}: one of our files; its name is its content's hash, so it never changes."""
    house: House = request.app.state.house
    path = house.media.stored(request.path_params["name"])
    return _file(path, _TYPES.get(path.suffix[1:], "application/octet-stream"), _FOREVER)


async def get_remote_file(request: Request) -> Response:
    """GET /media/remote/{id}/{kind}/{token}: a foreign file, fetched on demand."""
    house: House = request.app.state.house
    owner_id, kind = parse_id(request.path_params["id"]), request.path_params["kind"]
    _check(house, f"{kind}:{owner_id}", request)
    return _served(await house.media.remote(owner_id, kind))


async def get_emoji(request: Request) -> Response:
    """GET /media/emoji/{name}/{token}: a foreign custom emoji, fetched on demand."""
    house: House = request.app.state.house
    name: str = request.path_params["name"]
    _check(house, f"emoji:{name}", request)
    try:
        home, _, url = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode().partition(" ")
    except (NotBase64, ValueError) as error:
        raise NotFound("not an address we minted") from error
    return _served(await house.media.emoji(url, home))


def _check(house: House, what: str, request: Request) -> None:
    token: str = request.path_params["token"]
    if not hmac.compare_digest(token.encode(), house.urls.link_token(what).encode()):
        raise NotFound("not an address we minted")


def _served(file: ServedFile) -> Response:
    return _file(file.path, file.mime, _A_DAY)


def _file(path: Path, mime: str, caching: str) -> Response:
    return FileResponse(path, media_type=mime, headers={**_HEADERS, "Cache-Control": caching})


routes = [
    Route("/media/remote/{id}/{kind}/{token}", get_remote_file),
    Route("/media/emoji/{name}/{token}", get_emoji),
    Route("/media/{name}", get_file),
]
