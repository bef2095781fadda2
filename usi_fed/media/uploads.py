"""Files in a request: counted as they come, and from the parser's buffer to a place where they can be processed."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message, Receive

from usi_fed.errors import InvalidInput, TooLarge
from usi_fed.media.results import Purpose
from usi_fed.media.service import MediaLibrary


def limited(request: Request, most_bytes: int) -> Request:
    """The same request, whose body ends in TooLarge beyond `most_bytes`; bytes are counted as they come, for
    Content-Length may lie.
    """
    return Request(request.scope, _counting(request.receive, most_bytes))


def upload_in(fields: dict[str, Any], name: str) -> UploadFile | None:
    """The file that a form has under a name; None when there is none, or an empty one.

    Raises:
        InvalidInput: there is something else under that name.
    """
    value = fields.get(name)
    if value is None or value == "" or (isinstance(value, UploadFile) and not value.size):
        return None
    if not isinstance(value, UploadFile):
        raise InvalidInput(name, "must be a file in a multipart form")
    return value


@asynccontextmanager
async def saved(upload: UploadFile, folder: Path) -> AsyncIterator[Path]:
    """The uploaded file under a name of its own in `folder`, for as long as it is needed."""
    with tempfile.NamedTemporaryFile(dir=folder) as target:
        await asyncio.to_thread(_copy, upload.file, target.file)
        yield Path(target.name)


async def keep_uploaded_picture(library: MediaLibrary, upload: UploadFile, purpose: Purpose) -> str:
    """Make a profile picture that was uploaded in the field `purpose` safe and keep it; gives its file name.

    Raises:
        InvalidInput: not a picture.
        TooLarge: more bytes or pixels than allowed.
    """
    async with saved(upload, library.incoming) as path:
        try:
            return await library.keep_picture(path, purpose)
        except InvalidInput as error:
            raise InvalidInput(purpose, error.problem) from error


def _copy(source: BinaryIO, target: Any) -> None:  # noqa: ANN401 - the wrapper of tempfile
    source.seek(0)
    shutil.copyfileobj(source, target)
    target.flush()


def _counting(receive: Receive, most_bytes: int) -> Receive:
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most_bytes:
            raise TooLarge(f"The request has more than {most_bytes} bytes.")
        return message

    return counting
