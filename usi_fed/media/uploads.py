"""Files in a request: from the parser's buffer to a place where they can be processed."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

from starlette.datastructures import UploadFile

from usi_fed.errors import InvalidInput


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


def _copy(source: BinaryIO, target: Any) -> None:  # noqa: ANN401 - the wrapper of tempfile
    source.seek(0)
    shutil.copyfileobj(source, target)
    target.flush()
