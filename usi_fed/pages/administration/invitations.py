"""Invitations: a link with which people join. Administrators see all; members their own, where members may invite."""

import re
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.accounts.model import Invitation, Role
from usi_fed.accounts.store import open_invitations
from usi_fed.accounts.tickets import new_secret
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.errors import InvalidInput, NotAllowed
from usi_fed.pages.account.owner import account_page
from usi_fed.pages.administration.administrators import for_administrators, form_of_administrators
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member, for_oneself, form_of_oneself
from usi_fed.pages.once import form_key
from usi_fed.pages.qr import qr_svg
from usi_fed.sentences import Sentence
from usi_fed.text.plain import clean_name
from usi_fed.translation import LANGUAGES, find_language, minute
from usi_fed.unions.offices_store import organisations_served_by
from usi_fed.unions.roles import permissions_of

OF_ADMINISTRATORS, OF_MEMBERS = "/administration/invitations", "/invitations"
MOST_USES, MOST_DAYS, LONGEST_NOTE = 1000, 365, 100
MOST_USES_OF_MEMBERS, MOST_DAYS_OF_MEMBERS = 10, 30
NO_INVITATION: dict[str, Any] = {"wish": {}, "key": "", "link": "", "qr": "", "served": []}
_OVER = Sentence("This invitation was made before, and is used up or has ended. Make a new one.")
_ROLES: tuple[Role, ...] = ("member", "moderator")
_KEY = re.compile(r"[\w-]{20,64}")
_TEXTS = {"uses": "1", "days": "7", "note": "", "locale": "", "role": "member", "organisation": ""}


# ---- administrators ----


@for_administrators
async def show_all(request: Request, member: Member) -> Response:
    """GET /administration/invitations: the form, and every invitation that still holds."""
    return await _page(request, member)


