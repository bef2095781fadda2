"""A member tells the moderators about somebody, or about a post."""

from collections.abc import Mapping
from typing import get_args

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.tickets import new_secret
from usi_fed.actors.model import Actor
from usi_fed.db.ids import find_id, parse_id
from usi_fed.errors import NotFound
from usi_fed.groups.knowing import get_known
from usi_fed.moderation.model import Category
from usi_fed.moderation.reports import LONGEST_COMMENT, Complaint, check_posts
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members, form_of_members
from usi_fed.pages.moderation.officers import only_once
from usi_fed.pages.moderation.views import CATEGORIES
from usi_fed.pages.versions import short
from usi_fed.pages.views import person_view
from usi_fed.posts.model import Post
from usi_fed.posts.store import get_post
from usi_fed.sentences import Sentence
from usi_fed.text.plain import to_text
from usi_fed.translation import capital, said

LONGEST_EXCERPT = 300
_NO_CATEGORY = Sentence("must be one of those that are offered")


@for_members
async def show_report_form(request: Request, member: Member) -> Response:
    """GET /people/{id}/report?post=

    Raises:
        NotFound: there is nobody of this id, or no such post that this member can see.
        InvalidInput: the post is of somebody else.
    """
    return await _page(request, member, find_id(request.query_params.get("post", "")))


@form_of_members
async def report(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /people/{id}/report: tell the moderators here and, if wanted, those of the other server.

    Raises:
        NotFound, InvalidInput: as `show_report_form`.
    """
    house, post_id = house_of(request), find_id(fields.get("post", ""))
    target, post = await house.database.read(_concerned, member.actor, parse_id(request.path_params["id"]), post_id)
    category = next((one for one in get_args(Category) if one == fields.get("category")), None)
    comment = fields.get("comment", "").strip()
    problems: dict[str, object] = {}
    if category is None:
        problems["category"] = _NO_CATEGORY
    if len(comment) > LONGEST_COMMENT:
        problems["comment"] = Sentence("may have at most %(most)s characters", most=LONGEST_COMMENT)
    if category is None or problems:
        return await _page(request, member, post_id, problems, fields)
    complaint = Complaint(target.id, [post.id] if post else [], comment, category)
    async with only_once(request, member, fields) as is_first:
        if is_first:
            await house.moderation.report(member.actor, complaint, forward=fields.get("forward") == "1")
    return await html_page(
        request,
        "pages/reported.html",
        is_private=True,
        target=person_view(target, house.urls.paths),
        actor_id=target.id,
    )


async def _page(
    request: Request,
    member: Member,
    post_id: int | None,
    problems: Mapping[str, object] | None = None,
    fields: Mapping[str, str] | None = None,
) -> Response:
    house, typed = house_of(request), fields or {}
    target, post = await house.database.read(_concerned, member.actor, parse_id(request.path_params["id"]), post_id)
    told = {field: capital(said(problem)) for field, problem in (problems or {}).items()}
    return await html_page(
        request,
        "pages/report.html",
        422 if told else 200,
        is_private=True,
        target=person_view(target, house.urls.paths),
        actor_id=target.id,
        elsewhere="" if target.is_local else target.host,
        ours=house.urls.handles,
        post=post,
        excerpt=short(to_text(post.content) or post.title or post.warning, LONGEST_EXCERPT) if post else "",
        categories={name: said(words) for name, words in CATEGORIES.items()},
        problems=told,
        once=new_secret(),
        typed={
            "category": typed.get("category", "other"),
            "comment": typed.get("comment", ""),
            "forward": typed.get("forward", ""),
        },
    )


def _concerned(
    connection: Connection, reporter: Actor, target_id: int, post_id: int | None
) -> tuple[Actor, Post | None]:
    target = get_known(connection, target_id, reporter.id)
    if target.deleted_at is not None or target.kind == "Application" or target.id == reporter.id:
        raise NotFound("there is nobody to be reported")
    if post_id is None:
        return target, None
    [found] = check_posts(connection, reporter, target, [post_id])
    return target, get_post(connection, found)
