"""Rows as the templates of moderation show them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.clock import iso
from usi_fed.moderation.model import Report
from usi_fed.moderation.people_store import Known
from usi_fed.pages.versions import short
from usi_fed.pages.views import PersonView, When, person_view
from usi_fed.sentences import Sentence
from usi_fed.translation import gettext, minute, said
from usi_fed.urls import Urls

SHORT_COMMENT = 200
CATEGORIES = {
    "spam": Sentence("Spam or deceit"),
    "legal": Sentence("Against the law"),
    "violation": Sentence("Against the rules of this place"),
    "other": Sentence("Something else"),
}
ADDRESS_WORDS = {
    "sign_up_requires_approval": Sentence("Who joins from there waits for your yes"),
    "sign_up_block": Sentence("Nobody joins from there"),
    "no_access": Sentence("Nobody sees anything from there"),
}
VERDICTS = {
    "warned": Sentence("Warned"),
    "limited": Sentence("Limited"),
    "shut-out": Sentence("Shut out"),
    "disabled": Sentence("Stopped from signing in"),
    "post-deleted": Sentence("Deleted a post"),
    "post-covered": Sentence("Covered the pictures of a post"),
}
ROLE_WORDS = {
    "member": Sentence("Member"),
    "moderator": Sentence("Moderator"),
    "admin": Sentence("Administrator"),
}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody in a list. `path` is their page in moderation, `marks` how they stand here."""

    person: PersonView
    path: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report in a list. `sender` says who has reported: a member's handle, or only a server."""

    id: int
    about: PersonRow
    sender: str
    category: str
    comment: str
    posts: int
    keeper: str
    when: When
    is_open: bool


def person_row(known: Known, urls: Urls) -> PersonRow:
    """Somebody as moderators see them."""
    return PersonRow(person_view(known.actor, urls), path_of(known.actor), marks_of(known))


def path_of(actor: Actor) -> str:
    """The page of an actor in moderation."""
    return f"/moderation/people/{actor.id}"


def marks_of(known: Known) -> tuple[str, ...]:
    """How somebody stands here, in a word each."""
    actor, account = known.actor, known.account
    marks = {
        gettext("Deleted"): actor.deleted_at is not None,
        gettext("Shut out"): actor.suspended_at is not None,
        gettext("Shut out at home"): actor.suspended_at_origin,
        gettext("Limited"): actor.silenced_at is not None,
        gettext("Cannot sign in"): account is not None and account.disabled_at is not None,
        said(ROLE_WORDS[account.role]) if account else "": account is not None and account.role != "member",
    }
    return tuple(words for words, is_so in marks.items() if is_so)


def people_of(connection: Connection, found: Sequence[Report]) -> dict[int, Actor]:
    """Everybody who has to do with the reports."""
    ids = {one for report in found for one in (report.target_id, report.reporter_id, report.assigned_to) if one}
    return find_actors(connection, ids)


def report_row(report: Report, people: dict[int, Actor], urls: Urls) -> ReportRow:
    """A report as it stands in a list."""
    about = people[report.target_id]
    keeper = people.get(report.assigned_to or 0)
    return ReportRow(
        report.id,
        PersonRow(person_view(about, urls), path_of(about), marks_of(Known(about, None))),
        sender_of(people[report.reporter_id]),
        category_words(report),
        short(report.comment, SHORT_COMMENT),
        len(report.post_ids),
        f"@{keeper.handle}" if keeper else "",
        when(report),
        report.is_open,
    )


def category_words(report: Report) -> str:
    """What a report is about, in words."""
    return said(CATEGORIES.get(report.category, CATEGORIES["other"]))


def sender_of(reporter: Actor) -> str:
    """Who has reported: a member of ours by handle; of another server only the server, for it hides who it was."""
    return f"@{reporter.username}" if reporter.is_local else reporter.host


def when(report: Report) -> When:
    """When somebody was reported."""
    return When(iso(report.created_at), minute(report.created_at))


def older_of(ids: Collection[int], page_size: int) -> int | None:
    """Where the next page begins; None when there is none."""
    return min(ids) if len(ids) == page_size else None
