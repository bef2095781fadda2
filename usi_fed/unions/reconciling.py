"""Whether both sides of an affiliation agree, and what is done when not: pure decisions and their units of work.

The other side's part at its own address says what it knows. What it has not heard is said to it again, under the same
id, each time after a longer pause; what it has ended is over here too.
"""

from datetime import timedelta
from enum import Enum

from sqlalchemy import Connection

from usi_fed.actors.store import get_actor
from usi_fed.outbox.desk import Desk
from usi_fed.unions import affiliations_store as store
from usi_fed.unions.affiliation_news import LOOK_AGAIN, expire, say_again, see_gone
from usi_fed.unions.facts import tell_facts
from usi_fed.unions.model import Affiliation

FIRST_PAUSE = timedelta(minutes=30)
LONGEST_PAUSE = timedelta(days=1)
MOST_ATTEMPTS = 12
"""How often an end is told to a server that does not take notice: in about a week."""
AFTER_THE_END = MOST_ATTEMPTS - 2
"""As how many attempts it counts that the other side's part is gone: then there are two more, a day apart."""
MISSING_FOR_GOOD = 3
"""How often in a row an address must give 404, which can be a mistake, to count as gone."""
_ENDED = ("refused", "withdrawn", "left")


class Look(Enum):
    """What was found at the other side."""

    AGREES = "its part is there, and it knows of ours"
    UNHEARD = "it has evidently not heard of our last step"
    GONE = "its part has been taken away"
    MISSING = "its part is not there, which may be a mistake"
    UNKNOWN = "it could not be asked"


def settle(connection: Connection, desk: Desk, seen: Affiliation, look: Look) -> None:
    """Act on what was found. A profile shows nothing that was not seen within the last seven days."""
    is_over = seen.state in _ENDED
    is_gone = look is Look.GONE or (look is Look.MISSING and (is_over or seen.attempts + 1 >= MISSING_FOR_GOOD))
    if is_gone and not is_over:
        see_gone(connection, desk, seen)
    elif look is Look.AGREES and not is_over:
        store.change_affiliation(connection, seen, confirmed_at=desk.now, attempts=0, due_at=desk.now + LOOK_AGAIN)
    elif is_over and _is_settled(seen, look, is_gone=is_gone):
        store.change_affiliation(connection, seen, due_at=None)
    else:
        if look is Look.UNHEARD or is_gone:
            say_again(connection, desk, seen)
        _try_later(connection, desk, seen, AFTER_THE_END if is_gone else 0)
    subject = get_actor(connection, seen.subject_id)
    if subject.is_local and seen.state == "accepted":
        tell_facts(connection, desk, subject.id)


def let_expire(connection: Connection, desk: Desk, seen: Affiliation) -> bool:
    """End an offer that nobody has answered in time; whether it is one."""
    is_late = seen.state == "offered" and seen.expires_at <= desk.now
    if is_late:
        expire(connection, desk, seen)
    return is_late


def _is_settled(seen: Affiliation, look: Look, *, is_gone: bool) -> bool:
    """Whether an end needs no more telling.

    Who left goes on for some days: the other side may have withdrawn at the same moment, and know nothing of it.
    """
    if seen.attempts >= MOST_ATTEMPTS:
        return True
    return look is Look.AGREES or (is_gone and seen.state != "left")


def _try_later(connection: Connection, desk: Desk, seen: Affiliation, at_least: int) -> None:
    attempts = max(seen.attempts + 1, at_least)
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 10))
    store.change_affiliation(connection, seen, attempts=attempts, due_at=desk.now + pause)
