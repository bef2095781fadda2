"""Files under names made of their content, written whole or not at all."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from usi_fed.media.inspect import KINDS, Kind

_EXTENSIONS = frozenset(kind.extension for kind in KINDS)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies in the target folder under `name`. Pixels are None where they make no sense."""

    name: str
    media_type: str
    size_bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None


def stored_name(sha256: str, extension: str) -> str:
    """The name of a file: the hexadecimal hash of its content and our own extension.

    Raises:
        ValueError: not a SHA-256 in lower-case hexadecimal, or not an extension of `usi_fed.media.inspect`.
    """
    if not _DIGEST.fullmatch(sha256) or extension not in _EXTENSIONS:
        raise ValueError("a stored file is named by a SHA-256 and a known extension")
    return f"{sha256}.{extension}"


@contextmanager
def new_file(folder: Path) -> Iterator[Path]:
    """A path for a file in the making, in `folder`; it is gone afterwards unless `keep` has taken it."""
    handle, name = tempfile.mkstemp(prefix=".new-", dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def keep(made: Path, kind: Kind, width: int | None = None, height: int | None = None) -> StoredFile:
    """Give a finished file its name, in the folder where it is, after its bytes have reached the disk."""
    with made.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = os.fstat(file.fileno()).st_size
        os.fsync(file.fileno())
    name = stored_name(digest, kind.extension)
    made.chmod(0o644)
    made.replace(made.with_name(name))
    return StoredFile(name, kind.media_type, size, digest, width, height)
