"""What the door out knows about signing: who can sign a request, and which dialect a host understood last.

Spec: draft-cavage-http-signatures-12, RFC 9421, `../shared/interop/mastodon.md` sections 1.1 and 1.2.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Literal, Protocol

from usi_fed.activitypub.expiring import ExpiringMap

Dialect = Literal["cavage", "rfc9421"]

FIRST_DIALECT: Dialect = "cavage"
"""Every server since 2018 reads it; RFC 9421 is read by few."""

MAX_DIALECTS = 10_000
DIALECT_LIFETIME = timedelta(days=7)


class Signer(Protocol):
    """Signs requests in the name of one key."""

    @property
    def key_id(self) -> str:
        """The URI of the key: requests of different keys are never answered from one another's result."""

    async def sign(
        self, method: str, url: str, body_sha256: bytes | None, dialect: str, extra: Mapping[str, str]
    ) -> dict[str, str]:
        """The headers to add, signature included, to a request that will also carry `extra`.

        `body_sha256` is the raw hash of the body, None without a body. `extra` should be covered.
        """


class Dialects:
    """Remembers per host which signature dialect it accepted, so that we knock twice only once.

    A host here is an authority, `host` or `host:port`.
    """

    def __init__(self, known: Iterable[tuple[str, Dialect]] = ()) -> None:
        self._memory: ExpiringMap[str, Dialect] = ExpiringMap(MAX_DIALECTS, DIALECT_LIFETIME)
        for host, dialect in known:
            self._memory.remember(host, dialect)

    def __getitem__(self, host: str) -> Dialect:
        return self._memory.find(host) or FIRST_DIALECT

    def __setitem__(self, host: str, dialect: Dialect) -> None:
        self._memory.remember(host, dialect)

    def items(self) -> Iterable[tuple[str, Dialect]]:
        """What is known now, for storing it; give it back to the constructor later."""
        return self._memory.items()


def other_dialect(dialect: Dialect) -> Dialect:
    """The one to try when `dialect` was refused."""
    return "rfc9421" if dialect == "cavage" else "cavage"
