"""What is decided about a person or a post: first a page that says what it means and asks why, then it is done."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.model import ROLES, Role
from usi_fed.accounts.store import find_account
from usi_fed.actors.store import get_actor
from usi_fed.db.ids import find_id, parse_id
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound
from usi_fed.moderation.people import LONGEST_WARNING
from usi_fed.moderation.people_store import Known
from usi_fed.moderation.posts import author_of
from usi_fed.pages.account_sessions import ApplicationView, application_view
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.officers import (
    done,
    for_officers,
    form_of_officers,
    officers_page,
    only_once,
    reason_in,
)
from usi_fed.pages.moderation.views import ROLE_WORDS, path_of, person_row
from usi_fed.sentences import Sentence
from usi_fed.translation import said
from usi_fed.unions.offices_store import governed_only_by

_WORDS = Sentence("must have 1 to %(most)s characters", most=LONGEST_WARNING)
_NAME = Sentence("must be the user name of this account")
_ROLE = Sentence("must be one of those that are offered")

_TOLD_TO_THEM = Sentence(
    "Somebody of this server reads this, and may object to it within 20 days. It stands in the audit log, too: name "
    "nobody else in it."
)
_FOR_THE_LOG = Sentence("For the audit log, which the other moderators read. Name nobody in it.")


@dataclass(frozen=True, slots=True)
class Doing:
    """What a form asks for: about whom or what, by whom, why, and what else was filled in."""

    id: int
    by: int
    reason: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """Something to decide. `title` names it, `meaning` says what happens; `is_grave`: it hurts."""

    title: Sentence
    meaning: Sentence
    run: Callable[[House, Doing], Awaitable[object]]
    is_grave: bool = False
    reason_hint: Sentence = _FOR_THE_LOG
    is_for_administrators: bool = False


def _role_in(doing: Doing) -> Role:
    role = next((one for one in ROLES if one == doing.fields.get("role")), None)
    if role is None:
        raise InvalidInput("role", _ROLE)
    return role


def _blocks(doing: Doing) -> bool:
    """Whether nobody is to join any more with the person's e-mail address."""
    return doing.fields.get("blocks_email") == "1"


def _ticked(doing: Doing) -> set[int]:
    return {number for name in doing.fields if (number := find_id(name.removeprefix("application-"))) is not None}


