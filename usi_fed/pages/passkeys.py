"""Passkeys: signing in with one (/log-in/passkey), and one's own (/account/passkeys).

The only pages with a script: a browser asks a device in no other way.
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.model import Account
from usi_fed.accounts.tickets import form_token
from usi_fed.actors.store import get_actor
from usi_fed.db.ids import find_id
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooManyRequests
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.sessions import (
    address_of,
    client_of,
    cookie_of,
    form_secret,
    form_seed,
    is_from_us,
    keep_cookie,
    log_in_first,
    read_form,
    require_own_form,
    session_secret,
    signed_in,
)
from usi_fed.pages.signing_in import destination_of, go_on, keeping_opener
from usi_fed.translation import capital, month, said

PAGE = "/account/passkeys"


# ---- signing in ----


async def show_signing_in(request: Request) -> Response:
    """GET /log-in/passkey?next=

    Raises:
        NotFound: browsers offer no passkeys here.
    """
    return await _signing_in_page(request)


async def sign_in(request: Request) -> Response:
    """POST /log-in/passkey: take the device's answer, then go on to where somebody wanted to go.

    Raises:
        NotFound: browsers offer no passkeys here.
        InvalidInput, TooLarge: what came is not our form.
    """
    house, fields = _house(request), await read_form(request)
    if not is_from_us(request, fields):
        return await _signing_in_page(request, said(web.STALE_FORM), 403)
    seed = cookie_of(request, web.FORM)
    try:
        outcome = await house.passkeys.sign_in(seed, fields.get("answer", ""), client_of(request))
    except (NotAllowed, TooManyRequests) as error:
        return await _signing_in_page(request, said(error), error.status)
    return go_on(request, outcome)


async def _signing_in_page(request: Request, problem: str = "", status: int = 200) -> Response:
    house, seed = _house(request), form_seed(request)
    response = await html_page(
        request,
        "oauth/passkey.html",
        status,
        is_private=True,
        action=f"/log-in/passkey?{urlencode({'next': destination_of(request)})}",
        form_token=form_token(seed),
        options=house.passkeys.request_options(seed),
        problem=problem,
    )
    return keep_cookie(house, keeping_opener(_with_script(response)), web.FORM, seed)


# ---- one's own ----


async def show_passkeys(request: Request) -> Response:
    """GET /account/passkeys

    Raises:
        NotFound: browsers offer no passkeys here.
    """
    account = await signed_in(request)
    return log_in_first(request) if account is None else await _own_page(request, account)


async def add_passkey(request: Request) -> Response:
    """POST /account/passkeys: keep the device's new key, for who knows the password.

    Raises:
        NotFound: browsers offer no passkeys here.
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    house, secret = _house(request), session_secret(request)
    name, answer = fields.get("name", ""), fields.get("answer", "")
    try:
        await house.accounts.confirm(account, fields.get("password", ""), address_of(request))
        await house.passkeys.register(account.actor_id, secret, answer, name)
    except InvalidInput as error:
        return await _own_page(request, account, capital(said(error.problem)), error.status, name)
    except (NotAllowed, TooManyRequests, Conflict) as error:
        return await _own_page(request, account, said(error), error.status, name)
    return RedirectResponse(PAGE, 303)


async def rename_passkey(request: Request) -> Response:
    """POST /account/passkeys/rename: call the one that `passkey` names `name`.

    Raises:
        NotFound: browsers offer no passkeys here.
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    try:
        await _house(request).passkeys.rename(account.actor_id, _number(fields), fields.get("name", ""))
    except InvalidInput as error:
        return await _own_page(request, account, capital(said(error.problem)), error.status)
    return RedirectResponse(PAGE, 303)


async def remove_passkey(request: Request) -> Response:
    """POST /account/passkeys/remove: forget the one that `passkey` names.

    Raises:
        NotFound: browsers offer no passkeys here.
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`; InvalidInput also: `passkey` names none.
    """
    account, fields = await require_own_form(request)
    await _house(request).passkeys.remove(account.actor_id, _number(fields))
    return RedirectResponse(PAGE, 303)


async def _own_page(
    request: Request, account: Account, problem: str = "", status: int = 200, name: str = ""
) -> Response:
    house, secret = _house(request), session_secret(request)
    actor = await house.database.read(get_actor, account.actor_id)
    handle = f"@{actor.username}@{house.urls.handles}"
    response = await html_page(
        request,
        "pages/passkeys.html",
        status,
        is_private=True,
        form_token=form_token(form_secret(request)),
        options=await house.passkeys.creation_options(account.actor_id, handle, secret),
        passkeys=[(key.id, key.name, month(key.created_at)) for key in await house.passkeys.of(account.actor_id)],
        problem=problem,
        name=name,
    )
    return _with_script(response)


def _with_script(response: Response) -> Response:
    """A page on which our own script may run, and no other."""
    response.headers["Content-Security-Policy"] = web.content_policy(runs_scripts=True)
    return response


def _number(fields: dict[str, str]) -> int:
    found = find_id(fields.get("passkey", ""))
    if found is None:
        raise InvalidInput("passkey", "must be the number of a passkey on the page")
    return found


def _house(request: Request) -> House:
    house = house_of(request)
    if not house.passkeys.is_possible:
        raise NotFound("browsers offer no passkeys here")
    return house
