"""Bearer tokens on the hot path: a known token costs no query."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from sqlalchemy import Connection

from usi_fed.accounts.model import Credential
from usi_fed.accounts.tickets import hash_of
from usi_fed.accounts.token_store import find_credential
from usi_fed.db.database import Database

# How long another process may still take a token that was revoked here.
STALE_SECONDS = 2.0
LARGEST = 10_000


# What is left of a credential with which somebody acts for an organisation; None: nothing.
Narrow = Callable[[Connection, Credential], Credential | None]


class _Known(NamedTuple):
    credential: Credential
    until: float


class Credentials:
    """Looks up what a bearer token proves, and remembers it for two seconds.

    `narrow` knows what the officers of organisations may do; without it nobody acts for one.
    """

    def __init__(
        self, database: Database, seconds: Callable[[], float] = monotonic, narrow: Narrow | None = None
    ) -> None:
        self._database = database
        self._narrow = narrow
        self._seconds = seconds
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def find(self, bearer: str) -> Credential | None:
        """The credential, or None when the token is unknown, revoked, or its account may not sign in."""
        known = self._known.get(bearer)
        if known is not None and self._seconds() < known.until:
            return known.credential
        self._known.pop(bearer, None)
        credential = await self._database.read(self._find, hash_of(bearer))
        if credential is not None:
            self._known[bearer] = _Known(credential, self._seconds() + STALE_SECONDS)
            if len(self._known) > LARGEST:
                self._known.popitem(last=False)
        return credential

    def _find(self, connection: Connection, token_hash: str) -> Credential | None:
        credential = find_credential(connection, token_hash)
        if credential is None or credential.person_id is None:
            return credential
        return self._narrow(connection, credential) if self._narrow is not None else None

    def forget(self) -> None:
        """Forget all: a token was revoked or an account changed, and here that holds at once."""
        self._known.clear()
