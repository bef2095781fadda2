"""Reports about posts in groups: those who look after the group hear of them too, beside the server's moderators.

Each does what is theirs: whatever stewards do leaves the report of the server open. Who has reported is not said to
them: they may be neighbours.
"""

from sqlalchemy import Connection

from usi_fed.errors import NotFound
from usi_fed.groups import reports_store
from usi_fed.groups.leading import our_group
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import Report
from usi_fed.outbox.desk import Desk
from usi_fed.unions.offices import require_permission


def reported(connection: Connection, report: Report) -> None:
    """A report was taken in: every group in which one of its posts stands has it too."""
    for group_id in reports_store.groups_of_posts(connection, report.post_ids) if report.post_ids else ():
        reports_store.put_group_report(connection, group_id, report.id)


def settle(connection: Connection, desk: Desk, group_id: int, report_id: int, by: int | None) -> None:
    """A report was looked after in a group; for the server's moderators it stays as it is.

    Raises:
        NotAllowed: `by` does not moderate the group.
        NotFound: no such report waits there.
    """
    require_permission(connection, by, group_id, "moderate")
    _, group = our_group(connection, group_id)
    row = reports_store.find_group_report(connection, group_id, report_id)
    if row is None or row.settled_at is not None:
        raise NotFound(f"report {report_id} does not wait in {group_id}")
    reports_store.settle_group_report(connection, row, by, desk.now)
    log_act(connection, by, "group report", f"@{group.handle}", desk.now, group.id)
