"""What was decided about somebody as they read it, and what they say to that: signed in, or at the closed door."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.service import KeptOut
from usi_fed.accounts.tickets import form_token, is_form_token
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.db.ids import find_id, parse_id
from usi_fed.errors import Conflict, InvalidInput, NotFound
from usi_fed.moderation.model import Verdict, VerdictKind
from usi_fed.moderation.verdicts import OBJECT_WITHIN, may_object
from usi_fed.moderation.verdicts_store import verdicts_about
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members, form_of_members
from usi_fed.pages.sessions import cookie_of, keep_cookie, read_form
from usi_fed.sentences import Sentence
from usi_fed.translation import capital, minute, said
from usi_fed.unions.offices_store import organisations_served_by

PAGE = "/account/objections"
AT_THE_DOOR = "/log-in/objection"
MOST = 20
VERDICT_WORDS: dict[str, Sentence] = {
    "warned": Sentence("The moderators of this server gave a warning."),
    "limited": Sentence("The moderators of this server limited the account: only who follows it reads it."),
    "shut-out": Sentence("The moderators of this server shut the account out: nothing of it is shown."),
    "disabled": Sentence("The moderators of this server closed the account: nobody can sign in to it."),
    "post-deleted": Sentence("The moderators of this server deleted a post."),
    "post-covered": Sentence("The moderators of this server covered the pictures of a post."),
}
_CLOSED: tuple[VerdictKind, ...] = ("shut-out", "disabled")


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A verdict as whom it concerns reads it. `about` is the organisation, "" for themselves.

    `is_accepted` is what became of the objection, None: it waits, or there is none.
    """

    id: int
    about: str
    words: str
    why: str
    at: str
    may_object: bool
    objection: str
    is_accepted: bool | None
    answer: str
    days: int = OBJECT_WITHIN.days


def verdict_view(verdict: Verdict, actor: Actor, reader_id: int, now: datetime) -> VerdictView:
    """A verdict for somebody whom it concerns."""
    return VerdictView(
        verdict.id,
        "" if actor.id == reader_id else f"@{actor.handle}",
        said(VERDICT_WORDS[verdict.kind]),
        verdict.words,
        minute(verdict.decided_at),
        may_object(verdict, now),
        verdict.objection or "",
        verdict.is_accepted,
        verdict.answer,
    )


def verdicts_for(connection: Connection, person_id: int, now: datetime) -> list[VerdictView]:
    """What was decided about somebody and the organisations that they govern, newest first."""
    governed = [actor.id for actor, roles in organisations_served_by(connection, person_id) if "owner" in roles]
    found = verdicts_about(connection, [person_id, *governed], MOST)
    actors = find_actors(connection, {one.actor_id for one in found})
    return [verdict_view(one, actors[one.actor_id], person_id, now) for one in found]


# ---- who is signed in ----


@for_members
async def show_objection(request: Request, member: Member) -> Response:
    """GET /account/objections/{id}: what was decided, and what the member says to it.

    Raises:
        NotFound: there is no such verdict that concerns them.
    """
    return await _page(request, member)


@form_of_members
async def make_objection(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /account/objections/{id}

    Raises:
        NotFound: there is no such verdict that concerns them.
    """
    verdict_id, text = parse_id(request.path_params["id"]), fields.get("objection", "")
    try:
        await house_of(request).moderation.object_to(verdict_id, member.actor.id, text)
    except InvalidInput as error:
        return await _page(request, member, capital(said(error.problem)), text, error.status)
    except Conflict as error:
        return await _page(request, member, said(error), text, error.status)
    return RedirectResponse(f"{PAGE}/{verdict_id}?saved=1", 303)


async def _page(request: Request, member: Member, problem: str = "", typed: str = "", status: int = 200) -> Response:
    house = house_of(request)
    verdict = await house.moderation.find_verdict(parse_id(request.path_params["id"]), member.actor.id)
    actors = await house.database.read(find_actors, [verdict.actor_id])
    return await html_page(
        request,
        "pages/objection.html",
        status,
        is_private=True,
        one=verdict_view(verdict, actors[verdict.actor_id], member.actor.id, house.clock()),
        action=f"{PAGE}/{verdict.id}",
        problem=problem,
        typed=typed,
        is_saved=request.method == "GET" and "saved" in request.query_params,
    )


# ---- who is kept out ----


async def show_kept_out(request: Request, kept_out: KeptOut) -> Response | None:
    """What somebody reads who has given the right password and may not sign in; None when nothing is known of why."""
    house = house_of(request)
    if await _closing(request, kept_out.actor_id) is None:
        return None
    secret = await house.signing_in.note_kept_out(kept_out.actor_id)
    page = await _closed_door(request, kept_out.actor_id, secret, status=kept_out.status)
    return keep_cookie(house, page, web.STEPS, secret)


async def object_at_the_door(request: Request) -> Response:
    """POST /log-in/objection: what somebody says who may not sign in, from the page that they got at trying.

    Raises:
        NotFound: nothing was decided about them, or not this.
        InvalidInput, TooLarge: what came is not our form.
    """
    fields, house, secret = await read_form(request), house_of(request), cookie_of(request, web.STEPS)
    is_ours = bool(secret) and is_form_token(fields.get("form_token", ""), secret)
    actor_id = await house.signing_in.find_kept_out(secret) if is_ours else None
    verdict_id = find_id(fields.get("verdict", ""))
    if actor_id is None or verdict_id is None:
        return RedirectResponse("/log-in", 303)
    text = fields.get("objection", "")
    try:
        await house.moderation.object_to(verdict_id, actor_id, text)
    except InvalidInput as error:
        return await _closed_door(request, actor_id, secret, capital(said(error.problem)), text, error.status)
    except Conflict as error:
        return await _closed_door(request, actor_id, secret, said(error), text, error.status)
    return await _closed_door(request, actor_id, secret)


async def _closed_door(
    request: Request, actor_id: int, secret: str, problem: str = "", typed: str = "", status: int = 200
) -> Response:
    one = await _closing(request, actor_id)
    if one is None:
        raise NotFound("nothing was decided about them")
    return await html_page(
        request,
        "pages/kept_out.html",
        status,
        is_private=True,
        one=one,
        action=AT_THE_DOOR,
        form_token=form_token(secret),
        problem=problem,
        typed=typed,
    )


async def _closing(request: Request, actor_id: int) -> VerdictView | None:
    """Why somebody cannot sign in: the last decision that closes an account."""
    house = house_of(request)

    def read(connection: Connection) -> VerdictView | None:
        closing = (one for one in verdicts_about(connection, [actor_id], MOST) if one.kind in _CLOSED)
        verdict = next(closing, None)
        actors = find_actors(connection, [actor_id])
        return verdict_view(verdict, actors[actor_id], actor_id, house.clock()) if verdict else None

    return await house.database.read(read)
