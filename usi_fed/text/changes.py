"""What was changed in a text: which words came and which went."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

MOST_PIECES = 1500
"""Comparing takes time with the square of it; longer texts are compared by lines, and still longer ones not at all."""

_WORDS = re.compile(r"\s+|[^\s]+")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class Piece(NamedTuple):
    """A part of a text that is the same as before, was added, or was taken out."""

    kind: Literal["same", "added", "removed"]
    text: str


def changes(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in reading order; what was taken out stands before what came in its place."""
    if before == after:
        return [Piece("same", after)] if after else []
    for pattern in (_WORDS, _LINES):
        old, new = pattern.findall(before), pattern.findall(after)
        if max(len(old), len(new)) <= MOST_PIECES:
            return _compared(old, new)
    return [Piece("removed", before), Piece("added", after)]


def _compared(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    gone = come = ""
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        removed, added = "".join(old[i1:i2]), "".join(new[j1:j2])
        # A mere gap between two changes parts nothing: a sentence that was written anew is read in one piece.
        if kind == "equal" and not (added == " " and (gone or come)):
            pieces += [*_changed(gone, come), Piece("same", added)]
            gone = come = ""
        else:
            gone, come = gone + removed, come + added
    return pieces + _changed(gone, come)


def _changed(gone: str, come: str) -> list[Piece]:
    return ([Piece("removed", gone)] if gone else []) + ([Piece("added", come)] if come else [])
