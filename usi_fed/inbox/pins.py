"""Reads which posts a foreign actor shows first.

Spec: `../shared/interop/mastodon.md` section 7, Add/Remove (`featured`)
"""

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.lenient import mapping_of, uri_of, uris_of
from usi_fed.actors.model import Actor
from usi_fed.db.database import Database
from usi_fed.errors import Gone, NotFound, RemoteRefused, RemoteUnavailable
from usi_fed.inbox.fetching import Fetching
from usi_fed.posts.model import Post
from usi_fed.posts.reactions_store import pinned_ids, replace_pins

MOST_PINS = 20
MAX_FETCHES = 40

_log = logging.getLogger(__name__)


class Pins:
    """Brings the pins of foreign actors to what their servers say. One per process."""

    def __init__(self, database: Database, client: Client, fetching: Fetching) -> None:
        self._database = database
        self._client = client
        self._fetching = fetching

    async def read(self, actor: Actor) -> None:
        """Get what an actor shows first; when its server does not say, all stays as it is."""
        if actor.is_local or actor.is_shut_out or not actor.featured_uri:
            return
        budget = FetchBudget(MAX_FETCHES)
        try:
            uris = await self._listed(actor.featured_uri, actor, budget)
        except (RemoteRefused, RemoteUnavailable) as error:
            _log.info("what an actor shows first could not be had: %s", error)
            return
        found = [await self._post(uri, budget) for uri in uris if same_origin(uri, actor.uri)]
        pinned = [post.id for post in found if post and post.author_id == actor.id and not post.is_boost]
        await self._database.write(_set_pins, actor.id, pinned)

    async def _listed(self, uri: str, actor: Actor, budget: FetchBudget) -> Sequence[str]:
        """The first items of the collection, which may stand on a first page of its own."""
        document = await self._page(uri, actor, budget)
        first = document.get("first")
        if not _items(document) and first is not None:
            document = mapping_of(first) or await self._page(uri_of(first) or "", actor, budget)
        return uris_of(_items(document), MOST_PINS)

    async def _page(self, uri: str, actor: Actor, budget: FetchBudget) -> Mapping[str, object]:
        if not same_origin(uri, actor.uri):
            raise RemoteRefused("what an actor shows first is on another server")
        fetched = await self._client.fetch_document(uri, expect_id=False, budget=budget)
        if not same_origin(fetched.uri, actor.uri):
            raise RemoteRefused("what an actor shows first is on another server")
        return fetched.json

    async def _post(self, uri: str, budget: FetchBudget) -> Post | None:
        try:
            return await self._fetching.fetch_post(uri, budget=budget)
        except (Gone, NotFound, RemoteRefused, RemoteUnavailable):
            return None


def _items(page: Mapping[str, object]) -> object:
    return page.get("orderedItems") or page.get("items")


def _set_pins(connection: Connection, actor_id: int, post_ids: Sequence[int]) -> None:
    if pinned_ids(connection, actor_id) != list(post_ids):
        replace_pins(connection, actor_id, post_ids)
