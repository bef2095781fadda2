"""What waits for those who look after a group: posts of strangers, and reports about posts that stand in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.clock import iso
from usi_fed.db.ids import parse_id
from usi_fed.errors import InvalidInput
from usi_fed.groups.model import GroupPost
from usi_fed.groups.reports_store import open_group_reports
from usi_fed.groups.store import find_group_post, posts_in_state
from usi_fed.moderation.model import Report
from usi_fed.pages.groups.topics import LONGEST_REASON, key_of, moment_in
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.views import CATEGORIES
from usi_fed.pages.organisations.standing import (
    Standing,
    done,
    for_house,
    form_of_house,
    house_page,
    require_group,
)
from usi_fed.pages.versions import short
from usi_fed.pages.views import PersonView, When, page_of, person_view
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_posts
from usi_fed.sentences import Sentence
from usi_fed.text.plain import to_text
from usi_fed.translation import minute, said
from usi_fed.urls import Urls

PAGE_SIZE = 20
MOST_REPORTS = 50
LONGEST_EXCERPT = 1000
_OFFERED = Sentence("must be one of those that are offered")
_TOO_LONG = Sentence("may have at most %(most)s characters", most=LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post as plain text, with its author and its page here. `stands`: it is in the group."""

    id: int
    author: PersonView
    handle: str
    url: str
    when: When
    title: str
    warning: str
    excerpt: str
    stands: bool


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report without who has sent it, and those of its posts that were sent to this group."""

    id: int
    category: str
    comment: str
    when: When
    posts: list[PostRow]


@for_house
async def show_queue(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/queue?before=

    Raises:
        NotFound: it is no group.
    """
    return await _page(request, standing)


@form_of_house
async def act_on_queue(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/queue: the button `act`: accept, refuse, remove, settle.

    Raises:
        NotFound: it is no group, or what it is about does not wait there.
        NotAllowed: the member does not moderate the group.
    """
    require_group(standing)
    try:
        await _act(house_of(request), standing.organisation.id, member.person.id, fields)
    except InvalidInput as error:
        return await _page(request, standing, {error.field: error.problem}, fields)
    return done(f"{standing.home}/queue")


async def _act(house: House, group_id: int, by: int, fields: Mapping[str, str]) -> None:
    reason = fields.get("reason", "").strip()
    if len(reason) > LONGEST_REASON:
        raise InvalidInput("reason", _TOO_LONG)
    match fields.get("act"):
        case "accept":
            await house.groups.accept_post(group_id, parse_id(fields.get("post", "")), by)
        case "refuse":
            await house.groups.refuse_post(group_id, parse_id(fields.get("post", "")), by, reason)
        case "remove":
            await house.groups.remove_post(group_id, parse_id(fields.get("post", "")), by, reason)
        case "settle":
            await house.groups.settle_report(group_id, parse_id(fields.get("report", "")), by)
        case _:
            raise InvalidInput("", _OFFERED)


@dataclass(frozen=True, slots=True)
class _Waiting:
    posts: list[tuple[GroupPost, Post, Actor]]
    reports: list[Report]
    reported: dict[int, tuple[GroupPost, Post, Actor]]


async def _page(
    request: Request,
    standing: Standing,
    problems: Mapping[str, object] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    require_group(standing)
    house, group_id = house_of(request), standing.organisation.id
    urls, before = house.urls.paths, moment_in(request.query_params.get("before", ""))
    found = _Waiting([], [], {})
    if standing.may("moderate"):
        found = await house.database.read(_waiting, group_id, before)
    shown = found.posts[:PAGE_SIZE]
    return await house_page(
        request,
        "queue.html",
        standing,
        problems,
        posts=[_post_row(*one, urls) for one in shown],
        reports=[_report_row(one, found.reported, urls) for one in found.reports],
        older=key_of(shown[-1][0].at) if len(found.posts) > PAGE_SIZE else None,
        is_first=before is None,
        typed={name: (typed or {}).get(name, "") for name in ("post", "reason")},
    )


def _waiting(connection: Connection, group_id: int, before: datetime | None) -> _Waiting:
    reports = open_group_reports(connection, group_id, MOST_REPORTS)
    posts = find_posts(connection, {post_id for report in reports for post_id in report.post_ids})
    people = find_actors(connection, {post.author_id for post in posts.values()})
    rows = {post_id: find_group_post(connection, group_id, post_id) for post_id in posts}
    return _Waiting(
        posts_in_state(connection, group_id, "waiting", PAGE_SIZE + 1, before),
        reports,
        {one: (row, posts[one], people[posts[one].author_id]) for one, row in rows.items() if row is not None},
    )


def _post_row(row: GroupPost, post: Post, author: Actor, urls: Urls) -> PostRow:
    return PostRow(
        id=post.id,
        author=person_view(author, urls),
        handle=f"@{author.handle}",
        url=f"{page_of(author)}/{post.id}",
        when=When(iso(row.at), minute(row.at)),
        title=post.title,
        warning=post.warning,
        excerpt=short(to_text(post.content), LONGEST_EXCERPT),
        stands=row.state == "accepted",
    )


def _report_row(report: Report, posts: Mapping[int, tuple[GroupPost, Post, Actor]], urls: Urls) -> ReportRow:
    return ReportRow(
        id=report.id,
        category=said(CATEGORIES.get(report.category, "")),
        comment=report.comment,
        when=When(iso(report.created_at), minute(report.created_at)),
        posts=[_post_row(*posts[one], urls) for one in report.post_ids if one in posts],
    )
