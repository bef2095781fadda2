"""The second step of an account as a stage shows it: on, with as many codes left, of which none opens anything.

Whoever stands behind the member has just watched a code being asked for. What else there is about signing in, such as
other browsers and telephones, applications, passkeys and accounts elsewhere, tells of people and things that the one
who forces the member may not know: a stage has nothing of it, as an account that is hardly used.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from usi_fed.accounts import second_step_store
from usi_fed.accounts.tickets import hash_of, new_secret


class Likeness(NamedTuple):
    """`second_step_since` is None while there is no second step."""

    second_step_since: datetime | None
    codes_left: int


def read_likeness(connection: Connection, actor_id: int) -> Likeness:
    """Of the account as it really is."""
    step = second_step_store.find_step(connection, actor_id)
    return Likeness(
        second_step_since=step.created_at if step is not None and step.confirmed else None,
        codes_left=second_step_store.codes_left(connection, actor_id),
    )


def put_likeness(connection: Connection, actor_id: int, likeness: Likeness, sealed_secret: bytes) -> None:
    """Put it where there is the account and no second step; `sealed_secret` is what no telephone has."""
    if likeness.second_step_since is not None:
        second_step_store.add_draft(connection, actor_id, sealed_secret, likeness.second_step_since)
        second_step_store.use_step(connection, actor_id, 1)
    if likeness.codes_left:
        unknown = [hash_of(new_secret()) for _ in range(likeness.codes_left)]
        second_step_store.replace_codes(connection, actor_id, unknown)
