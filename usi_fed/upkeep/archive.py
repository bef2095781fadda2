"""The backup file: a compressed tar, read and written as a stream, sealed when there is a passphrase.

Its members are `tables/NAME/NUMBER` (rows, in MessagePack), `files/PATH` (of the data directory), and at the
end `manifest.json`, which says what this is and has the SHA-256 of every other member.
"""

import contextlib
import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, cast

from usi_fed.errors import InvalidInput
from usi_fed.upkeep.sealing import SealedReader, SealingWriter, is_sealed

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK_BYTES = 1 << 20
COMPRESSION = 6


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of."""

    origin: str
    version: str
    schema: str
    made_at: str
    settings: dict[str, str]
    rows: dict[str, int]
    format: int = FORMAT


class Member(NamedTuple):
    """One thing in a backup; `content` is to be read before the next one is asked for."""

    name: str
    mode: int
    content: IO[bytes]


class ArchiveWriter:
    """Adds members to a backup and remembers their digests for the manifest."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._digests: dict[str, str] = {}

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a member from memory."""
        self._add(name, len(data), 0o600, io.BytesIO(data))

    def add_file(self, name: str, path: Path) -> None:
        """Add a file; one that was deleted meanwhile is left out."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        with file:
            status = os.fstat(file.fileno())
            self._add(name, status.st_size, status.st_mode & 0o777, file)

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest: a backup without one is not whole."""
        document = {**asdict(manifest), "members": self._digests}
        self._add(MANIFEST, len(data := json.dumps(document).encode()), 0o600, io.BytesIO(data))

    def _add(self, name: str, size: int, mode: int, content: IO[bytes]) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, mode
        reader = _Digesting(content)
        self._tar.addfile(member, cast(IO[bytes], reader))
        self._digests[name] = reader.digest.hexdigest()


class _Digesting:
    """Computes the digest of what is read through it."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._content.read(size)
        self.digest.update(data)
        return data


@contextlib.contextmanager
def new_archive(path: Path, passphrase: bytes | None) -> Iterator[ArchiveWriter]:
    """Write a backup to `path`: it appears there whole, for the owner's eyes only, or not at all.

    Raises:
        InvalidInput: there is no folder for it.
    """
    if not path.parent.is_dir():
        raise InvalidInput("file", f"is to be in {path.parent}, which is no folder. See that it is there")
    draft = path.with_name(f"{path.name}.part")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            sealed = SealingWriter(file, passphrase) if passphrase else None
            target = cast(BinaryIO, sealed) if sealed else file
            with (
                gzip.GzipFile("", "wb", COMPRESSION, target) as compressed,
                tarfile.open(fileobj=compressed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                yield ArchiveWriter(tar)
            if sealed:
                sealed.close()
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def open_archive(path: Path, passphrase: bytes | None) -> Iterator[Iterator[Member]]:
    """The members of a backup, in order; they are read inside the `with`.

    Raises:
        InvalidInput: it is not a backup, was changed or cut off, or the passphrase is missing or wrong.
    """
    with path.open("rb") as file:
        source = _unsealed(file, passphrase)
        try:
            with tarfile.open(fileobj=source, mode="r|gz") as tar:
                yield _members(tar)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise InvalidInput("file", "is not a backup of USI Fed, or was cut off") from error


def _unsealed(file: BinaryIO, passphrase: bytes | None) -> BinaryIO:
    if not is_sealed(file):
        return file
    if not passphrase:
        raise InvalidInput("file", "is encrypted: name the file that holds its passphrase with --passphrase-file")
    return cast(BinaryIO, SealedReader(file, passphrase))


def _members(tar: tarfile.TarFile) -> Iterator[Member]:
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if content is None:
            raise InvalidInput("file", f"holds {member.name}, which no backup holds")
        yield Member(member.name, member.mode & 0o777, content)


MASTER_KEY = "files/master.key"


def verify_archive(path: Path, passphrase: bytes | None) -> Manifest:
    """Read a backup from end to end and compare every digest.

    Raises:
        InvalidInput: it is not a backup, is not whole, or was made by a newer program.
    """
    found: dict[str, str] = {}
    document: dict[str, Any] | None = None
    with open_archive(path, passphrase) as members:
        for member in members:
            if member.name == MANIFEST:
                document = json.loads(member.content.read())
            else:
                found[member.name] = _digest_of(member.content)
    if document is None:
        raise InvalidInput("file", "is not whole: its manifest is missing")
    if document["format"] != FORMAT:
        raise InvalidInput("file", f"was made by USI Fed {document['version']}, in a format this version does not know")
    if document.pop("members") != found:
        raise InvalidInput("file", "was damaged: what is in it is not what was put in")
    if document["rows"].get("actor_keys") and MASTER_KEY not in found:
        raise InvalidInput("file", "lacks master.key, without which nobody in it can act")
    return Manifest(**document)


def _digest_of(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := content.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()
