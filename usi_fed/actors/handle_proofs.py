"""Asking by WebFinger which handles new actors really have, when nobody waits for it: deliveries go before.

Spec: `../shared/interop/mastodon.md` section 3.
"""

import asyncio
from collections import deque
from contextlib import suppress

from sqlalchemy import Connection

from usi_fed.activitypub.actor_parsing import ParsedActor
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.handles import Handle
from usi_fed.activitypub.webfinger import verify_handle
from usi_fed.actors import store
from usi_fed.db.database import Database
from usi_fed.errors import MalformedActivity, RemoteRefused, RemoteUnavailable, StorageFull

# Peers wait ten seconds for our answer, and an actor can be taken without the proof of its handle.
HANDLE_SECONDS = 5.0
MAX_UNPROVEN = 5000
PROVERS = 2
PROVE_AFTER_SECONDS = 10.0
PAUSE_SECONDS = 0.25
"""Between two questions: a thousand new followers must not cost the post that they came for half of the processor."""


class HandleProofs:
    """The actors whose handles are still to be proven. One per process and event loop."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client
        self._unproven: deque[ParsedActor] = deque()
        self._provers: set[asyncio.Task[None]] = set()
        self._hurry = asyncio.Event()

    def prove_soon(self, parsed: ParsedActor) -> None:
        """Ask which handle a new actor really has; when too many wait, its next refresh does."""
        if len(self._unproven) < MAX_UNPROVEN:
            self._unproven.append(parsed)
            if len(self._provers) < PROVERS:
                task = asyncio.ensure_future(self._prove_all())
                self._provers.add(task)
                task.add_done_callback(self._provers.discard)

    async def settle(self) -> None:
        """Ask for all of them now, and wait until that is done."""
        self._hurry.set()
        while self._provers:
            await asyncio.wait(list(self._provers))

    async def close(self) -> None:
        """End what is asked."""
        running = list(self._provers)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _prove_all(self) -> None:
        await self._wait(PROVE_AFTER_SECONDS)
        while self._unproven:
            await self._prove(self._unproven.popleft())
            await self._wait(PAUSE_SECONDS)

    async def _wait(self, seconds: float) -> None:
        """Nothing for so long, unless somebody waits for the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    async def _prove(self, parsed: ParsedActor) -> None:
        # A failure is nothing to be told: the actor's next refresh asks again.
        with suppress(RemoteRefused, RemoteUnavailable, MalformedActivity, StorageFull, TimeoutError):
            async with asyncio.timeout(HANDLE_SECONDS):
                handle = await verify_handle(parsed.uri, parsed.username, parsed.webfinger, self._client)
            if not await self._database.read(_is_settled, parsed.uri, handle):
                await self._database.write(_settle_handle, parsed.uri, handle)


def _is_settled(connection: Connection, uri: str, handle: Handle) -> bool:
    holder = store.find_by_handle(connection, handle.user, handle.domain)
    return holder is not None and holder.uri == uri and holder.username == handle.user


def _settle_handle(connection: Connection, uri: str, handle: Handle) -> None:
    actor = store.find_actor(connection, uri)
    if actor is not None:
        values = {"uri": uri, "username": handle.user, "domain": handle.domain.lower()}
        store.upsert_remote(connection, values, handle_is_proven=True)
