"""Compares what a sender says of its followers here with what we know: follows that ended unseen end here too.

Spec: FEP-8fcf; `../shared/interop/mastodon.md` section 8, "Followers synchronisation"
"""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.lenient import each, mapping_of, types_of, uri_of, uris_of
from usi_fed.activitypub.signatures import Claim
from usi_fed.actors.follows_store import find_follow, local_follower_ids
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, find_actors
from usi_fed.actors.synchronization import followers_digest
from usi_fed.db.database import Database
from usi_fed.errors import RemoteRefused, RemoteUnavailable
from usi_fed.outbox.publish import Publisher
from usi_fed.urls import Urls

HEADER = "collection-synchronization"
PAUSE = timedelta(minutes=10)
MAX_SENDERS = 10_000
MAX_PAGES = 10
MAX_FOLLOWERS = 25_000
_COLLECTIONS = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})
_PARAMETER = re.compile(r'([A-Za-z]{1,20})="([^"]{0,2048})"')
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the header says: whose collection, where our part of it is listed, and its digest."""

    collection_id: str
    url: str
    digest: str


class FollowersCheck:
    """Follows up the header, at most once in ten minutes for each sender. One per process and event loop."""

    def __init__(self, database: Database, client: Client, publisher: Publisher, urls: Urls) -> None:
        self._database = database
        self._client = client
        self._publisher = publisher
        self._urls = urls
        self._checked: ExpiringMap[str, bool] = ExpiringMap(MAX_SENDERS, PAUSE)
        self._running: set[asyncio.Task[None]] = set()

    def notice(self, sender_uri: str, claim: Claim, headers: Mapping[str, Sequence[str]]) -> None:
        """Look at a proven delivery; costs nothing when it has no such header, or one that is not signed."""
        values = headers.get(HEADER)
        if not values or HEADER not in claim.covered or self._checked.find(sender_uri):
            return
        said = _parse(values[0])
        if said is None or not same_origin(said.url, sender_uri):
            return
        self._checked.remember(sender_uri, True)
        task = asyncio.create_task(self._check(sender_uri, said))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Drop what is under way; the next delivery begins anew."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _check(self, sender_uri: str, said: _Said) -> None:
        sender, followers = await self._database.read(_sender_with_followers, sender_uri)
        if sender is None or sender.followers_uri != said.collection_id:
            return
        if followers_digest(follower.uri for follower in followers) == said.digest:
            return
        try:
            listed = await self._listed(said)
        except (RemoteRefused, RemoteUnavailable) as error:
            _log.info("a followers collection could not be compared: %s", error)
            return
        if followers_digest(listed) != said.digest:
            return  # it has changed since, or is not whole: what is not listed proves nothing
        await self._settle(sender, followers, listed)

    async def _settle(self, sender: Actor, followers: list[Actor], listed: set[str]) -> None:
        """End follows that the sender does not know, and tell it of those that we do not know."""
        known = {follower.uri for follower in followers}
        for follower in followers:
            if follower.uri not in listed:
                await self._publisher.unfollow(follower, sender.id)
        for uri in listed - known:
            stranger = await self._database.read(find_actor, uri)
            if stranger is not None and stranger.is_local:
                asked = await self._database.read(find_follow, stranger.id, sender.id)
                if asked is None:
                    await self._publisher.deny_follow(stranger, sender.id)

    async def _listed(self, said: _Said) -> set[str]:
        """The followers of ours that the sender's server lists.

        Raises:
            RemoteRefused, RemoteUnavailable: it cannot be had whole, or is another document than the header says.
        """
        url, budget = said.url, FetchBudget(MAX_PAGES)
        page = await self._page(url, url, budget)
        if page.get("id") not in (said.url, said.collection_id):
            raise RemoteRefused("another document than the header names")
        found: set[str] = set()
        following: object = page.get("first")
        while True:
            items = each(page.get("orderedItems") or page.get("items"))
            found.update(uri for uri in uris_of(items, MAX_FOLLOWERS) if self._urls.is_ours(uri))
            inner = mapping_of(following)
            if inner:
                page, following = _collection(inner), inner.get("next")
                continue
            address = uri_of(following)
            if address is None or not same_origin(address, url):
                return found
            page = await self._page(address, url, budget)
            following = page.get("next")

    async def _page(self, address: str, url: str, budget: FetchBudget) -> Mapping[str, object]:
        """A page, which need not have an id: what counts is that it comes from the collection's own server."""
        fetched = await self._client.fetch_document(address, expect_id=False, budget=budget)
        if not same_origin(fetched.uri, url):
            raise RemoteRefused("the collection leads to another server")
        return _collection(fetched.json)


def _collection(document: Mapping[str, object]) -> Mapping[str, object]:
    """A document that lists something; of any other it proves nothing that nothing is listed.

    Raises:
        RemoteRefused: it is no collection, nor a page of one.
    """
    if _COLLECTIONS.isdisjoint(types_of(document)):
        raise RemoteRefused("the document is no collection")
    return document


def _parse(header: str) -> _Said | None:
    found = dict(_PARAMETER.findall(header[:8192]))
    if not {"collectionId", "url", "digest"} <= found.keys():
        return None
    return _Said(found["collectionId"], found["url"], found["digest"].lower())


def _sender_with_followers(connection: Connection, uri: str) -> tuple[Actor | None, list[Actor]]:
    sender = find_actor(connection, uri)
    if sender is None:
        return None, []
    return sender, list(find_actors(connection, local_follower_ids(connection, sender.id)).values())
