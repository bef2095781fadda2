"""Machine translations of public posts, kept for a while."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from usi_fed.db.database import insert
from usi_fed.posts.tables import machine_translations

KEPT = timedelta(days=7)


def find_translation(
    connection: Connection, post_id: int, language: str, source_hash: str, now: datetime
) -> dict[str, Any] | None:
    """What was made of the same words not long ago."""
    table = machine_translations
    statement = select(table.c.translation).where(
        table.c.post_id == post_id,
        table.c.language == language,
        table.c.source_hash == source_hash,
        table.c.made_at > now - KEPT,
    )
    found: dict[str, Any] | None = connection.execute(statement).scalar()
    return found


def put_translation(
    connection: Connection, post_id: int, language: str, source_hash: str, translation: dict[str, Any], now: datetime
) -> None:
    """Keep what was made, in the place of what was there."""
    changes = {"source_hash": source_hash, "translation": translation, "made_at": now}
    statement = insert(connection, machine_translations).values(post_id=post_id, language=language, **changes)
    connection.execute(statement.on_conflict_do_update(index_elements=["post_id", "language"], set_=changes))


def prune_translations(connection: Connection, now: datetime) -> None:
    """Forget what is old."""
    connection.execute(delete(machine_translations).where(machine_translations.c.made_at <= now - KEPT))
