"""The keys with which sealed notes are closed for somebody: /account/sealing. Their own, whomever they act for."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.errors import InvalidInput, NotAllowed, TooManyRequests
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_oneself, form_of_oneself
from usi_fed.pages.once import once
from usi_fed.pages.sessions import address_of, session_secret
from usi_fed.sealed.service import SHORTEST_PASSPHRASE
from usi_fed.sentences import Sentence
from usi_fed.translation import capital, said

PAGE = "/account/sealing"


@for_oneself
async def show_sealing(request: Request, member: Member) -> Response:
    """GET /account/sealing"""
    return await _page(request, member)


@form_of_oneself
async def act_on_sealing(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /account/sealing: `act` makes keys or changes the passphrase. What is typed is kept nowhere.

    The answer of before that the same form gets again says nothing but that it was done.
    """

    async def act() -> Response:
        try:
            await _do(request, member, fields)
        except (InvalidInput, NotAllowed, TooManyRequests) as error:
            field = error.field if isinstance(error, InvalidInput) else ""
            problem = error.problem if isinstance(error, InvalidInput) else said(error)
            return await _page(request, member, {field: capital(said(problem))}, error.status)
        return RedirectResponse(f"{PAGE}?done=1", 303)

    return await once(request, session_secret(request), fields, act)


async def _do(request: Request, member: Member, fields: Mapping[str, str]) -> None:
    house, person_id = house_of(request), member.actor.id
    passphrase = fields.get("passphrase", "")
    if passphrase != fields.get("again", ""):
        raise InvalidInput("again", Sentence("must be the same as the passphrase above"))
    if fields.get("act") == "change":
        await house.sealed_notes.change_passphrase(person_id, fields.get("old", ""), passphrase)
        return
    await house.accounts.confirm(member.account, fields.get("password", ""), address_of(request))
    if await house.sealed_notes.has_key(person_id) and "replace" not in fields:
        raise InvalidInput("replace", Sentence("tick that you know what is lost"))
    await house.sealed_notes.make_key(person_id, passphrase)


async def _page(
    request: Request, member: Member, problems: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    return await html_page(
        request,
        "account/sealing.html",
        status,
        is_private=True,
        problems=problems or {},
        is_saved=request.method == "GET" and "done" in request.query_params,
        has_key=await house_of(request).sealed_notes.has_key(member.actor.id),
        is_new="new" in request.query_params,
        least=SHORTEST_PASSPHRASE,
    )
