"""A poll as it comes over the wire.

Spec: FEP-9967; `../shared/interop/mastodon.md` section 6, "Polls".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from usi_fed.activitypub.lenient import count_of, each, mapping_of, moment_of, text_of

MAX_OPTIONS = 500
MAX_OPTION_LETTERS = 500


@dataclass(frozen=True, slots=True)
class ParsedOption:
    """One answer: plain text, and the votes its author claims."""

    title: str
    votes: int


@dataclass(frozen=True, slots=True)
class ParsedPoll:
    """What a Question asks. `ends_at` None: no end was given. `voters_count` None: votes were counted only."""

    options: tuple[ParsedOption, ...]
    multiple: bool
    ends_at: datetime | None
    is_closed: bool
    voters_count: int | None


def parse_poll(document: Mapping[str, object]) -> ParsedPoll | None:
    """The poll in a Question, or None when it has no options."""
    multiple = bool(document.get("anyOf"))
    options = tuple(_options(document.get("anyOf") if multiple else document.get("oneOf")))
    if not options:
        return None
    closed = document.get("closed")
    return ParsedPoll(
        options=options,
        multiple=multiple,
        ends_at=moment_of(document.get("endTime")) or moment_of(closed),
        is_closed=closed is True or moment_of(closed) is not None,
        voters_count=count_of(document.get("votersCount")),
    )


def _options(value: object) -> Iterator[ParsedOption]:
    for entry in each(value)[:MAX_OPTIONS]:
        option = mapping_of(entry)
        title = text_of(option.get("name")) or text_of(option.get("content"))
        if title:
            votes = count_of(mapping_of(option.get("replies")).get("totalItems"))
            yield ParsedOption(title[:MAX_OPTION_LETTERS], votes or 0)
