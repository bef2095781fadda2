"""A profile as its owner types it, in a form or a client: checked, and made into the change that is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.service import LONGEST_NAME, ProfileChange
from usi_fed.errors import InvalidInput
from usi_fed.media.service import LONGEST_DESCRIPTION
from usi_fed.posts.service import find_person
from usi_fed.sentences import Sentence
from usi_fed.text.compose import PLAIN, find_mentions, render
from usi_fed.text.links import MentionTarget
from usi_fed.text.plain import clean_name, clean_typed
from usi_fed.urls import Urls

LONGEST_NOTE = 5000
MOST_FIELDS, LONGEST_FIELD = 8, 255
MOST_DOMAINS = 10


class TypedField(NamedTuple):
    """A row of the profile's table, as typed."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class TypedProfile:
    """A profile as its owner wants it; what is None stays. The names are those of the client API.

    `avatar` and `header` are the names of stored pictures, "" takes one away.
    """

    display_name: str | None = None
    note: str | None = None
    avatar: str | None = None
    avatar_description: str | None = None
    header: str | None = None
    header_description: str | None = None
    fields: Sequence[TypedField] | None = None
    attribution_domains: Sequence[str] | None = None
    bot: bool | None = None
    locked: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hide_collections: bool | None = None


def profile_change(connection: Connection, typed: TypedProfile, actor: Actor, urls: Urls) -> ProfileChange:
    """The change in the words of the actors' room, texts made into HTML.

    Raises:
        InvalidInput: something is too long or too many; the field is named as in the client API.
    """
    note = None if typed.note is None else clean_typed(typed.note)
    _check_length("note", note, LONGEST_NOTE)
    _check_length("display_name", typed.display_name, LONGEST_NAME)
    _check_length("avatar_description", typed.avatar_description, LONGEST_DESCRIPTION)
    _check_length("header_description", typed.header_description, LONGEST_DESCRIPTION)
    return ProfileChange(
        name=None if typed.display_name is None else clean_name(typed.display_name, LONGEST_NAME),
        summary=None if note is None else _html(connection, note, urls),
        summary_source=note,
        kind=_kind(actor, typed.bot),
        icon_url=typed.avatar,
        icon_description=typed.avatar_description,
        image_url=typed.header,
        image_description=typed.header_description,
        fields=_fields(connection, typed.fields, actor, urls),
        attribution_domains=_domains(typed.attribution_domains),
        locked=typed.locked,
        discoverable=typed.discoverable,
        indexable=typed.indexable,
        hides_relations=typed.hide_collections,
    )


def _check_length(field: str, text: str | None, most: int) -> None:
    if text is not None and len(text) > most:
        raise InvalidInput(field, Sentence("may have at most %(most)s characters", most=most))


def _kind(actor: Actor, bot: bool | None) -> Literal["Person", "Service"] | None:
    """Only people and machines change into each other; an organisation stays one."""
    if bot is None or actor.kind not in ("Person", "Service"):
        return None
    return "Service" if bot else "Person"


def _html(connection: Connection, text: str, urls: Urls) -> str:
    """A profile's text as HTML; people whom it names become links when they are known here."""
    people = {handle: find_person(connection, handle, urls) for handle in find_mentions(text)}
    targets = {
        handle: MentionTarget(person.url or person.uri, person.username) for handle, person in people.items() if person
    }
    return render(text, PLAIN, targets, urls.tag)


def _fields(
    connection: Connection, typed: Sequence[TypedField] | None, actor: Actor, urls: Urls
) -> list[dict[str, Any]] | None:
    if typed is None:
        return None
    rows = [row for row in typed if row.name.strip() or row.value.strip()]
    if len(rows) > MOST_FIELDS or any(len(row.name) > LONGEST_FIELD or len(row.value) > LONGEST_FIELD for row in rows):
        problem = "may be at most %(rows)s, each with at most %(most)s characters"
        raise InvalidInput("fields_attributes", Sentence(problem, rows=MOST_FIELDS, most=LONGEST_FIELD))
    verified = {field.get("source"): field.get("verified_at") for field in actor.fields}
    return [
        {
            "name": clean_name(row.name, LONGEST_FIELD),
            "value": _html(connection, clean_name(row.value, LONGEST_FIELD), urls)
            .removeprefix("<p>")
            .removesuffix("</p>"),
            "source": row.value.strip(),
            "verified_at": verified.get(row.value.strip()),
        }
        for row in rows
    ]


def _domains(typed: Sequence[str] | None) -> list[str] | None:
    if typed is None:
        return None
    domains = [domain.strip().lower().removeprefix("https://").rstrip("/") for domain in typed if domain.strip()]
    if len(domains) > MOST_DOMAINS:
        raise InvalidInput("attribution_domains", f"may be at most {MOST_DOMAINS}")
    return domains
