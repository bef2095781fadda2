"""Where something for an actor of another server goes: to an inbox on its own host, and nowhere else.

`activitypub/actor_parsing.py` takes no other inbox. But who was stored before that rule may have one of another host
until it is fetched again, and whoever lives there never asked for what we would send.
"""

from collections.abc import Iterable
from functools import lru_cache

from usi_fed.activitypub.addresses import host_of
from usi_fed.actors.model import Actor
from usi_fed.errors import MalformedActivity


def inboxes_of(actor: Actor) -> list[str]:
    """Where something for this actor alone goes; nowhere, when its inbox is on another host."""
    return [inbox for inbox, _ in at_home([(actor.inbox, actor.host)])]


def at_home(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the inboxes, each with its actor's host, that are on that host."""
    return [(inbox, host) for inbox, host in found if _is_on(inbox, host)]


@lru_cache(20_000)
def _is_on(inbox: str, host: str) -> bool:
    try:
        return host_of(inbox) == host
    except MalformedActivity:
        return False
