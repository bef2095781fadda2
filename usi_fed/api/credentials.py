"""The caller's own account: profile, preferences, pictures."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from usi_fed.accounts.model import Account
from usi_fed.accounts.preferences import PostingDefaults, change_defaults
from usi_fed.accounts.store import get_account, mark_active
from usi_fed.actors.follows_store import count_follow_requests
from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.organisations_store import organisations_among
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import get_actor
from usi_fed.api.call import Call
from usi_fed.api.entities.accounts import credential_account_entity
from usi_fed.api.methods import Method, for_people
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.results import Purpose
from usi_fed.media.uploads import keep_uploaded_picture, upload_in
from usi_fed.outbox.profiles import TypedField, TypedProfile, profile_change
from usi_fed.posts.model import QuotePolicy, Visibility

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
    actor, account, waiting, organisation = await call.house.database.read(_own, call.person_id)
    now = call.house.clock()
    if account.active_at is None or now - account.active_at > DAY:
        await call.house.database.write(mark_active, account.actor_id, now)
    return credential_account_entity(actor, account, call.house.urls, waiting, organisation)


async def update(call: Call) -> dict[str, Any]:
    """PATCH /api/v1/accounts/update_credentials"""
    asked = await call.read(CredentialParams, MOST_BYTES)
    actor, account, *_ = await call.house.database.read(_own, call.person_id)
    pictures = await _pictures(call)
    change = await call.house.database.read(profile_change, _typed(asked, pictures), actor, call.house.urls)
    if asked.source is not None:
        await call.house.database.write(change_defaults, account.actor_id, _defaults(asked.source))
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
    """The stored names of the pictures that were sent, by the field they were sent in."""
    fields = await call.fields(MOST_BYTES)
    purposes: tuple[Purpose, ...] = ("avatar", "header")
    names: dict[str, str] = {}
    for purpose in purposes:
        file = upload_in(fields, purpose)
        if file is not None:
            names[purpose] = await keep_uploaded_picture(call.house.media, file, purpose)
    return names


def _typed(asked: CredentialParams, pictures: Mapping[str, str]) -> TypedProfile:
    rows = asked.fields_attributes
    return TypedProfile(
        display_name=asked.display_name,
        note=asked.note,
        avatar=pictures.get("avatar"),
        avatar_description=asked.avatar_description,
        header=pictures.get("header"),
        header_description=asked.header_description,
        fields=None if rows is None else [TypedField(row.name, row.value) for row in rows],
        attribution_domains=asked.attribution_domains,
        bot=asked.bot,
        locked=asked.locked,
        discoverable=asked.discoverable,
        indexable=asked.indexable,
        hide_collections=asked.hide_collections,
    )


def _defaults(asked: SourceParams) -> PostingDefaults:
    return PostingDefaults(
        visibility=asked.privacy,
        sensitive=asked.sensitive,
        language=asked.language,
        quote_policy=asked.quote_policy,
        content_type=asked.content_type,
    )


# ---- units of work ----


def _own(connection: Connection, actor_id: int) -> tuple[Actor, Account, int, Organisation | None]:
    waiting = count_follow_requests(connection, actor_id)
    actor = get_actor(connection, actor_id)
    organisation = organisations_among(connection, [actor]).get(actor_id)
    return actor, get_account(connection, actor_id), waiting, organisation


METHODS: list[Method] = [
    for_people("GET", "/api/v1/accounts/verify_credentials", verify, "profile"),
    for_people("PATCH", "/api/v1/accounts/update_credentials", update, "write:accounts"),
    for_people("DELETE", "/api/v1/profile/avatar", delete_avatar, "write:accounts"),
    for_people("DELETE", "/api/v1/profile/header", delete_header, "write:accounts"),
    for_people("GET", "/api/v1/preferences", preferences, "read:accounts"),
]
