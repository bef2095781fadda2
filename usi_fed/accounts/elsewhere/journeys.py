"""What is known of people between two requests, sealed in the database: for one browser, for some minutes, once."""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from usi_fed.accounts import linked_store as store
from usi_fed.accounts.elsewhere.model import Arrival, Journey
from usi_fed.accounts.linked_store import StoredJourney
from usi_fed.accounts.tickets import hash_of, new_secret
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import ConfigurationError

JOURNEY_LIFETIME = timedelta(minutes=10)
ARRIVAL_LIFETIME = timedelta(minutes=30)


class Journeys:
    """Those under way, and those who are back. A browser is known by a secret of its own in one of its cookies."""

    def __init__(self, database: Database, safe: KeySafe, clock: Clock) -> None:
        self._database = database
        self._safe = safe
        self._clock = clock

    async def begin(self, state: str, browser: str, journey: Journey) -> None:
        """Keep a journey under its `state`."""
        await self._put(_journey_hash(state), browser, journey, JOURNEY_LIFETIME)

    async def find(self, state: str, browsers: Collection[str]) -> Journey | None:
        """The journey of this state, which goes on; None when there is none at one of these browsers."""
        key_hash = _journey_hash(state)
        hashes = [_browser_hash(browser) for browser in browsers]
        found = await self._database.read(store.find_journey, key_hash, hashes, self._clock())
        return self._journey(key_hash, None if found is None else found.sealed)

    async def end(self, state: str, browsers: Collection[str]) -> Journey | None:
        """The journey of this state, which has ended by that; None when there is none at one of these browsers."""
        key_hash = _journey_hash(state)
        hashes = [_browser_hash(browser) for browser in browsers]
        sealed = await self._database.write(store.take_journey, key_hash, hashes, self._clock())
        return self._journey(key_hash, sealed)

    async def arrive(self, browser: str, arrival: Arrival) -> str:
        """Keep who is back; gives the key to it."""
        key = new_secret()
        await self._put(_arrival_hash(key), browser, arrival, ARRIVAL_LIFETIME)
        return key

    async def find_arrival(self, key: str, browser: str) -> Arrival | None:
        """Who is back at this browser by this key, as long as it is not too long ago."""
        key_hash = _arrival_hash(key)
        found = await self._database.read(store.find_journey, key_hash, [_browser_hash(browser)], self._clock())
        opened = None if found is None else self._opened(key_hash, found.sealed)
        return None if opened is None else msgspec.json.decode(opened, type=Arrival)

    async def _put(self, key_hash: str, browser: str, value: Journey | Arrival, lifetime: timedelta) -> None:
        moment = self._clock()
        sealed = self._safe.seal_bytes(msgspec.json.encode(value), key_hash.encode())
        row = StoredJourney(key_hash, _browser_hash(browser), sealed, moment + lifetime)
        await self._database.write(store.add_journey, row, moment)

    def _journey(self, key_hash: str, sealed: bytes | None) -> Journey | None:
        opened = None if sealed is None else self._opened(key_hash, sealed)
        return None if opened is None else msgspec.json.decode(opened, type=Journey)

    def _opened(self, key_hash: str, sealed: bytes) -> bytes | None:
        """None when the master key was changed meanwhile: who is on the way begins again."""
        try:
            return self._safe.unseal_bytes(sealed, key_hash.encode())
        except ConfigurationError:
            return None


def end_arrival(connection: Connection, key: str, browser: str, now: datetime) -> bool:
    """Use an arrival up, in the unit of work that makes the account; False when it was before."""
    return store.take_journey(connection, _arrival_hash(key), [_browser_hash(browser)], now) is not None


def _journey_hash(state: str) -> str:
    return hash_of(f"journey:{state}")


def _arrival_hash(key: str) -> str:
    return hash_of(f"arrival:{key}")


def _browser_hash(secret: str) -> str:
    return hash_of(f"elsewhere:{secret}")