@form_of_administrators
async def make_any(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/invitations: an invitation, whose link is shown once; the same form makes one only."""
    return await _make(request, member, fields)


@form_of_administrators
async def end_any(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/invitations/end: nobody joins with the invitation `which` any more."""
    await house_of(request).administration.end_invitation(fields.get("which", ""), member.actor.id)
    return RedirectResponse(f"{OF_ADMINISTRATORS}?saved=1", 303)


# ---- members ----


@for_oneself
async def show_own(request: Request, member: Member) -> Response:
    """GET /invitations: the same for who may invite, with their own invitations.

    Raises:
        NotAllowed: only officers invite here.
    """
    _require_inviter(request, member)
    return await _page(request, member)


@form_of_oneself
async def make_own(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /invitations

    Raises:
        NotAllowed: only officers invite here.
    """
    _require_inviter(request, member)
    return await _make(request, member, fields)


@form_of_oneself
async def end_own(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /invitations/end: an invitation of one's own ends; another's stays as it is."""
    await house_of(request).administration.end_invitation(fields.get("which", ""), member.actor.id, only_own=True)
    return RedirectResponse(f"{OF_MEMBERS}?saved=1", 303)


def may_invite(house: House, member: Member) -> bool:
    """Whether somebody may invite others: officers, and everybody where that was chosen."""
    return member.account.role != "member" or house.instance.face.choices.inviters == "everybody"


def _require_inviter(request: Request, member: Member) -> None:
    if not may_invite(house_of(request), member):
        raise NotAllowed(Sentence("On this server the administrators and moderators invite. Ask one of them."))


# ---- making ----


async def _make(request: Request, member: Member, fields: dict[str, str]) -> Response:
    try:
        link = await make_from(request, member, fields)
    except InvalidInput as error:
        return await _page(request, member, fields, {error.field: error.problem})
    return await _page(request, member, fields, link=link)


async def make_from(request: Request, member: Member, fields: dict[str, str]) -> str:
    """Make the invitation that a form says; its link, which is the same when the very same form comes twice.

    Raises:
        InvalidInput: something in the form cannot be.
    """
    house, invitation = house_of(request), _parse(member, fields)
    moment = house.clock()
    named = fields.get("organisation", "")
    if named:
        invitation = invitation._replace(organisation_id=await _organisation(house, member, named))
    kept = invitation._replace(expires_at=moment + timedelta(days=int(fields["days"])), created_at=moment)
    key = fields.get("key", "")
    name = key if _KEY.fullmatch(key) else new_secret()
    code = house.urls.link_token(f"invitation:{member.actor.id}:{name}:{form_key(request, fields)}")
    await house.administration.invite(kept, code, member.actor.id)
    if await house.accounts.find_invitation(code) is None:
        raise InvalidInput("", _OVER)
    return f"{house.urls.origin}/join/{code}"


def _parse(member: Member, fields: dict[str, str]) -> Invitation:
    """The invitation, still without its code and its moments."""
    is_administrator = member.account.role == "admin"
    uses = _number(fields, "uses", MOST_USES if is_administrator else MOST_USES_OF_MEMBERS)
    _number(fields, "days", MOST_DAYS if is_administrator else MOST_DAYS_OF_MEMBERS)
    locale = fields.get("locale", "")
    if locale and locale not in LANGUAGES:
        raise InvalidInput("locale", Sentence("must be one of those that are offered"))
    role = next((one for one in _ROLES if one == fields.get("role", "member")), None)
    if role is None or (role != "member" and not is_administrator):
        raise InvalidInput("role", Sentence("must be one of those that are offered"))
    note = clean_name(fields.get("note", ""), LONGEST_NOTE)
    never = member.account.created_at
    return Invitation("", member.actor.id, role, uses, never, never, note, locale)


async def _organisation(house: House, member: Member, named: str) -> int:
    """In whose name the invitation is: of an organisation that this member lets people into."""
    served = await house.database.read(organisations_of_inviter, member.actor.id)
    found = next((one.id for one in served if one.username == named), None)
    if found is None:
        raise InvalidInput("organisation", Sentence("must be one of those that are offered"))
    return found


def organisations_of_inviter(connection: Connection, person_id: int) -> list[Actor]:
    """Those in whose name somebody may invite: they admit their members, and everybody may know of them."""
    served = organisations_served_by(connection, person_id)
    return [one for one, roles in served if "admit" in permissions_of(roles) and not one.concealed]


def _number(fields: dict[str, str], name: str, most: int) -> int:
    text = fields.get(name, "").strip()
    number = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 1 <= number <= most:
        raise InvalidInput(name, Sentence("must be a whole number from 1 to %(most)s", most=most))
    return number


# ---- showing ----


def invitation_values(fields: dict[str, str], member: Member, link: str) -> dict[str, Any]:
    """What the form for an invitation shows, and the link that was made with its QR code."""
    is_administrator = member.account.role == "admin"
    return {
        "wish": {name: _TEXTS[name] if link else fields.get(name, _TEXTS[name]) for name in _TEXTS},
        "key": new_secret() if link or not fields.get("key") else fields["key"],
        "link": link,
        "served": [],
        "qr": Markup(qr_svg(link).decode()) if link else "",  # noqa: S704 - made of squares
        "most": {
            "uses": MOST_USES if is_administrator else MOST_USES_OF_MEMBERS,
            "days": MOST_DAYS if is_administrator else MOST_DAYS_OF_MEMBERS,
            "note": LONGEST_NOTE,
        },
    }


async def _page(
    request: Request,
    member: Member,
    fields: dict[str, str] | None = None,
    problems: dict[str, object] | None = None,
    link: str = "",
) -> Response:
    house, is_all = house_of(request), request.url.path.startswith(OF_ADMINISTRATORS)
    found, people = await house.database.read(_read, house.clock(), None if is_all else member.actor.id)
    served = await house.database.read(organisations_of_inviter, member.actor.id)
    rows = [_row(one, people) for one in found]
    page = OF_ADMINISTRATORS if is_all else OF_MEMBERS
    values: dict[str, Any] = {"rows": rows, "page": page, "is_all": is_all and member.account.role == "admin"}
    values |= invitation_values(fields or {}, member, link)
    values["served"] = [(one.username, one.name or one.username) for one in served]
    return await account_page(request, "administration/invitations.html", problems, **values)


def _read(connection: Connection, now: datetime, invited_by: int | None) -> tuple[list[Invitation], dict[int, Actor]]:
    found = open_invitations(connection, now, invited_by)
    named = {one.invited_by for one in found} | {one.organisation_id for one in found}
    return found, find_actors(connection, {actor_id for actor_id in named if actor_id is not None})


def _row(one: Invitation, people: dict[int, Actor]) -> dict[str, Any]:
    by, language = people.get(one.invited_by or 0), find_language(one.locale)
    organisation = people.get(one.organisation_id or 0)
    return {
        "which": one.code_hash,
        "note": one.note,
        "uses": one.uses_left,
        "until": minute(one.expires_at),
        "by": f"@{by.username}" if by else "",
        "organisation": organisation.name or organisation.username if organisation else "",
        "language": language.name if language else "",
        "role": one.role,
    }