PERSON_ACTS: dict[str, Act] = {
    "limit": Act(
        Sentence("Limit"),
        Sentence(
            "Whoever follows them goes on reading them. They appear nowhere else: not in public timelines, not in the "
            "conversations of others, not in the news of people who do not follow them."
        ),
        lambda house, doing: house.moderation.silence(doing.id, doing.by, doing.reason),
        reason_hint=_TOLD_TO_THEM,
    ),
    "shut-out": Act(
        Sentence("Shut out"),
        Sentence(
            "Nothing of them is shown here any more. One of ours is signed out everywhere and cannot sign in; what "
            "they wrote is kept for the day when this ends. With somebody of another server, all follows end, both "
            "ways."
        ),
        lambda house, doing: house.moderation.suspend(doing.id, doing.by, doing.reason, blocks_email=_blocks(doing)),
        is_grave=True,
        reason_hint=_TOLD_TO_THEM,
    ),
    "free": Act(
        Sentence("End what was decided"),
        Sentence("They are neither limited nor shut out any more. A rule for their whole server is still felt."),
        lambda house, doing: house.moderation.free(doing.id, doing.by, doing.reason),
    ),
    "disable": Act(
        Sentence("Stop them from signing in"),
        Sentence("They are signed out everywhere and cannot sign in. What they wrote stays where it is."),
        lambda house, doing: house.moderation.disable(doing.id, doing.by, doing.reason),
        is_grave=True,
        reason_hint=_TOLD_TO_THEM,
    ),
    "enable": Act(
        Sentence("Let them sign in again"),
        Sentence("They can sign in with their password as before."),
        lambda house, doing: house.moderation.enable(doing.id, doing.by, doing.reason),
    ),
    "warn": Act(
        Sentence("Warn"),
        Sentence(
            "They read your words when they sign in the next time, and in a mail if they have given an address. Your "
            "name is not told to them."
        ),
        lambda house, doing: house.moderation.warn(doing.id, doing.fields.get("words", ""), doing.by, doing.reason),
    ),
    "role": Act(
        Sentence("Give another role"),
        Sentence(
            "Moderators deal with reports, people and servers. Administrators also give roles and decide about shared "
            "lists of servers. There is always at least one administrator."
        ),
        lambda house, doing: house.moderation.set_role(doing.id, _role_in(doing), doing.by, doing.reason),
    ),
    "applications": Act(
        Sentence("Take back the access of applications"),
        Sentence("They are signed out of the account. Its browsers stay signed in, and its password stays as it is."),
        lambda house, doing: house.moderation.end_applications(doing.id, _ticked(doing), doing.by, doing.reason),
        is_for_administrators=True,
    ),
    "delete": Act(
        Sentence("Delete the account"),
        Sentence(
            "The account goes for good, with all that it wrote, here and on every server that has it. Nobody can take "
            "that back, and nobody can have the name again. To stop somebody for a while, shut them out instead."
        ),
        lambda house, doing: house.moderation.delete(doing.id, doing.by, doing.reason, blocks_email=_blocks(doing)),
        is_grave=True,
        is_for_administrators=True,
    ),
}
_TOLD = Sentence("The author reads this when signing in, and it stands in the audit log.")
POST_ACTS: dict[str, Act] = {
    "delete": Act(
        Sentence("Delete the post"),
        Sentence(
            "The post goes for good, with its pictures. If it was written here, every server that has it is told to "
            "delete it too. If it was written elsewhere, it goes from this server only."
        ),
        lambda house, doing: house.moderation.take_away(doing.id, doing.by, doing.reason),
        is_grave=True,
        reason_hint=_TOLD,
    ),
    "cover": Act(
        Sentence("Cover the pictures"),
        Sentence("People see the pictures and films of the post only after they ask for them."),
        lambda house, doing: house.moderation.cover(doing.id, doing.by, doing.reason),
        reason_hint=_TOLD,
    ),
}


def acts_for(known: Known, member: Member) -> list[tuple[str, str, bool]]:
    """What can be decided about somebody as they stand: name, title, and whether it hurts."""
    actor, account = known.actor, known.account
    is_above = account is not None and ROLES.index(account.role) >= ROLES.index(member.account.role)
    may = {
        "warn": account is not None and not is_above,
        "limit": actor.silenced_at is None and not is_above,
        "shut-out": actor.suspended_at is None and not is_above,
        "free": (actor.silenced_at is not None or actor.suspended_at is not None) and not is_above,
        "disable": account is not None and account.disabled_at is None and not is_above,
        "enable": account is not None and account.disabled_at is not None and not is_above,
        "role": account is not None and member.account.role == "admin",
        "applications": account is not None and member.account.role == "admin" and not is_above,
        "delete": account is not None and member.account.role == "admin" and not is_above,
    }
    gone = actor.deleted_at is not None
    return [
        (name, said(PERSON_ACTS[name].title), PERSON_ACTS[name].is_grave)
        for name, may_do in may.items()
        if may_do and not gone
    ]


# ---- people ----


@for_officers
async def show_person_act(request: Request, member: Member) -> Response:
    """GET /moderation/people/{id}/{act}?report=: what it means, and the form.

    Raises:
        NotFound: there is nobody of this id, or no such act.
    """
    return await _page(request, member, _chosen(PERSON_ACTS, request), request.query_params.get("report", ""))


