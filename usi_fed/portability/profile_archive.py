"""Finds the profile in an archive that Mastodon or `archive.py` made: a ZIP file, a tar, or its `actor.json` alone.

Archives are not trusted: nothing is unpacked but the document and two pictures, each up to a size, under names of ours.

Spec: Mastodon's `app/services/backup_service.rb`, release 4.4; releases before 4.2 made a compressed tar.
"""

import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson

from usi_fed.activitypub.addresses import host_of
from usi_fed.actors.service import LONGEST_NAME
from usi_fed.errors import InvalidInput, MalformedActivity
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.service import LONGEST_DESCRIPTION
from usi_fed.outbox.profiles import LONGEST_FIELD, LONGEST_NOTE, MOST_FIELDS, TypedField
from usi_fed.sentences import Sentence
from usi_fed.text.foreign import as_typed_here, cut_between_names
from usi_fed.text.plain import clean_name, clean_typed

DOCUMENT = "actor.json"
MOST_DOCUMENT_BYTES = 1 << 20
MOST_LIST_BYTES = 16 << 20
MOST_POSTS, LONGEST_ADDRESS = 10_000, 2048
LISTS = BOOKMARKS, LIKES = "bookmarks.json", "likes.json"
MOST_UNPACKED_BYTES = 8 << 30
_KINDS = ("Person", "Organization", "Group", "Service", "Application")
_NO_ARCHIVE = Sentence("must be an archive with a file actor.json in it, or that file alone")


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """A picture as it lies in the archive, not looked at yet."""

    content: bytes = field(repr=False)
    description: str


@dataclass(frozen=True, slots=True)
class FoundProfile:
    """What an archive says of its owner, as text; what it does not say is empty."""

    display_name: str
    note: str
    fields: tuple[TypedField, ...]
    avatar: FoundPicture | None
    header: FoundPicture | None
    bookmarks: tuple[str, ...] = ()
    likes: tuple[str, ...] = ()


def read_profile(path: Path) -> FoundProfile:
    """The profile in an archive.

    Raises:
        InvalidInput: it is no archive of an account.
    """
    try:
        if zipfile.is_zipfile(path):
            return _from_zip(path)
        if tarfile.is_tarfile(path):
            return _from_tar(path)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InvalidInput("file", _NO_ARCHIVE) from error
    with path.open("rb") as file:
        return _profile(_parse(_limited(file, MOST_DOCUMENT_BYTES)), {})


def _from_zip(path: Path) -> FoundProfile:
    with zipfile.ZipFile(path) as archive:
        names = {PurePosixPath(name).name: name for name in archive.namelist() if _is_near(name)}
        if DOCUMENT not in names:
            raise InvalidInput("file", _NO_ARCHIVE)
        with archive.open(names[DOCUMENT]) as file:
            document = _parse(_limited(file, MOST_DOCUMENT_BYTES))
        pictures = {}
        for name in _picture_names(document):
            if name in names:
                with archive.open(names[name]) as file:
                    pictures[name] = _limited(file, MediaLimits().max_image_bytes)
        lists = {}
        for name in LISTS:
            if name in names:
                with archive.open(names[name]) as file:
                    lists[name] = _limited(file, MOST_LIST_BYTES)
        return _profile(document, pictures, lists)


def _from_tar(path: Path) -> FoundProfile:
    """A compressed tar is read once: what comes first may be a picture of whatever comes last."""
    document: bytes = b""
    pictures: dict[str, bytes] = {}
    lists: dict[str, bytes] = {}
    unpacked = 0
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            unpacked += member.size
            if unpacked > MOST_UNPACKED_BYTES:
                raise InvalidInput("file", _NO_ARCHIVE)
            name = PurePosixPath(member.name).name
            file = archive.extractfile(member) if member.isfile() and _is_near(member.name) else None
            if file is None:
                continue
            if name == DOCUMENT:
                document = _limited(file, MOST_DOCUMENT_BYTES)
            elif name in LISTS:
                lists[name] = _limited(file, MOST_LIST_BYTES)
            elif name.startswith(("avatar.", "header.")) and len(pictures) < 2:
                pictures[name] = _limited(file, MediaLimits().max_image_bytes)
    return _profile(_parse(document), pictures, lists)


def _is_near(name: str) -> bool:
    """Whether a member lies at the top or in one folder: posts' files lie deeper."""
    return len(PurePosixPath(name).parts) <= 2


def _limited(file: IO[bytes], most_bytes: int) -> bytes:
    content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise InvalidInput("file", _NO_ARCHIVE)
    return content


def _parse(content: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("file", _NO_ARCHIVE) from error
    if not isinstance(document, dict) or document.get("type") not in _KINDS:
        raise InvalidInput("file", _NO_ARCHIVE)
    return document


def _profile(
    document: Mapping[str, Any], pictures: Mapping[str, bytes], lists: Mapping[str, bytes] | None = None
) -> FoundProfile:
    attached = document.get("attachment")
    rows = [row for row in (attached if isinstance(attached, list) else []) if isinstance(row, dict)]
    home = _home(document)
    fields = [_row(row, home) for row in rows if row.get("type") == "PropertyValue"]
    return FoundProfile(
        display_name=clean_name(_text(document.get("name")), LONGEST_NAME),
        note=cut_between_names(clean_typed(_words(document.get("summary"), home)), LONGEST_NOTE),
        fields=tuple(row for row in fields if row.name or row.value)[:MOST_FIELDS],
        avatar=_picture(document.get("icon"), pictures),
        header=_picture(document.get("image"), pictures),
        bookmarks=_posts((lists or {}).get(BOOKMARKS)),
        likes=_posts((lists or {}).get(LIKES)),
    )


def _posts(content: bytes | None) -> tuple[str, ...]:
    """The addresses of posts in a collection; a list that cannot be read has none, the profile is worth having."""
    if content is None:
        return ()
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ()
    items = found.get("orderedItems") if isinstance(found, dict) else None
    texts = [_text(one) for one in (items if isinstance(items, list) else [])]
    posts = (one for one in texts if one.startswith(("https://", "http://")) and len(one) <= LONGEST_ADDRESS)
    return tuple(dict.fromkeys(posts))[:MOST_POSTS]


def _home(document: Mapping[str, Any]) -> str:
    """The host of the server that the archive is of; "" when it does not say."""
    try:
        return host_of(_text(document.get("id")))
    except MalformedActivity:
        return ""


def _row(row: Mapping[str, Any], home: str) -> TypedField:
    name, value = _text(row.get("name")), _words(row.get("value"), home)
    return TypedField(clean_name(name, LONGEST_FIELD), cut_between_names(clean_name(value, len(value)), LONGEST_FIELD))


def _picture(shown: object, pictures: Mapping[str, bytes]) -> FoundPicture | None:
    if not isinstance(shown, dict) or _text(shown.get("url")) not in pictures:
        return None
    description = _text(shown.get("summary")) or _text(shown.get("name"))
    return FoundPicture(pictures[shown["url"]], clean_typed(description)[:LONGEST_DESCRIPTION])


def _picture_names(document: Mapping[str, Any]) -> list[str]:
    shown = (document.get("icon"), document.get("image"))
    return [_text(one.get("url")) for one in shown if isinstance(one, dict)]


def _words(html: object, home: str) -> str:
    return as_typed_here(_text(html), home)


def _text(value: object) -> str:
    return value.replace("\0", "") if isinstance(value, str) else ""
