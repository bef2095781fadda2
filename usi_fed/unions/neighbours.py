"""Brings the organisations of other servers into our directory: every day those servers of our kind are asked that we
know anyway.

A server says only something about its own organisations, and what it says of them is read in their own documents.

Spec: `docs/vocabulary.md`, "Directories"; NodeInfo 2.1
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from usi_fed.activitypub.addresses import host_of, same_origin
from usi_fed.activitypub.client import Client, FetchBudget
from usi_fed.activitypub.lenient import each, mapping_of, text_of, uri_of
from usi_fed.actors.nodeinfo import SOFTWARE
from usi_fed.actors.remote import RemoteActors
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import Gone, MalformedActivity, NotFound, RemoteRefused, RemoteUnavailable
from usi_fed.unions.neighbours_store import Neighbour, due_neighbours, put_neighbour, unlist_others

AT_ONCE = 20
DAILY, WEEKLY, SOON = timedelta(days=1), timedelta(days=7), timedelta(hours=3)
FRESH = timedelta(hours=12)
MOST_PAGES, MOST_ORGANISATIONS = 10, 300

_NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/"
_JSON = "application/json"
_TYPES = (_JSON, "application/jrd+json")

_log = logging.getLogger(__name__)


class Neighbours:
    """Asks other servers for their directories. One per process; one of several does it (`chores.py`)."""

    def __init__(self, database: Database, client: Client, remote_actors: RemoteActors, clock: Clock) -> None:
        self._database = database
        self._client = client
        self._remote_actors = remote_actors
        self._clock = clock

    async def ask_due(self) -> None:
        """Ask those servers whose turn it is, some at a time: one of our kind every day, others once a week."""
        for one in await self._database.read(due_neighbours, self._clock(), AT_ONCE):
            await self._ask(one)

    async def _ask(self, one: Neighbour) -> None:
        try:
            directory = await self._find_directory(one)
            listed = None if directory is None else await self._read(directory)
        except RemoteUnavailable as error:
            _log.info("a directory could not be had: %s", error)
            await self._put(one, one.directory_uri, DAILY if one.directory_uri is None else SOON)
            return
        except (RemoteRefused, MalformedActivity, NotFound, Gone) as error:
            _log.info("a directory could not be read: %s", error)
            directory, listed = None, None
        known = [uri for uri in listed or () if host_of(uri) == one.host]
        kept = [uri for uri in known if await self._is_kept(uri)]
        await self._database.write(unlist_others, one.host, frozenset(kept))
        await self._put(one, directory, WEEKLY if directory is None else DAILY)

    async def _put(self, one: Neighbour, directory: str | None, pause: timedelta) -> None:
        await self._database.write(put_neighbour, one.host, directory, self._clock() + pause)

    async def _find_directory(self, one: Neighbour) -> str | None:
        """Where a server has its directory; None when it is of another kind, or has none."""
        origin = one.uri[: one.uri.index(one.host) + len(one.host)]
        links = (await self._client.fetch_json(f"{origin}/.well-known/nodeinfo", _JSON, _TYPES)).json
        about = next((url for link in each(links.get("links")) if (url := _nodeinfo_url(link))), None)
        if about is None or not same_origin(about, origin):
            return None
        described = (await self._client.fetch_json(about, _JSON, _TYPES)).json
        directory = uri_of(mapping_of(described.get("metadata")).get("organisations"))
        is_ours = text_of(mapping_of(described.get("software")).get("name")) == SOFTWARE
        return directory if is_ours and directory and same_origin(directory, origin) else None

    async def _read(self, directory: str) -> Sequence[str]:
        """The identities that a directory lists, as many as we take."""
        found: list[str] = []
        budget = FetchBudget(MOST_PAGES + 1)
        page: object = (await self._page(directory, directory, budget)).get("first")
        for _ in range(MOST_PAGES):
            document = mapping_of(page) or await self._page(uri_of(page) or "", directory, budget)
            items = (uri_of(item) or uri_of(mapping_of(item).get("id")) for item in each(document.get("orderedItems")))
            found += [uri for uri in items if uri]
            page = document.get("next")
            if page is None or len(found) >= MOST_ORGANISATIONS:
                break
        return found[:MOST_ORGANISATIONS]

    async def _page(self, uri: str, directory: str, budget: FetchBudget) -> Mapping[str, object]:
        if not same_origin(uri, directory):
            raise RemoteRefused("a page of a directory is on another server")
        fetched = await self._client.fetch_document(uri, expect_id=False, budget=budget)
        if not same_origin(fetched.uri, directory):
            raise RemoteRefused("a page of a directory is on another server")
        return fetched.json

    async def _is_kept(self, uri: str) -> bool:
        """Whether a listed organisation is there; one that cannot be had just now stays as it is."""
        try:
            await self._remote_actors.get(uri, fresh_within=FRESH)
        except RemoteUnavailable:
            return True
        except (NotFound, Gone, RemoteRefused, MalformedActivity):
            return False
        return True


def _nodeinfo_url(link: object) -> str | None:
    described = mapping_of(link)
    is_known = text_of(described.get("rel")) in (f"{_NODEINFO}2.0", f"{_NODEINFO}2.1")
    return uri_of(described.get("href")) if is_known else None
