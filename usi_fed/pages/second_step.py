"""The second step of signing in, as its owner sees it: /account/second-step. On, off, recovery codes."""

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.accounts.model import Account
from usi_fed.accounts.second_step import address_for_telephone
from usi_fed.accounts.tickets import form_token
from usi_fed.actors.store import get_actor
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, TooManyRequests
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.once import once
from usi_fed.pages.sessions import address_of, form_secret, log_in_first, require_own_form, session_secret, signed_in
from usi_fed.translation import capital, said

PAGE = "/account/second-step"
SET_UP = f"{PAGE}/set-up"


async def show_second_step(request: Request) -> Response:
    """GET /account/second-step: whether there is one, and what can be done about it."""
    account = await signed_in(request)
    return log_in_first(request) if account is None else await _state_page(request, account)


async def begin(request: Request) -> Response:
    """POST /account/second-step: make a secret for the telephone, for who knows the password.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    house = house_of(request)
    try:
        await house.accounts.confirm(account, fields.get("password", ""), address_of(request))
        await house.second_steps.begin(account.actor_id)
    except (NotAllowed, TooManyRequests, Conflict) as error:
        return await _state_page(request, account, said(error), error.status)
    return RedirectResponse(SET_UP, 303)


async def show_set_up(request: Request) -> Response:
    """GET /account/second-step/set-up: the QR code, as long as the telephone has not answered."""
    account = await signed_in(request)
    return log_in_first(request) if account is None else await _set_up_page(request, account)


async def confirm(request: Request) -> Response:
    """POST /account/second-step/set-up: the telephone's first code switches the second step on.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    return await once(request, session_secret(request), fields, lambda: _confirm(request, account, fields))


async def _confirm(request: Request, account: Account, fields: dict[str, str]) -> Response:
    try:
        codes = await house_of(request).second_steps.confirm(account.actor_id, fields.get("code", ""))
    except InvalidInput as error:
        return await _set_up_page(request, account, capital(said(error.problem)), error.status)
    return await _codes_page(request, codes)


async def renew_codes(request: Request) -> Response:
    """POST /account/second-step/codes: new recovery codes, for who knows the password.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    house = house_of(request)
    try:
        await house.accounts.confirm(account, fields.get("password", ""), address_of(request))
    except (NotAllowed, TooManyRequests) as error:
        return await _state_page(request, account, said(error), error.status)
    if not await house.second_steps.is_on(account.actor_id):
        return RedirectResponse(PAGE, 303)
    return await _codes_page(request, await house.second_steps.renew_codes(account.actor_id))


async def end(request: Request) -> Response:
    """POST /account/second-step/end: switch it off, for who knows the password.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    house = house_of(request)
    try:
        await house.accounts.confirm(account, fields.get("password", ""), address_of(request))
    except (NotAllowed, TooManyRequests) as error:
        return await _state_page(request, account, said(error), error.status)
    await house.second_steps.end(account.actor_id)
    return RedirectResponse(PAGE, 303)


async def _state_page(request: Request, account: Account, problem: str = "", status: int = 200) -> Response:
    second_steps = house_of(request).second_steps
    return await html_page(
        request,
        "pages/second_step.html",
        status,
        is_private=True,
        form_token=form_token(form_secret(request)),
        is_on=await second_steps.is_on(account.actor_id),
        codes_left=await second_steps.codes_left(account.actor_id),
        problem=problem,
    )


async def _set_up_page(request: Request, account: Account, problem: str = "", status: int = 200) -> Response:
    house = house_of(request)
    secret = await house.second_steps.drafted_secret(account.actor_id)
    if secret is None:
        return RedirectResponse(PAGE, 303)
    actor = await house.database.read(get_actor, account.actor_id)
    handle = f"{actor.username}@{house.urls.handles}"
    return await html_page(
        request,
        "pages/second_step_set_up.html",
        status,
        is_private=True,
        form_token=form_token(form_secret(request)),
        picture=_qr(address_for_telephone(secret, handle, house.instance.face.name)),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        problem=problem,
    )


async def _codes_page(request: Request, codes: list[str]) -> Response:
    return await html_page(request, "pages/second_step_codes.html", is_private=True, codes=codes)


def _qr(address: str) -> Markup:
    """A QR code as SVG: black on white in the dark, too, for not every telephone reads one that is turned round."""
    code = segno.make(address, error="m", micro=False)
    picture = code.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False)
    return Markup(picture)  # noqa: S704 - made of squares
