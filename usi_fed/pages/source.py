"""The source of the program that runs here, as AGPL section 13 grants it to everybody who uses it."""

import asyncio
import io
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from usi_fed import __version__, web

_PACKAGE = Path(__file__).parents[1]
# What stands beside the package where it runs from its repository. Named one by one: settings may stand there, too.
_BESIDE = ("LICENSE", "README.md", "pyproject.toml", "setup.py", "requirements.lock")
_NAME = f"usi-fed-{__version__}"


async def get_source(request: Request) -> Response:
    """GET /source: an archive of the very files that run."""
    headers = {
        "Content-Disposition": f'attachment; filename="{_NAME}.tar.gz"',
        "Cache-Control": "public, max-age=3600",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(await asyncio.to_thread(source_archive), media_type="application/gzip", headers=headers)


@cache
def source_archive() -> bytes:
    """The package and the web files as tar.gz; well under a megabyte, so it is made once and kept in memory."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, path in _files():
            archive.add(path, f"{_NAME}/{name}", filter=_without_owner)
    return buffer.getvalue()


def _files() -> Iterator[tuple[str, Path]]:
    """Every file of the program, with its name as in the repository."""
    if (_PACKAGE.parent / "pyproject.toml").is_file():
        yield from ((name, _PACKAGE.parent / name) for name in _BESIDE if (_PACKAGE.parent / name).is_file())
    for home, name in ((_PACKAGE, "usi_fed"), (web.FOLDER, "web")):
        for path in sorted(home.rglob("*")):
            is_webs = home == _PACKAGE and path.is_relative_to(web.FOLDER)
            if path.is_file() and not path.is_symlink() and not is_webs and _is_source(path.relative_to(home)):
                yield f"{name}/{path.relative_to(home)}", path


def _is_source(path: Path) -> bool:
    return not any(part == "__pycache__" or part.startswith(".") for part in path.parts)


def _without_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Who installed the server is nobody else's business."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
