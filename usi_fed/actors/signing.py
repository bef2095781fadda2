"""Signs requests to other servers in the name of our actors."""

from collections.abc import Awaitable, Callable, Mapping

from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.signatures import sign_cavage, sign_rfc9421
from usi_fed.clock import Clock
from usi_fed.threads import Crew


class ActorSigner:
    """A `Signer` with one RSA key. The arithmetic is done by `crew`: it takes a third of a millisecond and more."""

    def __init__(self, key: PrivateKey, crew: Crew, clock: Clock) -> None:
        self._key = key
        self._crew = crew
        self._clock = clock

    @property
    def key_id(self) -> str:
        """The URI of the key."""
        return self._key.key_id

    async def sign(
        self, method: str, url: str, body_sha256: bytes | None, dialect: str, extra: Mapping[str, str]
    ) -> dict[str, str]:
        """The headers to add to a request; `extra` is covered. Spec: `../shared/interop/mastodon.md` section 1.2"""
        write = sign_rfc9421 if dialect == "rfc9421" else sign_cavage
        covered = {name.lower(): value for name, value in extra.items()}
        return await self._crew.run(write, self._key, method, url, self._clock(), body_sha256, extra_covered=covered)


class LastingSigner:
    """A `Signer` that asks for the key each time, for it may be replaced, by another process too."""

    def __init__(self, key_id: str, present: Callable[[], Awaitable[ActorSigner]]) -> None:
        self._key_id = key_id
        self._present = present

    @property
    def key_id(self) -> str:
        """The URI of the key: a new one has the same."""
        return self._key_id

    async def sign(
        self, method: str, url: str, body_sha256: bytes | None, dialect: str, extra: Mapping[str, str]
    ) -> dict[str, str]:
        """As `ActorSigner.sign`, with the key that holds now."""
        return await (await self._present()).sign(method, url, body_sha256, dialect, extra)
