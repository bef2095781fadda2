"""What goes over the wire for an activity: its bytes and their hash, made once for all inboxes."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from usi_fed.activitypub.digests import body_digest
from usi_fed.db.database import Database
from usi_fed.outbox.delivery_store import load_bodies
from usi_fed.outbox.model import Delivery

KEPT = 1000


@dataclass(frozen=True, slots=True)
class Envelope:
    """The body of an activity and its raw SHA-256."""

    body: bytes
    sha256: bytes


class Envelopes:
    """The envelopes used last. An activity that was rendered anew has another revision, so another envelope."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[tuple[int, int], Envelope] = OrderedDict()

    async def prepare(self, deliveries: Iterable[Delivery]) -> None:
        """Load what these deliveries need, in one query."""
        missing = {delivery.activity_id for delivery in deliveries if _key(delivery) not in self._kept}
        if missing:
            for activity_id, revision, text in await self._database.read(load_bodies, missing):
                body = text.encode()
                self._kept[activity_id, revision] = Envelope(body, body_digest(body))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

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
