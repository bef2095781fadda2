"""All SQL about links that sign in."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from usi_fed.accounts.tables import sign_in_links
from usi_fed.db.database import insert
from usi_fed.errors import NotFound


class SignInLink(NamedTuple):
    """A link that was mailed. The fields are the columns of `sign_in_links`, in order."""

    code_hash: str
    actor_id: int
    browser_hash: str
    destination: str
    expires_at: datetime


def add_link(connection: Connection, link: SignInLink, now: datetime) -> None:
    """Store a link; older ones of this account at this browser, and those that have run out, stop working."""
    at_this_browser = and_(sign_in_links.c.actor_id == link.actor_id, sign_in_links.c.browser_hash == link.browser_hash)
    connection.execute(delete(sign_in_links).where((sign_in_links.c.expires_at <= now) | at_this_browser))
    connection.execute(insert(connection, sign_in_links).values(link._asdict()))


def is_good(connection: Connection, code_hash: str, browser_hash: str, now: datetime) -> bool:
    """Whether a link can still be used, and at this browser."""
    found = select(sign_in_links.c.actor_id).where(_usable(code_hash, browser_hash, now))
    return connection.execute(found).first() is not None


def use_link(connection: Connection, code_hash: str, browser_hash: str, now: datetime) -> SignInLink:
    """The link, which is used up from now on.

    Raises:
        NotFound: it is unknown, used up, out of date or of another browser.
    """
    taken = delete(sign_in_links).where(_usable(code_hash, browser_hash, now)).returning(*sign_in_links.c)
    row = connection.execute(taken).first()
    if row is None:
        raise NotFound("This link is not valid, or not any more.")
    return SignInLink(*row)


def _usable(code_hash: str, browser_hash: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        sign_in_links.c.code_hash == code_hash,
        sign_in_links.c.browser_hash == browser_hash,
        sign_in_links.c.expires_at > now,
    )
