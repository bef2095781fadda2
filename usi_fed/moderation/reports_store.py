"""Reports in the database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from usi_fed.actors.tables import actors
from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.errors import NotFound
from usi_fed.moderation.model import Note, Report
from usi_fed.moderation.tables import report_notes, reports
from usi_fed.posts.model import Post


def add_report(connection: Connection, values: Mapping[str, Any], now: datetime) -> Report | None:
    """Store a report; None when one with this identity is here already."""
    row = {"id": new_id(now), "created_at": now, **values}
    statement = (
        insert(connection, reports).values(row).on_conflict_do_nothing(index_elements=["uri"]).returning(*reports.c)
    )
    stored = connection.execute(statement).first()
    return None if stored is None else Report(*stored)


def get_report(connection: Connection, report_id: int) -> Report:
    """The report with this id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(reports).where(reports.c.id == report_id)).first()
    if row is None:
        raise NotFound(f"There is no report {report_id}.")
    return Report(*row)


def find_reports(connection: Connection, report_ids: list[int]) -> dict[int, Report]:
    """Those of the reports that exist, by id."""
    if not report_ids:
        return {}
    return {row.id: Report(*row) for row in connection.execute(select(reports).where(reports.c.id.in_(report_ids)))}


def reports_page(
    connection: Connection,
    window: Window,
    *,
    resolved: bool | None = False,
    by: int | None = None,
    about: int | None = None,
    host: str = "",
) -> list[Report]:
    """Open or resolved reports, None: both, newest first; of somebody, about somebody, or about people of a server."""
    wanted = select(reports)
    if resolved is not None:
        wanted = wanted.where(reports.c.resolved_at.is_not(None) if resolved else reports.c.resolved_at.is_(None))
    if by is not None:
        wanted = wanted.where(reports.c.reporter_id == by)
    if about is not None:
        wanted = wanted.where(reports.c.target_id == about)
    if host:
        there = select(actors.c.id).where(or_(actors.c.host == host, actors.c.domain == host))
        wanted = wanted.where(reports.c.target_id.in_(there))
    rows = connection.execute(windowed(wanted, reports.c.id, window)).all()
    return [Report(*row) for row in newest_first(rows, window)]


def count_open(connection: Connection) -> int:
    """How many reports wait for somebody."""
    return connection.execute(
        select(func.count()).select_from(reports).where(reports.c.resolved_at.is_(None))
    ).scalar_one()


def reports_about(connection: Connection, actor_id: int, limit: int) -> list[Report]:
    """The newest reports about somebody, open and closed."""
    about = select(reports).where(reports.c.target_id == actor_id).order_by(reports.c.id.desc()).limit(limit)
    return [Report(*row) for row in connection.execute(about)]


def is_reported(connection: Connection, post: Post) -> bool:
    """Whether somebody has reported a post."""
    about_author = select(reports.c.post_ids).where(reports.c.target_id == post.author_id)
    return any(post.id in post_ids for post_ids in connection.execute(about_author).scalars())


def add_note(connection: Connection, report_id: int, author_id: int, text: str, now: datetime) -> Note:
    """Store a note about a report."""
    note = Note(new_id(now), report_id, author_id, text, now)
    connection.execute(insert(connection, report_notes).values(note._asdict()))
    return note


def notes_of(connection: Connection, report_id: int) -> list[Note]:
    """What moderators wrote about a report, oldest first."""
    mine = select(report_notes).where(report_notes.c.report_id == report_id).order_by(report_notes.c.id)
    return [Note(*row) for row in connection.execute(mine)]


def forget_copies(connection: Connection, closed_before: datetime) -> None:
    """Drop what was copied of posts for reports that were closed long ago: it was kept for deciding about them."""
    old = reports.c.resolved_at < closed_before
    has_some = reports.c.copies != []
    connection.execute(update(reports).where(old, has_some).values(copies=[]))


def change_report(connection: Connection, report_id: int, **changes: Any) -> Report:  # noqa: ANN401 - columns' values
    """Set columns of a report.

    Raises:
        NotFound: there is none.
    """
    connection.execute(update(reports).where(reports.c.id == report_id).values(changes))
    return get_report(connection, report_id)


def count_reports_from(connection: Connection, host: str, since: datetime) -> int:
    """How many reports a server has sent since then."""
    statement = (
        select(func.count())
        .select_from(reports)
        .join(actors, actors.c.id == reports.c.reporter_id)
        .where(actors.c.host == host, reports.c.created_at >= since)
    )
    return connection.execute(statement).scalar_one()
