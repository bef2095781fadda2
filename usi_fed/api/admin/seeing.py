"""People as moderators see them, many at once. These functions are units of work."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from usi_fed.api.entities.admin import admin_account_entity
from usi_fed.api.people import accounts_of
from usi_fed.moderation.people_store import Known, known_among
from usi_fed.urls import Urls


def seen(connection: Connection, found: Sequence[Known], urls: Urls, *, with_email: bool) -> list[dict[str, Any]]:
    """People in this order; `with_email`: administrators see e-mail addresses."""
    shown = accounts_of(connection, [one.actor for one in found], urls)
    return [
        admin_account_entity(one.actor, one.account, account, with_email=with_email)
        for one, account in zip(found, shown, strict=True)
    ]


def seen_by_id(
    connection: Connection, actor_ids: Collection[int], urls: Urls, *, with_email: bool
) -> dict[int, dict[str, Any]]:
    """People by id; unknown ones are left out."""
    found = list(known_among(connection, actor_ids).values())
    entities = seen(connection, found, urls, with_email=with_email)
    return {one.actor.id: entity for one, entity in zip(found, entities, strict=True)}
