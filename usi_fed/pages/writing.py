"""Writing, answering, quoting and correcting posts. What was typed is never lost: whatever is wrong, it comes back."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.idempotency_store import is_taken
from usi_fed.accounts.model import RequestKey
from usi_fed.actors.model import Actor
from usi_fed.db.ids import find_id, parse_id
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.media.model import Media
from usi_fed.media.store import media_of, own_files
from usi_fed.outbox.verbs.posts import DRAFT_IS_GONE
from usi_fed.pages import composer as composers
from usi_fed.pages.answers import html_page, words_of
from usi_fed.pages.authors import find_author, is_by, seal_of
from usi_fed.pages.composer import OPTIONS, POLL_DAYS, Composer
from usi_fed.pages.composer_forms import FILES, attach, composer_form, composer_key
from usi_fed.pages.house import house_of
from usi_fed.pages.late_forms import is_from_own_page
from usi_fed.pages.members import Member, find_member, for_writers
from usi_fed.pages.own_reading import read_shown
from usi_fed.pages.reach import Reach, checked_reach_of, reach_of
from usi_fed.pages.reading import Shown
from usi_fed.pages.sessions import StaleForm, cookie_of, form_seed, keep_cookie
from usi_fed.pages.views import page_of, post_view
from usi_fed.posts.details_store import load_details
from usi_fed.posts.drafts_store import change_draft, get_draft, keep_draft
from usi_fed.posts.model import Draft, Post, Wording
from usi_fed.posts.polls import find_poll_draft
from usi_fed.posts.service import MOST_WORDINGS, Limits, check_draft, circles_of, own_post
from usi_fed.posts.store import circle_ids, find_same
from usi_fed.posts.visibility import get_visible, narrower
from usi_fed.sentences import Sentence
from usi_fed.translation import capital, reader, said, tongues
from usi_fed.unions.acting import NO_RIGHT

WRITE = "/write"
A_WHILE = timedelta(minutes=10)
"""So long the same words once more are more likely a press too many than a second post."""
Send = Callable[[Member, Composer, str], Awaitable[str]]
_UNDESCRIBED = Sentence(
    "Somebody who cannot see the pictures needs your words for them. Describe them below, or publish once more without."
)
_GOES_OUT = Sentence(
    "Look once more where this will go: whoever runs those servers can read it. It is not end-to-end encrypted; for "
    "secrets use Signal. If you agree, press the button once more."
)
_PARENT_IS_GONE = Sentence(
    "What you are answering or quoting has been deleted, or is no longer shown to you. Your text is still here: "
    "publish it as a post of its own, or keep it as a draft."
)
_IS_GONE = Sentence("The post that this belongs to is not there any more. Your text is still here.")


@for_writers
async def show_composer(request: Request, member: Member) -> Response:
    """GET /write, with `answer` or `quote` a post's id, `to` or `group` a handle, `draft` what was kept, or `article`.

    Raises:
        NotFound: there is no such post, or not for this member.
    """
    house = house_of(request)
    composer = composers.empty(member.choices)
    if answered := find_id(request.query_params.get("answer", "")):
        composer = await house.database.read(_answer, answered, member)
    elif quoted := find_id(request.query_params.get("quote", "")):
        await house.database.read(get_visible, quoted, member.actor.id)
        composer = replace(composer, quote_of=quoted)
    elif name := request.query_params.get("to", "").strip("@ "):
        composer = replace(composer, text=f"@{name} ", visibility="direct")
    elif group := request.query_params.get("group", "").strip("@ "):
        composer = replace(composer, text=f"@{group} ", visibility="public", is_article=True, is_markdown=True)
    elif draft_id := find_id(request.query_params.get("draft", "")):
        kept = await house.database.read(get_draft, member.actor.id, draft_id)
        composer = composers.of_kept(kept, house.clock())
    elif "article" in request.query_params:
        composer = replace(composer, is_article=True, is_markdown=True)
    return await _page(request, member, composer, WRITE)


@for_writers
async def show_correction(request: Request, member: Member) -> Response:
    """GET /posts/{id}/edit

    Raises:
        NotFound: it is no post of the member's own.
    """
    house, post_id = house_of(request), parse_id(request.path_params["id"])
    composer = await house.database.read(_correction, member.actor, post_id)
    return await _page(request, member, composer, f"/posts/{post_id}/edit")


async def publish(request: Request) -> Response:
    """POST /write; the very same form sent twice makes one post, one draft or one plan."""
    house = house_of(request)

    async def send(member: Member, composer: Composer, key: str) -> str:
        draft = composers.draft_of(composer, house.clock())
        made_by = RequestKey(member.actor.id, key)
        post = await house.publisher.create_post(member.actor, draft, None, made_by, composer.kept_id)
        return f"{page_of(member.actor)}/{post.id}"

    async def keep(member: Member, composer: Composer, key: str) -> str:
        draft = composers.draft_of(composer, house.clock())
        await house.database.write(_keep, member, composer.kept_id, draft, house.clock(), key)
        return "/drafts?kept"

    async def plan(member: Member, composer: Composer, key: str) -> str:
        now, at = house.clock(), composers.moment_of(composer)
        draft = composers.draft_of(composer, now)
        check_draft(draft, Limits(house.settings.post_characters))
        await house.database.write(_plan, member, composer.kept_id, draft, now, at, key)
        return "/drafts?planned"

    return await _receive(request, WRITE, {"publish": send, "draft": keep, "schedule": plan})


async def correct(request: Request) -> Response:
    """POST /posts/{id}/edit

    Raises:
        NotFound: it is no post of the member's own.
    """
    post_id = parse_id(request.path_params["id"])

    async def send(member: Member, composer: Composer, key: str) -> str:
        house = house_of(request)
        poll = await house.database.read(find_poll_draft, post_id)  # which this form does not show
        draft = replace(composers.draft_of(composer, house.clock()), poll=poll)
        post = await house.publisher.edit_post(member.actor, post_id, draft)
        return f"{page_of(member.actor)}/{post.id}"

    return await _receive(request, f"/posts/{post_id}/edit", {"publish": send})


# ---- what was sent ----


async def _receive(request: Request, action: str, sends: Mapping[str, Send]) -> Response:
    """Look at what was sent: do what its button says, or show it again with what is missing."""
    async with composer_form(request) as (fields, files):
        composer = composers.of_form(fields)
        member = await find_member(request)
        if member is None or not is_by(request, member, fields):
            return await _late_page(request, member, composer, action, fields, files)
        if not member.may("publish"):
            return await _page(request, member, composer, action, said(NO_RIGHT), 403)
        composer, problem = await attach(house_of(request), member.actor, composer, files)
        key = await composer_key(request, fields, files)
    if problem:
        return await _page(request, member, composer, action, problem, 422)
    act = fields.get("act", "")
    if act not in sends:
        return await _page(request, member, composer, action)
    if act != "draft" and not all(composer.files.values()) and "undescribed" not in fields:
        return await _page(request, member, composer, action, said(_UNDESCRIBED), 422, asks_again=True)
    house = house_of(request)
    try:
        if action == WRITE and act == "publish" and "again" not in fields:
            same = await house.database.read(_same_lately, member.actor.id, composer, key, house.clock())
            if same is not None:
                return await _page(request, member, composer, action, status=409, same=same)
        if act != "draft" and composer.level:
            values = (member.actor, composer, house.urls, house.clock())
            reach = await house.database.read(checked_reach_of, *values)
            if reach.servers and fields.get("seen_servers") != ",".join(reach.servers):
                return await _page(request, member, composer, action, said(_GOES_OUT), 422, asks_reach=True)
        destination = await sends[act](member, composer, key)
    except NotFound as error:
        left = await house_of(request).database.read(_without_what_is_gone, member.actor.id, composer)
        problem = said(_IS_GONE if left == composer else _PARENT_IS_GONE)
        return await _page(request, member, left, action, problem, error.status)
    except (InvalidInput, NotAllowed) as error:
        if isinstance(error, InvalidInput) and error.field == "draft":
            composer = replace(composer, kept_id=None)
        return await _page(request, member, composer, action, capital(words_of(error)), error.status)
    return RedirectResponse(destination, 303)


async def _late_page(
    request: Request,
    member: Member | None,
    composer: Composer,
    action: str,
    fields: Mapping[str, str],
    files: Mapping[str, UploadFile],
) -> Response:
    """The composer again, with all but files that nobody could be the owner of: its session is over.

    Raises:
        StaleForm: a page of another site sent it.
    """
    if not is_from_own_page(request):
        raise StaleForm()
    lost = ", ".join(upload.filename or "" for upload in files.values())
    told = [said(_not_yet(member))] if member else []
    told += [said(_not_kept(lost))] if lost else []
    author = find_author(request, fields)
    return await _page(request, member, composer, action, " ".join(told), 403, author=author, has_lost=bool(lost))


def _not_yet(member: Member) -> Sentence:
    name = member.actor.username
    if member.office is not None:
        return Sentence(
            "Nothing has been done yet: this page was open for too long, or is from before you began to act for this "
            "organisation. You now act as @%(name)s. To go on as @%(name)s, press the button once more.",
            name=name,
        )
    return Sentence(
        "Nothing has been done yet: this page was open for too long, or is from before you signed in. You are now "
        "signed in as @%(name)s. To go on as @%(name)s, press the button once more.",
        name=name,
    )


def _not_kept(files: str) -> Sentence:
    return Sentence("Could not be kept, because you were signed out: %(files)s. Please choose it again.", files=files)


# ---- the page ----


async def _page(
    request: Request,
    member: Member | None,
    composer: Composer,
    action: str,
    problem: str = "",
    status: int = 200,
    *,
    asks_again: bool = False,
    same: Post | None = None,
    author: str = "",
    has_lost: bool = False,
    asks_reach: bool = False,
) -> Response:
    """The composer; for nobody (`member` None) with what `author` wrote, whose files are not looked at."""
    house = house_of(request)
    context: list[Shown] = []
    files = [(number, "", "") for number in composer.files]
    reach: Reach | None = None
    circles: list[Actor] = []
    if member is not None:
        author = member.actor.username
        if not member.actor.may_post_in_public:
            composer = replace(composer, visibility=narrower(composer.visibility, "private"))
        context, owned = await house.database.read(_around, member.actor.id, composer)
        files = [(one.id, house.urls.paths.media(one.preview_file or one.file or ""), one.kind) for one in owned]
        reach = await house.database.read(reach_of, member.actor, composer, house.urls, house.clock())
        circles = await house.database.read(circles_of, member.actor.id)
    moment, seed = house.clock(), form_seed(request)
    response = await html_page(
        request,
        "pages/write.html",
        status,
        is_private=True,
        place="write",
        action=action,
        composer=composer,
        is_hidden=member is not None and not member.actor.may_post_in_public,
        form_id=secrets.token_urlsafe(12),
        author=author,
        author_seal=seal_of(author, seed) if author else "",
        problem=problem,
        has_lost=has_lost,
        asks_again=asks_again,
        same=f"{page_of(member.actor)}/{same.id}" if same and member else "",
        minutes_ago=max(1, (moment - same.published) // timedelta(minutes=1)) if same else 0,
        context=[post_view(post, house.urls.paths, moment, is_whole=False) for post in context],
        files=files,
        reach=reach,
        asks_reach=asks_reach,
        circles=[(one.id, one.name or one.username, one.handle) for one in circles],
        slots=_slots(composer),
        option_numbers=range(max([OPTIONS, *(number for number, option in enumerate(composer.options, 1) if option)])),
        wordings=_wordings_shown(composer),
        zone=reader().time_zone,
        days=POLL_DAYS,
        tongues=tongues(),
        most=Limits(house.settings.post_characters).most("x" if composer.is_article else ""),
    )
    if cookie_of(request, web.FORM):
        return response  # a cookie that is set anew would take the page from the Back button
    return keep_cookie(house, response, web.FORM, seed)


def _slots(composer: Composer) -> list[str]:
    """Room for further files, with the descriptions that wait for one."""
    waiting = [*composer.words.values(), *[""] * FILES]
    return waiting[: min(FILES, composer.most_files - len(composer.files))]


def _wordings_shown(composer: Composer) -> list[Wording]:
    """The further languages that are written, and room for another one."""
    shown = [*composer.wordings, Wording("", "")]
    return shown[:MOST_WORDINGS]


# ---- units of work ----


def _answer(connection: Connection, post_id: int, member: Member) -> Composer:
    parent = get_visible(connection, post_id, member.actor.id)
    if parent.is_boost:
        raise NotFound("a boost is answered where the post is")
    [details] = load_details(connection, [parent])
    named = [f"@{one.actor.username}{f'@{one.actor.domain}' if one.actor.domain else ''}" for one in details.mentions]
    own = {circle.id for circle in circles_of(connection, member.actor.id)}
    circles = [group_id for group_id in circle_ids(connection, parent.id) if group_id in own]
    name = f"@{member.actor.username}"
    return composers.answer_to(parent, details.author, named, member.choices, name, circles)


def _same_lately(connection: Connection, actor_id: int, composer: Composer, key: str, now: datetime) -> Post | None:
    """A post with the same words of a moment ago, unless this is the form that made it, sent twice."""
    if is_taken(connection, RequestKey(actor_id, key)):
        return None
    return find_same(connection, actor_id, composers.draft_of(composer, now), now - A_WHILE)


def _without_what_is_gone(connection: Connection, viewer_id: int, composer: Composer) -> Composer:
    """The composer without the parent or the quoted post that its author can no longer see."""

    def left(post_id: int | None) -> int | None:
        with suppress(NotFound):
            return post_id and get_visible(connection, post_id, viewer_id).id
        return None

    return replace(composer, answer_to=left(composer.answer_to), quote_of=left(composer.quote_of))


def _keep(
    connection: Connection, member: Member, kept_id: int | None, draft: Draft, now: datetime, form_key: str
) -> None:
    """Keep a draft; one that is gone meanwhile is kept anew, so that nothing is lost."""
    actor_id, writer = member.actor.id, member.writer_id
    if kept_id is not None:
        with suppress(NotFound):
            change_draft(connection, actor_id, kept_id, draft, now, written_by=writer)
            return
    keep_draft(connection, actor_id, draft, now, form_key=form_key, written_by=writer)


def _plan(
    connection: Connection,
    member: Member,
    kept_id: int | None,
    draft: Draft,
    now: datetime,
    at: datetime,
    form_key: str,
) -> None:
    """Publish a draft later.

    Raises:
        InvalidInput: it is gone, or the moment cannot be.
    """
    actor_id, writer = member.actor.id, member.writer_id
    if kept_id is None:
        keep_draft(connection, actor_id, draft, now, scheduled_at=at, form_key=form_key, written_by=writer)
        return
    try:
        change_draft(connection, actor_id, kept_id, draft, now, scheduled_at=at, written_by=writer)
    except NotFound as error:
        raise InvalidInput("draft", DRAFT_IS_GONE) from error


def _correction(connection: Connection, author: Actor, post_id: int) -> Composer:
    post = own_post(connection, author, post_id)
    if post.is_boost:
        raise NotFound("a boost has no words")
    files = media_of(connection, [post.id]).get(post.id, [])
    described = {file.id: file.description for file in files}
    return composers.of_post(post, described, circle_ids(connection, post.id))


def _around(connection: Connection, viewer_id: int, composer: Composer) -> tuple[list[Shown], list[Media]]:
    """What is answered or quoted, and the files that are attached."""
    wanted = [post_id for post_id in (composer.answer_to, composer.quote_of) if post_id is not None]
    shown = read_shown(connection, viewer_id, wanted)
    return [shown[post_id] for post_id in wanted if post_id in shown], own_files(
        connection, viewer_id, list(composer.files)
    )
