"""Who looks after this server."""

from sqlalchemy import Connection, select

from usi_fed.accounts.tables import accounts

_MODERATORS = select(accounts.c.actor_id).where(accounts.c.role.in_(("moderator", "admin")))


def moderator_ids(connection: Connection) -> list[int]:
    """The local actors who are moderators or administrators."""
    return list(connection.execute(_MODERATORS.where(accounts.c.disabled_at.is_(None))).scalars())
