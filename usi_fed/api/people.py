"""Turns actors into accounts, many at once. These functions are units of work."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from usi_fed.accounts.store import roles_of
from usi_fed.actors.model import Actor
from usi_fed.actors.organisations_store import organisations_among
from usi_fed.actors.store import find_actors, find_actors_by_uri, get_actor
from usi_fed.api.entities.accounts import account_entity
from usi_fed.errors import NotFound
from usi_fed.groups import knowing
from usi_fed.urls import Urls


def accounts_of(connection: Connection, actors: Sequence[Actor], urls: Urls) -> list[dict[str, Any]]:
    """Actors as account entities, in the same order, with where they moved and what they do here."""
    moved = find_actors_by_uri(connection, (actor.moved_to_uri for actor in actors if actor.moved_to_uri))
    roles = roles_of(connection, [actor.id for actor in actors if actor.is_local])
    described = organisations_among(connection, actors)
    return [
        account_entity(actor, urls, moved.get(actor.moved_to_uri or ""), roles.get(actor.id), described.get(actor.id))
        for actor in actors
    ]


def accounts_by_id(
    connection: Connection, actor_ids: Sequence[int], urls: Urls, viewer_id: int | None
) -> list[dict[str, Any]]:
    """Actors as account entities, in the order of their ids.

    Unknown ones are left out, and those who are shut out, and of whom the viewer must not know.
    """
    found = find_actors(connection, actor_ids)
    shown = [found[one] for one in actor_ids if one in found and not found[one].is_shut_out]
    viewer = get_actor(connection, viewer_id) if viewer_id is not None else None
    return accounts_of(connection, [one for one in shown if knowing.may_know(connection, one, viewer)], urls)


def account_of(connection: Connection, actor_id: int, urls: Urls) -> dict[str, Any]:
    """One actor as an account entity.

    Raises:
        NotFound: there is none.
    """
    return accounts_of(connection, [get_shown(connection, actor_id)], urls)[0]


def get_shown(connection: Connection, actor_id: int) -> Actor:
    """An actor that may be shown, at least its name.

    Raises:
        NotFound: there is none, or it was deleted.
    """
    actor = get_actor(connection, actor_id)
    if is_gone(actor):
        raise NotFound(f"actor {actor_id} was deleted")
    return actor


def get_known(connection: Connection, actor_id: int, viewer_id: int | None) -> Actor:
    """As `get_shown`, for a viewer who may know of the actor.

    Raises:
        NotFound: there is none for this viewer.
    """
    actor = get_shown(connection, actor_id)
    knowing.require_known(connection, actor, viewer_id)
    return actor


def is_gone(actor: Actor) -> bool:
    """Whether nothing at all of an actor is shown."""
    return actor.deleted_at is not None
