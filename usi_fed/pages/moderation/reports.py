"""Reports: the open and the closed, one with all that belongs to it, and what is done with it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.store import find_account
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.db.ids import parse_id
from usi_fed.db.paging import Window
from usi_fed.errors import InvalidInput
from usi_fed.moderation.model import Copy, Note, Report
from usi_fed.moderation.people_store import Known
from usi_fed.moderation.reports import LONGEST_NOTE
from usi_fed.moderation.reports_store import get_report, notes_of, reports_page
from usi_fed.pages.answers import older_than
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.officers import done, for_officers, form_of_officers, officers_page, only_once
from usi_fed.pages.moderation.views import category_words, older_of, people_of, person_row, report_row, sender_of, when
from usi_fed.pages.reading import Shown
from usi_fed.pages.views import FileView, When, post_view
from usi_fed.posts.details_store import Details, load_details
from usi_fed.posts.store import find_posts
from usi_fed.sentences import Sentence
from usi_fed.text.plain import to_text
from usi_fed.translation import minute

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class _Case:
    """A report with everything that its page needs."""

    report: Report
    people: dict[int, Actor]
    about: Known
    notes: list[Note]
    posts: dict[int, Details]


@dataclass(frozen=True, slots=True)
class ReportedPost:
    """A post as it was when it was reported, and what has become of it. `here` is its page, "" when there is none."""

    id: int
    audience: str
    text: str
    warning: str
    title: str
    published: When
    is_there: bool
    has_changed: bool
    is_covered: bool
    here: str
    files: tuple[FileView, ...]
    missing_files: int


@for_officers
async def show_reports(request: Request, member: Member) -> Response:
    """GET /moderation/reports?state=: the open ones, or the closed ones."""
    house, is_closed = house_of(request), request.query_params.get("state") == "closed"
    window = Window(max_id=older_than(request), limit=PAGE_SIZE)

    def read(connection: Connection) -> tuple[list[Report], dict[int, Actor]]:
        found = reports_page(connection, window, resolved=is_closed)
        return found, people_of(connection, found)

    found, people = await house.database.read(read)
    return await officers_page(
        request,
        "reports.html",
        member,
        reports=[report_row(one, people, house.urls.paths) for one in found],
        state="closed" if is_closed else "open",
        older=older_of([one.id for one in found], PAGE_SIZE),
        is_first=window.max_id is None,
    )


@for_officers
async def show_report(request: Request, member: Member) -> Response:
    """GET /moderation/reports/{id}

    Raises:
        NotFound: there is no such report.
    """
    return await _page(request, member)


@form_of_officers
async def act_on_report(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /moderation/reports/{id}: `act` is take, leave, close, reopen, forward or note (with `note`).

    Raises:
        NotFound: there is no such report.
        InvalidInput: there is no such button.
        Conflict: it cannot be passed on.
    """
    number, by = parse_id(request.path_params["id"]), member.actor.id
    moderation, act = house_of(request).moderation, fields.get("act", "")
    if act == "note":
        return await _write_note(request, member, fields)
    if act == "take":
        await moderation.assign(number, by, by)
    elif act == "leave":
        await moderation.assign(number, None, by)
    elif act == "close":
        await moderation.resolve(number, by)
    elif act == "reopen":
        await moderation.reopen(number, by)
    elif act == "forward":
        await moderation.forward(number, by)
    else:
        raise InvalidInput("act", "must be take, leave, close, reopen, forward or note")
    return done(f"/moderation/reports/{number}")


async def _write_note(request: Request, member: Member, fields: dict[str, str]) -> Response:
    number, text = parse_id(request.path_params["id"]), fields.get("note", "")
    if len(text.strip()) not in range(1, LONGEST_NOTE + 1):
        too_long = Sentence("must have 1 to %(most)s characters", most=LONGEST_NOTE)
        return await _page(request, member, {"note": too_long}, text)
    async with only_once(request, member, fields) as is_first:
        if is_first:
            await house_of(request).moderation.write_note(number, text, member.actor.id)
    return done(f"/moderation/reports/{number}")


async def _page(
    request: Request, member: Member, problems: dict[str, object] | None = None, typed: str = ""
) -> Response:
    house = house_of(request)
    case = await house.database.read(_read_case, parse_id(request.path_params["id"]))
    report, people = case.report, case.people
    reporter, keeper = people[report.reporter_id], people.get(report.assigned_to or 0)
    notes = [
        (f"@{people[note.author_id].handle}" if note.author_id in people else "", minute(note.created_at), note.text)
        for note in case.notes
    ]
    return await officers_page(
        request,
        "report.html",
        member,
        problems,
        report=report,
        about=person_row(case.about, house.urls.paths),
        about_actor=case.about.actor,
        has_account=case.about.account is not None,
        sender=sender_of(reporter),
        is_ours=reporter.is_local,
        sender_path=f"/moderation/people/{reporter.id}" if reporter.is_local else "",
        category=category_words(report),
        when=when(report),
        keeper=f"@{keeper.handle}" if keeper else "",
        is_mine=report.assigned_to == member.actor.id,
        is_about_me=report.target_id == member.actor.id,
        may_forward=reporter.is_local and not case.about.actor.is_local and not report.forwarded,
        notes=notes,
        posts=_posts(request, case),
        typed=typed,
    )


def _read_case(connection: Connection, number: int) -> _Case:
    report = get_report(connection, number)
    notes = notes_of(connection, number)
    writers = find_actors(connection, {note.author_id for note in notes})
    people = {**writers, **people_of(connection, [report])}
    about = people[report.target_id]
    there = load_details(connection, list(find_posts(connection, report.post_ids).values()))
    account = find_account(connection, about.id)
    return _Case(report, people, Known(about, account), notes, {one.post.id: one for one in there})


def _posts(request: Request, case: _Case) -> list[ReportedPost]:
    return [_reported_post(request, Copy(**copy), case.posts.get(copy["id"])) for copy in case.report.copies]


def _reported_post(request: Request, copy: Copy, details: Details | None) -> ReportedPost:
    house = house_of(request)
    is_public = copy.visibility in ("public", "unlisted")
    view = post_view(Shown(copy.id, details), house.urls.paths, house.clock()) if details else None
    return ReportedPost(
        id=copy.id,
        audience=copy.visibility,
        text=to_text(copy.content),
        warning=copy.warning,
        title=copy.title,
        published=When(copy.published, minute(datetime.fromisoformat(copy.published))),
        is_there=details is not None,
        has_changed=details is not None and details.post.content != copy.content,
        is_covered=details is not None and details.post.sensitive,
        here=view.here if view and is_public else "",
        files=view.files if view else (),
        missing_files=0 if view else copy.files,
    )
