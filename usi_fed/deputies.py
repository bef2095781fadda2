"""Who acts for an organisation in what is being done now. Most of what is done, people do for themselves.

Set once at the front doors (`pages/answers.py`, `api/app.py`) and asked for where something is done
(`outbox/publish.py`), so that no act in between can forget to say it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Deputy(NamedTuple):
    """A person who acts for an organisation; both are actors of ours."""

    person_id: int
    organisation_id: int


_DEPUTY: ContextVar[Deputy | None] = ContextVar("deputy", default=None)


@contextmanager
def acted_by(deputy: Deputy | None) -> Iterator[None]:
    """What is done within this is done by a deputy; None: by people for themselves."""
    token = _DEPUTY.set(deputy)
    try:
        yield
    finally:
        _DEPUTY.reset(token)


def deputy_of(actor_id: int) -> Deputy | None:
    """Who acts in an actor's name now, when it is not the actor itself. Not to be asked inside a unit of work."""
    deputy = _DEPUTY.get()
    return deputy if deputy is not None and deputy.organisation_id == actor_id else None
