"""What was decided about our people, and their objections, in the database."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from usi_fed.db.database import insert
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.errors import NotFound
from usi_fed.moderation.model import Verdict
from usi_fed.moderation.tables import verdicts

_OBJECTED, _WAITS = verdicts.c.objected_at.is_not(None), verdicts.c.is_accepted.is_(None)


def add_verdict(connection: Connection, verdict: Verdict) -> None:
    """Write down what was decided."""
    connection.execute(insert(connection, verdicts).values(verdict._asdict()))


def get_verdict(connection: Connection, verdict_id: int) -> Verdict:
    """The verdict with this id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(verdicts).where(verdicts.c.id == verdict_id)).first()
    if row is None:
        raise NotFound(f"There is no verdict {verdict_id}.")
    return Verdict(*row)


def verdicts_about(connection: Connection, actor_ids: Collection[int], limit: int) -> list[Verdict]:
    """What was decided about some of ours, newest first."""
    about = select(verdicts).where(verdicts.c.actor_id.in_(actor_ids)).order_by(verdicts.c.id.desc()).limit(limit)
    return [Verdict(*row) for row in connection.execute(about)]


def is_latest(connection: Connection, verdict: Verdict) -> bool:
    """Whether the same was not decided again since, of a post about the same post."""
    same = select(func.max(verdicts.c.id)).where(
        verdicts.c.actor_id == verdict.actor_id,
        verdicts.c.kind == verdict.kind,
        verdicts.c.post_uri == verdict.post_uri,
    )
    return bool(connection.execute(same).scalar_one() == verdict.id)


def objections_page(connection: Connection, window: Window, *, answered: bool = False) -> list[Verdict]:
    """Verdicts to which somebody has objected, that wait for an answer or have one, newest first."""
    wanted = select(verdicts).where(_OBJECTED, ~_WAITS if answered else _WAITS)
    rows = connection.execute(windowed(wanted, verdicts.c.id, window)).all()
    return [Verdict(*row) for row in newest_first(rows, window)]


def count_objections(connection: Connection) -> int:
    """How many objections wait for an answer."""
    return connection.execute(select(func.count()).select_from(verdicts).where(_OBJECTED, _WAITS)).scalar_one()


def put_objection(connection: Connection, verdict_id: int, text: str, by: int, now: datetime) -> bool:
    """Note what somebody has to say to a verdict; False when there is an objection already."""
    first = update(verdicts).where(verdicts.c.id == verdict_id, verdicts.c.objected_at.is_(None))
    return bool(connection.execute(first.values(objection=text, objected_by=by, objected_at=now)).rowcount)


def put_answer(
    connection: Connection, verdict_id: int, answer: str, by: int | None, now: datetime, *, is_accepted: bool
) -> bool:
    """Note what became of an objection; False when none waits."""
    first = update(verdicts).where(verdicts.c.id == verdict_id, _OBJECTED, _WAITS)
    values = {"is_accepted": is_accepted, "answer": answer, "answered_by": by, "answered_at": now}
    return bool(connection.execute(first.values(values)).rowcount)


def forget_verdicts(connection: Connection, decided_before: datetime) -> None:
    """Drop what was decided long ago."""
    connection.execute(delete(verdicts).where(verdicts.c.decided_at < decided_before))


def forget_verdicts_about(connection: Connection, actor_id: int) -> None:
    """Drop everything about somebody who is gone, with what they wrote."""
    connection.execute(delete(verdicts).where(verdicts.c.actor_id == actor_id))