@form_of_officers
async def act_on_person(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /moderation/people/{id}/{act}: do it, with the reason.

    Raises:
        NotFound: there is nobody of this id, or no such act.
    """
    return await _do(request, member, fields, _chosen(PERSON_ACTS, request))


# ---- posts ----


@for_officers
async def show_post_act(request: Request, member: Member) -> Response:
    """GET /moderation/posts/{id}/{act}?report=

    Raises:
        NotFound: there is no such post for moderators, or no such act.
    """
    return await _page(request, member, _chosen(POST_ACTS, request), request.query_params.get("report", ""))


@form_of_officers
async def act_on_post(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /moderation/posts/{id}/{act}: do it, with the reason.

    Raises:
        NotFound: there is no such post for moderators, or no such act.
    """
    return await _do(request, member, fields, _chosen(POST_ACTS, request))


# ---- both ----


def _chosen(acts: Mapping[str, Act], request: Request) -> Act:
    act = acts.get(request.path_params["act"])
    if act is None:
        raise NotFound("there is no such act")
    return act


async def _do(request: Request, member: Member, fields: dict[str, str], act: Act) -> Response:
    _require_right(act, member)
    known = await _concerned(request)
    problems: dict[str, object] = {}
    reason = reason_in(fields, problems)
    if act is PERSON_ACTS["warn"] and not 1 <= len(fields.get("words", "").strip()) <= LONGEST_WARNING:
        problems["words"] = _WORDS
    if act is PERSON_ACTS["delete"] and fields.get("name", "").strip().lstrip("@").lower() != known.actor.username:
        problems["name"] = _NAME
    if problems:
        return await _page(request, member, act, fields.get("report", ""), problems, fields)
    doing = Doing(parse_id(request.path_params["id"]), member.actor.id, reason, fields)
    try:
        async with only_once(request, member, fields) as is_first:
            if is_first:
                await act.run(house_of(request), doing)
    except InvalidInput as error:
        problems = {error.field: error.problem}
        return await _page(request, member, act, fields.get("report", ""), problems, fields)
    except (Conflict, NotAllowed) as error:
        return await _page(request, member, act, fields.get("report", ""), {"": error}, fields, error.status)
    report = find_id(fields.get("report", ""))
    return done(f"/moderation/reports/{report}" if report else path_of(known.actor))


async def _page(
    request: Request,
    member: Member,
    act: Act,
    report: str,
    problems: dict[str, object] | None = None,
    fields: Mapping[str, str] | None = None,
    status: int = 0,
) -> Response:
    _require_right(act, member)
    known, typed = await _concerned(request), fields or {}
    number = find_id(report)
    role = known.account.role if known.account else "member"
    return await officers_page(
        request,
        "act.html",
        member,
        problems,
        status,
        row=person_row(known, house_of(request).urls.paths),
        title=said(act.title),
        meaning=said(act.meaning),
        reason_hint=said(act.reason_hint),
        is_grave=act.is_grave,
        action=request.url.path,
        back=f"/moderation/reports/{number}" if number else path_of(known.actor),
        report=number or "",
        asks_name=act is PERSON_ACTS["delete"],
        governed=await _governed(request, known) if act is PERSON_ACTS["delete"] else [],
        applications=await _applications(request, known) if act is PERSON_ACTS["applications"] else None,
        has_email=act in (PERSON_ACTS["shut-out"], PERSON_ACTS["delete"])
        and known.account is not None
        and known.account.email is not None,
        blocks_email=typed.get("blocks_email") == "1",
        asks_words=act is PERSON_ACTS["warn"],
        roles={name: said(words) for name, words in ROLE_WORDS.items()} if act is PERSON_ACTS["role"] else {},
        typed={"reason": typed.get("reason", ""), "words": typed.get("words", ""), "role": typed.get("role", role)},
    )


async def _governed(request: Request, known: Known) -> list[str]:
    """The names of the organisations that nobody would govern any more."""
    found = await house_of(request).database.read(governed_only_by, known.actor.id)
    return [one.name or one.username for one in found]


def _require_right(act: Act, member: Member) -> None:
    if act.is_for_administrators and member.account.role != "admin":
        raise NotAllowed(Sentence("Only administrators do this."))


async def _applications(request: Request, known: Known) -> list[ApplicationView]:
    return [application_view(one) for one in await house_of(request).accounts.applications_of(known.actor.id)]


async def _concerned(request: Request) -> Known:
    number, is_post = parse_id(request.path_params["id"]), request.url.path.startswith("/moderation/posts/")

    def read(connection: Connection) -> Known:
        actor = author_of(connection, number) if is_post else get_actor(connection, number)
        return Known(actor, find_account(connection, actor.id))

    return await house_of(request).database.read(read)
