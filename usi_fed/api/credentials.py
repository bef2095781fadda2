"""The caller's own account: profile, preferences, pictures."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from usi_fed.accounts.model import Account
from usi_fed.accounts.store import change_account, get_account, mark_active
from usi_fed.actors.follows_store import count_follow_requests
from usi_fed.actors.model import Actor
from usi_fed.actors.service import LONGEST_NAME, ProfileChange
from usi_fed.actors.store import get_actor
from usi_fed.api.call import Call
from usi_fed.api.entities.accounts import credential_account_entity
from usi_fed.api.methods import Method, for_people
from usi_fed.errors import InvalidInput
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.results import Purpose
from usi_fed.media.uploads import saved, upload_in
from usi_fed.posts.model import QuotePolicy, Visibility
from usi_fed.posts.service import find_person
from usi_fed.text.compose import PLAIN, find_mentions, render
from usi_fed.text.language import find_spoken_language
from usi_fed.text.links import MentionTarget
from usi_fed.text.plain import clean_name, clean_typed
from usi_fed.urls import Urls

LONGEST_NOTE = 5000
MOST_FIELDS, LONGEST_FIELD = 8, 255
MOST_DOMAINS = 10
MOST_BYTES = 2 * MediaLimits().max_image_bytes + (1 << 20)
DAY = timedelta(days=1)


class FieldParams(msgspec.Struct):
    """A row of the profile's table, as typed."""

    name: str = ""
    value: str = ""


class SourceParams(msgspec.Struct):
    """Defaults for new posts."""

    privacy: Visibility | None = None
    sensitive: bool | None = None
    language: str | None = None
    quote_policy: QuotePolicy | None = None
    content_type: Literal["text/plain", "text/markdown"] | None = None


class CredentialParams(msgspec.Struct):
    """A profile as its owner wants it; what is not given stays. `avatar` and `header` are read as files."""

    display_name: str | None = None
    note: str | None = None
    avatar_description: str | None = None
    header_description: str | None = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hide_collections: bool | None = None
    fields_attributes: list[FieldParams] | None = None
    attribution_domains: list[str] | None = None
    source: SourceParams | None = None


async def verify(call: Call) -> dict[str, Any]:
    """GET /api/v1/accounts/verify_credentials"""
    actor, account, waiting = await call.house.database.read(_own, call.person_id)
    now = call.house.clock()
    if account.active_at is None or now - account.active_at > DAY:
        await call.house.database.write(mark_active, account.actor_id, now)
    return credential_account_entity(actor, account, call.house.urls, waiting)


async def update(call: Call) -> dict[str, Any]:
    """PATCH /api/v1/accounts/update_credentials"""
    asked = await call.read(CredentialParams, MOST_BYTES)
    actor, account, _ = await call.house.database.read(_own, call.person_id)
    pictures = await _pictures(call)
    change = await call.house.database.read(_profile_change, asked, actor, pictures, call.house.urls)
    if asked.source is not None:
        await call.house.database.write(_change_preferences, account, asked.source)
    await call.house.publisher.update_profile(actor, change)
    return await verify(call)


