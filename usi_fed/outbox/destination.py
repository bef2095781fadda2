"""The deliveries that wait for one host, and which of them may go next. No database, no network."""

from collections import deque
from collections.abc import Iterable

from usi_fed.outbox.model import Delivery, HostState
from usi_fed.outbox.outcomes import SUSPICIOUS

WIDTH = 4
"""Requests to one host at a time, once it has shown that it answers."""

PATIENCE = 6
"""Refusals of a lane's oldest delivery before a younger one of the same author may be tried in its place."""


class Destination:
    """One host's waiting deliveries, oldest first, while this process sends to it."""

    def __init__(self, state: HostState, deliveries: Iterable[Delivery], *, has_more: bool) -> None:
        self.state = state
        self.waiting = deque(deliveries)
        self.has_more = has_more
        self.has_answered = False

    @property
    def host(self) -> str:
        """Host, and port when it is not the usual one."""
        return self.state.host

    def next_batch(self) -> list[Delivery]:
        """Take the deliveries that may go side by side now; just one while the host has not yet answered.

        A lane gives only one activity at a time, to however many inboxes.
        """
        if not self.waiting:
            return []
        if self.state.is_failing:
            return [self._take_probe()]
        width = WIDTH if self.has_answered else 1
        lanes: dict[int, int] = {}
        batch = []
        for delivery in self.waiting:
            if delivery.aside or lanes.setdefault(delivery.actor_id, delivery.activity_id) == delivery.activity_id:
                batch.append(delivery)
                if len(batch) == width:
                    break
        for delivery in batch:
            self.waiting.remove(delivery)
        return batch

    def block_lane(self, refused: Delivery) -> None:
        """A delivery has to wait, so all later ones of its author to the same inbox do."""
        lane = (refused.actor_id, refused.inbox)
        self.waiting = deque(delivery for delivery in self.waiting if (delivery.actor_id, delivery.inbox) != lane)

    def _take_probe(self) -> Delivery:
        """The oldest delivery; or, when that one may be what the host fails on, another that can show it."""
        suspect = self.waiting[0]
        probe = suspect
        if suspect.refusals >= SUSPICIOUS and self.state.failures % 2:
            probe = next((delivery for delivery in self.waiting if _may_replace(delivery, suspect)), suspect)
        self.waiting.remove(probe)
        return probe


def _may_replace(delivery: Delivery, suspect: Delivery) -> bool:
    """Whether the delivery may go before the suspect without breaking the order of one author's activities.

    When nobody else has anything for the host, and the suspect has failed for minutes, something that stands
    on its own may overtake it: better than a lane that is stuck for ever.
    """
    if delivery.refusals >= SUSPICIOUS:
        return False
    if delivery.actor_id != suspect.actor_id or delivery.activity_id == suspect.activity_id:
        return True
    return (
        suspect.refusals >= PATIENCE
        and delivery.stands_alone
        and suspect.stands_alone
        and delivery.object_uri != suspect.object_uri
    )
