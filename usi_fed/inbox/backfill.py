"""Fills in a conversation when somebody opens it: what its other servers know of it and we do not.

What comes in so is read where the thread is read; it disturbs nobody and is in nobody's timeline.

Spec: FEP-f228 and FEP-7888 (`context`), FEP-7458 (`replies`); limits: `../shared/interop/mastodon.md` section 6
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.lenient import each, is_uri, mapping_of, uri_of, uris_of
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import Gone, NotFound, RemoteRefused, RemoteUnavailable
from usi_fed.inbox.fetching import Fetching
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_posts
from usi_fed.urls import Urls

PAUSE = timedelta(minutes=15)
YOUNG = timedelta(minutes=5)
"""A post that is younger has its answers delivered: nothing is missing yet."""
AT_ONCE = 2
MAX_THREADS = 10_000
MAX_FETCHES = 300
MAX_COLLECTIONS = 50
MAX_PAGES_OF_ONE = 10
MAX_POSTS = 500
MAX_REPLIES_OF_ONE = 100

_UNREACHABLE = (Gone, NotFound, RemoteRefused, RemoteUnavailable)
_log = logging.getLogger(__name__)


class Backfill:
    """Fills in conversations in the background, each at most once in fifteen minutes. One per process and loop."""

    def __init__(self, database: Database, client: Client, fetching: Fetching, urls: Urls, clock: Clock) -> None:
        self._database = database
        self._client = client
        self._fetching = fetching
        self._urls = urls
        self._clock = clock
        self._seen: ExpiringMap[int, bool] = ExpiringMap(MAX_THREADS, PAUSE)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    def soon(self, post: Post) -> None:
        """Somebody opens the conversation around this post."""
        is_young = self._clock() - post.published < YOUNG
        if post.is_boost or not post.is_public or is_young or self._seen.find(post.thread_id):
            return
        self._seen.remember(post.thread_id, True)
        task = asyncio.create_task(self._fill(post))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settle(self) -> None:
        """Wait until all is done."""
        while self._running:
            await asyncio.wait(list(self._running))

    async def close(self) -> None:
        """Drop what is under way."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _fill(self, post: Post) -> None:
        async with self._slots:
            budget = FetchBudget(MAX_FETCHES)
            roots = await self._database.read(_with_root, post)
            wanted = deque(uri for root in roots for uri in self._collections_of(root))
            await self._walk(wanted, budget)

    async def _walk(self, wanted: "deque[str]", budget: FetchBudget) -> None:
        """Read collections, get the posts in them, then the collections of those."""
        met: set[str] = set(wanted)
        collections = posts = 0
        while wanted and collections < MAX_COLLECTIONS and posts < MAX_POSTS and budget.fetches_left:
            collection = wanted.popleft()
            collections += 1
            for uri in await self._items(collection, budget):
                if uri in met or self._urls.is_ours(uri) or not budget.fetches_left:
                    continue
                met.add(uri)
                posts += 1
                found = await self._post(uri, budget)
                fresh = self._collections_of(found) if found is not None else []
                wanted.extend(address for address in fresh if address not in met)
                met.update(fresh)

    async def _post(self, uri: str, budget: FetchBudget) -> Post | None:
        try:
            return await self._fetching.fetch_post(uri, budget=budget)
        except _UNREACHABLE:
            return None

    def _collections_of(self, post: Post) -> list[str]:
        """Where the rest of the conversation is listed: its context if that can be opened, and the replies."""
        if post.local:
            return []
        addresses = [post.context_uri, post.replies_uri]
        return [uri for uri in addresses if uri and is_uri(uri) and same_origin(uri, post.uri)]

    async def _items(self, uri: str, budget: FetchBudget) -> list[str]:
        """The first items of a collection, its pages on the same server; none when it cannot be had."""
        found: list[str] = []
        read: set[str] = set()
        address: str | None = uri
        try:
            while (
                address is not None
                and address not in read
                and len(read) < MAX_PAGES_OF_ONE
                and len(found) < MAX_REPLIES_OF_ONE
            ):
                read.add(address)
                fetched = await self._client.fetch_document(address, expect_id=False, budget=budget)
                if not same_origin(fetched.uri, uri):
                    break
                document: Mapping[str, object] = fetched.json
                first = mapping_of(document.get("first"))
                found += _listed(document) + _listed(first)
                following = uri_of(first.get("next") if first else document.get("next") or document.get("first"))
                address = following if following is not None and same_origin(following, uri) else None
        except (RemoteRefused, RemoteUnavailable) as error:
            _log.info("part of a conversation could not be had: %s", error)
        return found[:MAX_REPLIES_OF_ONE]


def _listed(page: Mapping[str, object]) -> list[str]:
    return list(uris_of(each(page.get("orderedItems") or page.get("items")), MAX_REPLIES_OF_ONE))


def _with_root(connection: Connection, post: Post) -> list[Post]:
    """The post, and the first one of its thread that we know."""
    return list(find_posts(connection, {post.id, post.thread_id}).values())
