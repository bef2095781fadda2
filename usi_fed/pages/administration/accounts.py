"""An account that an administrator makes for somebody who stands beside them. Organisations are founded, see there."""

import secrets
from collections.abc import Mapping

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.tickets import new_secret
from usi_fed.actors.service import LONGEST_NAME
from usi_fed.actors.usernames import parse_username
from usi_fed.errors import Conflict, InvalidInput
from usi_fed.moderation.log_store import log_act
from usi_fed.pages.account.owner import account_page
from usi_fed.pages.administration.administrators import for_administrators, form_of_administrators
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.once import once
from usi_fed.pages.sessions import session_secret
from usi_fed.sentences import Sentence
from usi_fed.text.plain import clean_name

HERE = "/administration/accounts"
_TAKEN = Sentence("is taken: choose another")


@for_administrators
async def show_accounts(request: Request, member: Member) -> Response:
    """GET /administration/accounts: the form."""
    return await _page(request, {})


@form_of_administrators
async def make_account(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/accounts: make it, and show its password; the same form makes one, and shows it again."""
    return await once(request, session_secret(request), fields, lambda: _make(request, member.actor.id, fields))


async def _make(request: Request, by: int, fields: dict[str, str]) -> Response:
    house, password = house_of(request), secrets.token_urlsafe(12)
    try:
        name = clean_name(fields.get("name", ""), LONGEST_NAME)
        username = parse_username(fields.get("username", "").strip().lstrip("@"))
        draft = await house.actors.prepare_local(username, name=name)

        def add(connection: Connection) -> int:
            actor_id = draft(connection)
            log_act(connection, by, "account make", f"@{username}", house.clock(), kind="person")
            return actor_id

        await house.accounts.create(add, password, email=fields.get("email", "").strip() or None)
    except InvalidInput as error:
        return await _page(request, fields, {error.field: error.problem})
    except Conflict:  # a name that is taken has been told by `prepare_local`
        return await _page(request, fields, {"email": _TAKEN})
    return await _page(request, {}, made=(f"@{username}", password))


async def _page(
    request: Request,
    typed: Mapping[str, str],
    problems: Mapping[str, object] | None = None,
    made: tuple[str, str] | None = None,
) -> Response:
    told = {{"display name": "name"}.get(field, field): problem for field, problem in (problems or {}).items()}
    names = ("username", "name", "email")
    return await account_page(
        request,
        "administration/accounts.html",
        told,
        typed={name: typed.get(name, "") for name in names},
        made=made,
        once=new_secret(),
    )
