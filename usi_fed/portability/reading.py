"""Reads the CSV files that Mastodon and `sheets.py` write; nothing is asked for and nothing done.

Spec: Mastodon's `app/models/form/import.rb`, release 4.4; older files have one column and no head.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence

from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.handles import Handle, parse_domain
from usi_fed.errors import InvalidInput, MalformedActivity
from usi_fed.portability.model import Kind, Wanted
from usi_fed.sentences import Sentence

MOST_LINES = 20_000
LONGEST_TITLE = 200
_HEADS = ("account address", "#domain", "#uri", "list name")
_FLAGS = {"true": True, "t": True, "1": True, "yes": True, "false": False, "f": False, "0": False, "no": False}

Cells = Sequence[str]


class _Unusable(Exception):
    """A line that cannot be used; its only argument is one of the `REASONS`."""


def read_sheet(kind: Kind, content: bytes, handles: str) -> list[Wanted]:
    """The lines of a file, each thing once; lines that cannot be used say why. `handles` is our own domain.

    Raises:
        InvalidInput: it is no CSV file in UTF-8, empty, or has too many lines.
    """
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig").replace("\0", "")))
        found = list(_lines(kind, rows, handles))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("file", Sentence("must be a CSV file in UTF-8")) from error
    if not found:
        raise InvalidInput("file", Sentence("has no lines"))
    return list({line.key: line for line in reversed(found)}.values())[::-1]


def _lines(kind: Kind, rows: Iterator[list[str]], handles: str) -> Iterator[Wanted]:
    read = _READERS[kind]
    for number, row in enumerate(rows, start=1):
        if number > MOST_LINES:
            raise InvalidInput("file", Sentence("may have at most %(most)s lines", most=MOST_LINES))
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0].lower() in _HEADS):
            continue
        try:
            yield read(cells, number, handles)
        except _Unusable as error:
            yield Wanted(number, ", ".join(cells)[:500], "", {}, error.args[0])


def _read_follow(cells: Cells, number: int, handles: str) -> Wanted:
    address, host = _address(cells[0], handles)
    languages = [language.strip() for language in _cell(cells, 3).split(",") if language.strip()]
    detail = {"boosts": _flag(cells, 1, True), "notify": _flag(cells, 2, False), "languages": languages or None}
    return Wanted(number, address, host, detail)


def _read_person(cells: Cells, number: int, handles: str) -> Wanted:
    address, host = _address(cells[0], handles)
    return Wanted(number, address, host, {})


def _read_mute(cells: Cells, number: int, handles: str) -> Wanted:
    address, host = _address(cells[0], handles)
    return Wanted(number, address, host, {"notifications": _flag(cells, 1, True)})


def _read_domain(cells: Cells, number: int, _: str) -> Wanted:
    try:
        return Wanted(number, parse_domain(cells[0]), "", {})
    except MalformedActivity as error:
        raise _Unusable("no_domain") from error


def _read_member(cells: Cells, number: int, handles: str) -> Wanted:
    if not cells[0] or len(cells[0]) > LONGEST_TITLE:
        raise _Unusable("no_title")
    address, host = _address(_cell(cells, 1), handles)
    return Wanted(number, address, host, {"list": cells[0]})


def _read_bookmark(cells: Cells, number: int, _: str) -> Wanted:
    try:
        if not cells[0].startswith(("https://", "http://")):
            raise _Unusable("no_post")
        return Wanted(number, cells[0], host_of(cells[0]), {})
    except MalformedActivity as error:
        raise _Unusable("no_post") from error


_READERS: dict[Kind, Callable[[Cells, int, str], Wanted]] = {
    "following": _read_follow,
    "lists": _read_member,
    "blocks": _read_person,
    "mutes": _read_mute,
    "domains": _read_domain,
    "bookmarks": _read_bookmark,
}


def _address(text: str, handles: str) -> tuple[str, str]:
    """An address in its one form, and the host that is asked for it: "" for people of ours."""
    name = text.removeprefix("@")
    try:
        handle = Handle.parse(name if "@" in name else f"{name}@{handles}")
    except MalformedActivity as error:
        raise _Unusable("no_address") from error
    return str(handle), "" if handle.domain == handles else handle.domain


def _cell(cells: Cells, index: int) -> str:
    return cells[index] if index < len(cells) else ""


def _flag(cells: Cells, index: int, usual: bool) -> bool:
    said = _cell(cells, index).lower()
    if said and said not in _FLAGS:
        raise _Unusable("no_flag")
    return _FLAGS.get(said, usual)
