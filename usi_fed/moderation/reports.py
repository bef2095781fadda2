"""Reports: taken in, told to the moderators, looked after. Units of work."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.accounts.store import moderator_ids
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors, get_actor
from usi_fed.clock import iso
from usi_fed.errors import Conflict, InvalidInput
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import Category, Copy, Note, Report
from usi_fed.moderation.reports_store import add_note, add_report, change_report, get_report
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.profile import flag
from usi_fed.posts.details_store import load_details
from usi_fed.posts.store import find_posts
from usi_fed.posts.visibility import get_visible
from usi_fed.sentences import Sentence
from usi_fed.timelines.model import NotificationKind
from usi_fed.timelines.notifications_store import notify

LONGEST_COMMENT, LONGEST_NOTE = 1000, 4000


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody has to say about somebody. `uri` is that of another server's Flag."""

    target_id: int
    post_ids: Sequence[int] = ()
    comment: str = ""
    category: Category = "other"
    uri: str | None = None


def take_report(
    connection: Connection, reporter: Actor, complaint: Complaint, now: datetime, *, forwarded: bool = False
) -> Report | None:
    """Store a report and tell the moderators, but not one whom it is about; None when it is known already."""
    values = {
        "uri": complaint.uri,
        "reporter_id": reporter.id,
        "target_id": complaint.target_id,
        "post_ids": list(complaint.post_ids),
        "comment": complaint.comment,
        "category": complaint.category,
        "forwarded": forwarded,
        "copies": [asdict(copy) for copy in _copies(connection, complaint.post_ids)],
    }
    report = add_report(connection, values, now)
    if report is None:
        return None
    for moderator in moderator_ids(connection):
        if moderator != report.target_id:
            notify(connection, moderator, NotificationKind.REPORT, reporter, now, report_id=report.id)
    return report


def file_report(connection: Connection, desk: Desk, reporter: Actor, complaint: Complaint, *, forward: bool) -> Report:
    """Report somebody here and, if wanted, also to their own server: in this server's name, not in the reporter's.

    Raises:
        NotFound: there is no such actor.
        InvalidInput: it is the reporter.
    """
    target = get_actor(connection, complaint.target_id)
    if target.id == reporter.id:
        raise InvalidInput("account_id", "is your own account")
    goes_on = forward and not target.is_local
    report = take_report(connection, reporter, complaint, desk.now, forwarded=goes_on)
    if report is None:
        raise AssertionError("a report without an identity is always new")
    if goes_on:
        uris = [post.uri for post in find_posts(connection, complaint.post_ids).values()]
        flag(connection, desk, target.id, uris, complaint.comment)
    return report


def check_posts(connection: Connection, reporter: Actor, target: Actor, post_ids: Sequence[int]) -> list[int]:
    """The posts that somebody wants to report: the target's, and such as the reporter can see.

    Raises:
        NotFound: there is no such post, or not for the reporter.
        InvalidInput: it is of somebody else.
    """
    found = [get_visible(connection, post_id, reporter.id) for post_id in post_ids]
    if any(post.author_id != target.id for post in found):
        raise InvalidInput("status_ids", "must be posts of the reported account")
    return [post.id for post in found]


def forward(connection: Connection, desk: Desk, report_id: int, by: int | None) -> Report:
    """Pass a report on to the server of the one reported, in the name of this server; one that went stays as it is.

    Raises:
        NotFound: there is no such report.
        Conflict: it is about one of ours, or another server has sent it.
    """
    report = get_report(connection, report_id)
    target, reporter = get_actor(connection, report.target_id), get_actor(connection, report.reporter_id)
    if target.is_local or not reporter.is_local:
        raise Conflict(Sentence("Only reports of our members about people elsewhere can be passed on."))
    if report.forwarded:
        return report
    uris = [copy["uri"] for copy in report.copies]
    flag(connection, desk, target.id, uris, report.comment)
    _log(connection, "report forwarded", report, by, desk.now, to=target.host)
    return change_report(connection, report_id, forwarded=True)


def write_note(connection: Connection, report_id: int, text: str, by: int, now: datetime) -> Note:
    """Write something about a report for the other moderators.

    Raises:
        NotFound: there is no such report.
        InvalidInput: the note is empty or too long.
    """
    report, text = get_report(connection, report_id), text.strip()
    if not 1 <= len(text) <= LONGEST_NOTE:
        raise InvalidInput("note", Sentence("must have 1 to %(most)s characters", most=LONGEST_NOTE))
    _log(connection, "report note", report, by, now)
    return add_note(connection, report.id, by, text, now)


def assign(connection: Connection, report_id: int, to: int | None, by: int | None, now: datetime) -> Report:
    """Say which moderator looks after a report; None: nobody any more.

    Raises:
        NotFound: there is no such report.
        InvalidInput: who should look after it is no moderator.
    """
    if to is not None and to not in moderator_ids(connection):
        raise InvalidInput("to", "must be a moderator or an administrator")
    report = change_report(connection, report_id, assigned_to=to)
    handle = f"@{find_actors(connection, [to])[to].handle}" if to is not None else ""
    _log(connection, "report assigned" if to else "report unassigned", report, by, now, to=handle)
    return report


def sort(connection: Connection, report_id: int, category: Category, by: int | None, now: datetime) -> Report:
    """Say what a report is about, where whoever sent it saw it otherwise.

    Raises:
        NotFound: there is no such report.
    """
    sorted_ = change_report(connection, report_id, category=category)
    _log(connection, "report sorted", sorted_, by, now, category=category)
    return sorted_


def resolve(connection: Connection, report_id: int, by: int | None, now: datetime) -> Report:
    """Close a report; one that is closed stays as it is.

    Raises:
        NotFound: there is no such report.
    """
    report = get_report(connection, report_id)
    if report.resolved_at is not None:
        return report
    closed = change_report(connection, report_id, resolved_at=now, resolved_by=by)
    _log(connection, "report resolved", closed, by, now)
    return closed


def reopen(connection: Connection, report_id: int, by: int | None, now: datetime) -> Report:
    """Open a report again that was closed.

    Raises:
        NotFound: there is no such report.
    """
    report = get_report(connection, report_id)
    if report.resolved_at is None:
        return report
    opened = change_report(connection, report_id, resolved_at=None, resolved_by=None)
    _log(connection, "report reopened", opened, by, now)
    return opened


def _copies(connection: Connection, post_ids: Sequence[int]) -> list[Copy]:
    found = find_posts(connection, post_ids)
    details = load_details(connection, [found[one] for one in post_ids if one in found])
    return [
        Copy(
            one.post.id,
            one.post.uri,
            one.post.visibility,
            iso(one.post.published),
            one.post.title,
            one.post.warning,
            one.post.content,
            len(one.media),
        )
        for one in details
    ]


def _log(connection: Connection, action: str, report: Report, by: int | None, now: datetime, **detail: object) -> None:
    about = get_actor(connection, report.target_id)
    log_act(connection, by, action, f"report {report.id}", now, about=f"@{about.handle}", **detail)
