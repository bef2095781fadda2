"""What goes over the wire for an activity: its bytes and their hash, made once for all inboxes."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import orjson

from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.activitypub.digests import body_digest
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.proofs import create_proof
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import MalformedActivity, NotFound
from usi_fed.outbox.delivery_store import load_bodies
from usi_fed.outbox.model import Delivery

KEPT = 1000


@dataclass(frozen=True, slots=True)
class Envelope:
    """The body of an activity and its raw SHA-256."""

    body: bytes
    sha256: bytes


class ProofKeys(Protocol):
    """Gives the keys with which activities are proven, whoever passes them on."""

    async def proof_key(self, actor: int) -> PrivateKey:
        """The Ed25519 key of an actor of ours.

        Raises:
            NotFound: it has none.
        """


class Envelopes:
    """The envelopes used last. An activity that was rendered anew has another revision, so another envelope."""

    def __init__(self, database: Database, keys: ProofKeys, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._kept: OrderedDict[tuple[int, int], Envelope] = OrderedDict()

    async def prepare(self, deliveries: Iterable[Delivery]) -> None:
        """Load what these deliveries need, in one query."""
        missing = {delivery.activity_id: delivery for delivery in deliveries if _key(delivery) not in self._kept}
        if not missing:
            return
        for activity_id, revision, text in await self._database.read(load_bodies, list(missing)):
            body = await self._proven(text.encode(), missing[activity_id].actor_id)
            self._kept[activity_id, revision] = Envelope(body, body_digest(body))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    async def _proven(self, body: bytes, actor_id: int) -> bytes:
        """With a proof, when the activity is public: then others may pass it on. What is not, they must not prove.

        Except for a group of another server that passes on to its members what is in its circle.

        What we pass on for others goes as it is: only its author can prove it. So does what a group of ours wraps: the
        context of a proof protects its terms, and those of another's context inside could not be read any more.

        Spec: FEP-8b32
        """
        document = orjson.loads(body)
        about = document.get("object")
        is_in_circle = isinstance(about, dict) and about.get("usi:level") == "circle" and "audience" in document
        if PUBLIC not in document.get("to", ()) and PUBLIC not in document.get("cc", ()) and not is_in_circle:
            return body
        if isinstance(about, dict) and "@context" in about:
            return body
        try:
            key = await self._keys.proof_key(actor_id)
            is_own = document.get("actor") == key.owner
            return orjson.dumps(create_proof(document, key, self._clock())) if is_own else body
        except (NotFound, MalformedActivity):
            return body  # without a key, or without a canonical form, it goes as it is

    async def find(self, delivery: Delivery) -> Envelope | None:
        """The delivery's envelope; None when the activity was taken back or rendered anew meanwhile."""
        if _key(delivery) not in self._kept:
            await self.prepare([delivery])
        envelope = self._kept.get(_key(delivery))
        if envelope is not None:
            self._kept.move_to_end(_key(delivery))
        return envelope


def _key(delivery: Delivery) -> tuple[int, int]:
    return delivery.activity_id, delivery.revision
