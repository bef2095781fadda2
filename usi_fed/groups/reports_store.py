"""All SQL about reports that are about posts in groups, for those who look after these groups."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors
from usi_fed.db.database import insert
from usi_fed.groups.model import GroupReport
from usi_fed.groups.tables import group_posts, group_reports
from usi_fed.moderation.model import Report
from usi_fed.moderation.tables import reports
from usi_fed.unions.roles import PERMISSIONS
from usi_fed.unions.tables import offices

_WHO_MODERATES = [role for role, permissions in PERMISSIONS.items() if "moderate" in permissions]


def groups_of_posts(connection: Connection, post_ids: Collection[int]) -> set[int]:
    """The groups in which any of these posts stand, or stood before they were taken out."""
    statement = select(group_posts.c.group_id).where(
        group_posts.c.post_id.in_(list(post_ids)), group_posts.c.state.in_(("accepted", "removed"))
    )
    return set(connection.execute(statement).scalars())


def put_group_report(connection: Connection, group_id: int, report_id: int) -> None:
    """A report is about a post in a group."""
    values = GroupReport(group_id, report_id, None, None)._asdict()
    connection.execute(insert(connection, group_reports).values(values).on_conflict_do_nothing())


def find_group_report(connection: Connection, group_id: int, report_id: int) -> GroupReport | None:
    """What became of a report in a group."""
    where = (group_reports.c.group_id == group_id, group_reports.c.report_id == report_id)
    row = connection.execute(select(group_reports).where(*where)).first()
    return None if row is None else GroupReport(*row)


def settle_group_report(connection: Connection, row: GroupReport, by: int | None, at: datetime) -> None:
    """Those who look after the group have done what they wanted to do about it."""
    where = (group_reports.c.group_id == row.group_id, group_reports.c.report_id == row.report_id)
    connection.execute(update(group_reports).where(*where).values(settled_by=by, settled_at=at))


def open_group_reports(connection: Connection, group_id: int, limit: int) -> list[Report]:
    """The reports that nobody has looked after in a group, the newest first."""
    statement = (
        select(reports)
        .join(group_reports, group_reports.c.report_id == reports.c.id)
        .where(group_reports.c.group_id == group_id, group_reports.c.settled_at.is_(None))
        .order_by(reports.c.id.desc())
        .limit(limit)
    )
    return [Report(*row) for row in connection.execute(statement)]


def open_reports_for(connection: Connection, person_id: int) -> list[tuple[Actor, int]]:
    """The groups that somebody looks after in which reports wait, with how many, by name."""
    number = func.count(func.distinct(group_reports.c.report_id))
    statement = (
        select(number, actors)
        .join(group_reports, group_reports.c.group_id == actors.c.id)
        .join(offices, offices.c.organisation_id == actors.c.id)
        .where(
            offices.c.person_id == person_id,
            offices.c.role.in_(_WHO_MODERATES),
            group_reports.c.settled_at.is_(None),
            actors.c.deleted_at.is_(None),
        )
        .group_by(actors.c.id)
        .order_by(actors.c.username_key)
    )
    return [(Actor(*row[1:]), row[0]) for row in connection.execute(statement)]