async def delete_avatar(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/profile/avatar"""
    await call.house.publisher.update_profile(await call.actor(), ProfileChange(icon_url="", icon_description=""))
    return await verify(call)


async def delete_header(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/profile/header"""
    await call.house.publisher.update_profile(await call.actor(), ProfileChange(image_url="", image_description=""))
    return await verify(call)


async def preferences(call: Call) -> dict[str, Any]:
    """GET /api/v1/preferences"""
    account = await call.house.database.read(get_account, call.person_id)
    chosen = account.preferences
    return {
        "posting:default:visibility": chosen.get("visibility", "public"),
        "posting:default:sensitive": chosen.get("sensitive", False),
        "posting:default:language": chosen.get("language"),
        "posting:default:quote_policy": chosen.get("quote_policy", "public"),
        "reading:expand:media": chosen.get("expand_media", "default"),
        "reading:expand:spoilers": chosen.get("expand_spoilers", False),
        "reading:autoplay:gifs": chosen.get("autoplay_gifs", False),
    }


# ---- helpers ----


async def _pictures(call: Call) -> dict[str, str]:
    """The stored names of the pictures that were sent, by the column they belong in."""
    fields = await call.fields(MOST_BYTES)
    purposes: Mapping[str, tuple[str, Purpose]] = {
        "avatar": ("icon_url", "avatar"),
        "header": ("image_url", "header"),
    }
    names: dict[str, str] = {}
    for field, (column, purpose) in purposes.items():
        file = upload_in(fields, field)
        if file is not None:
            async with saved(file, call.house.media.incoming) as path:
                try:
                    names[column] = await call.house.media.keep_picture(path, purpose)
                except InvalidInput as error:
                    raise InvalidInput(field, error.problem) from error
    return names


def _kind(actor: Actor, bot: bool | None) -> Literal["Person", "Service"] | None:
    """Only people and machines change into each other; an organisation stays one."""
    if bot is None or actor.kind not in ("Person", "Service"):
        return None
    return "Service" if bot else "Person"


# ---- units of work ----


def _own(connection: Connection, actor_id: int) -> tuple[Actor, Account, int]:
    waiting = count_follow_requests(connection, actor_id)
    return get_actor(connection, actor_id), get_account(connection, actor_id), waiting


def _profile_change(
    connection: Connection, asked: CredentialParams, actor: Actor, pictures: dict[str, str], urls: Urls
) -> ProfileChange:
    """The change in the words of the actors' room, texts made into HTML.

    Raises:
        InvalidInput: something is too long or too many.
    """
    note = None if asked.note is None else clean_typed(asked.note)
    if note is not None and len(note) > LONGEST_NOTE:
        raise InvalidInput("note", f"may have at most {LONGEST_NOTE} characters")
    if asked.display_name is not None and len(asked.display_name) > LONGEST_NAME:
        raise InvalidInput("display_name", f"may have at most {LONGEST_NAME} characters")
    return ProfileChange(
        name=None if asked.display_name is None else clean_name(asked.display_name, LONGEST_NAME),
        summary=None if note is None else _html(connection, note, urls),
        summary_source=note,
        kind=_kind(actor, asked.bot),
        icon_url=pictures.get("icon_url"),
        icon_description=asked.avatar_description,
        image_url=pictures.get("image_url"),
        image_description=asked.header_description,
        fields=_fields(connection, asked.fields_attributes, actor, urls),
        attribution_domains=_domains(asked.attribution_domains),
        locked=asked.locked,
        discoverable=asked.discoverable,
        indexable=asked.indexable,
        hides_relations=asked.hide_collections,
    )


def _html(connection: Connection, text: str, urls: Urls) -> str:
    """A profile's text as HTML; people whom it names become links when they are known here."""
    people = {handle: find_person(connection, handle, urls) for handle in find_mentions(text)}
    targets = {
        handle: MentionTarget(person.url or person.uri, person.username) for handle, person in people.items() if person
    }
    return render(text, PLAIN, targets, urls.tag)


def _fields(
    connection: Connection, asked: list[FieldParams] | None, actor: Actor, urls: Urls
) -> list[dict[str, Any]] | None:
    if asked is None:
        return None
    rows = [row for row in asked if row.name.strip() or row.value.strip()]
    if len(rows) > MOST_FIELDS or any(len(row.name) > LONGEST_FIELD or len(row.value) > LONGEST_FIELD for row in rows):
        raise InvalidInput(
            "fields_attributes", f"may be at most {MOST_FIELDS}, each with at most {LONGEST_FIELD} characters"
        )
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


def _domains(asked: list[str] | None) -> list[str] | None:
    if asked is None:
        return None
    domains = [domain.strip().lower().removeprefix("https://").rstrip("/") for domain in asked if domain.strip()]
    if len(domains) > MOST_DOMAINS:
        raise InvalidInput("attribution_domains", f"may be at most {MOST_DOMAINS}")
    return domains


def _change_preferences(connection: Connection, account: Account, asked: SourceParams) -> None:
    if asked.language and find_spoken_language(asked.language) is None:
        raise InvalidInput("source.language", "must be a language tag such as en or pt-BR")
    given = {
        "visibility": asked.privacy,
        "sensitive": asked.sensitive,
        "language": asked.language,
        "quote_policy": asked.quote_policy,
        "content_type": asked.content_type,
    }
    changes = {name: None if value == "" else value for name, value in given.items() if value is not None}
    change_account(connection, account.actor_id, preferences={**account.preferences, **changes})


METHODS: list[Method] = [
    for_people("GET", "/api/v1/accounts/verify_credentials", verify, "profile"),
    for_people("PATCH", "/api/v1/accounts/update_credentials", update, "write:accounts"),
    for_people("DELETE", "/api/v1/profile/avatar", delete_avatar, "write:accounts"),
    for_people("DELETE", "/api/v1/profile/header", delete_header, "write:accounts"),
    for_people("GET", "/api/v1/preferences", preferences, "read:accounts"),
]
