"""With what somebody signs in: /account/ways. Accounts elsewhere, linked and unlinked; a first password."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.accounts.linked_store import LinkedAccount
from usi_fed.accounts.model import Account
from usi_fed.accounts.tickets import form_token
from usi_fed.db.ids import find_id
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, TooManyRequests
from usi_fed.pages.answers import html_page
from usi_fed.pages.elsewhere import WAYS, chosen_service, departure_page
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import address_of, form_secret, log_in_first, require_own_form, session_secret, signed_in
from usi_fed.translation import capital, gettext, month, said


async def show_ways(request: Request) -> Response:
    """GET /account/ways"""
    account = await signed_in(request)
    return log_in_first(request) if account is None else await _page(request, account)


async def link(request: Request) -> Response:
    """POST /account/ways/link: send who knows the password to a service, which opens the account from then on.

    Raises:
        NotFound: the service is none that the operator has set.
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    typed = fields.get("server", "")
    try:
        await _require_owner(request, account, fields)
        service = await chosen_service(request, fields)
        destination = await house_of(request).elsewhere.set_out(
            service,
            "link",
            session_secret(request),
            address_of(request),
            destination=WAYS,
            actor_id=account.actor_id,
        )
    except InvalidInput as error:
        return await _page(request, account, {"server": capital(said(error.problem))}, error.status, typed)
    except (NotAllowed, TooManyRequests) as error:
        return await _page(request, account, {"link": said(error)}, error.status, typed)
    return await departure_page(request, destination)


async def unlink(request: Request) -> Response:
    """POST /account/ways/remove: forget the account elsewhere that `linked` names, for who knows the password.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`; InvalidInput also: `linked` names none.
    """
    account, fields = await require_own_form(request)
    linked_id = find_id(fields.get("linked", ""))
    if linked_id is None:
        raise InvalidInput("linked", "must be the number of an account on the page")
    try:
        await _require_owner(request, account, fields)
        await house_of(request).ways.remove(account.actor_id, linked_id)
    except (NotAllowed, TooManyRequests, Conflict) as error:
        return await _page(request, account, {"linked": said(error)}, error.status)
    return RedirectResponse(WAYS, 303)


async def set_password(request: Request) -> Response:
    """POST /account/ways/password: a first password, for who has just signed in.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    try:
        if account.password_hash is None:
            await _require_owner(request, account, fields)
        await house_of(request).ways.set_first_password(account.actor_id, fields.get("password", ""))
    except InvalidInput as error:
        return await _page(request, account, {"password": capital(said(error.problem))}, error.status)
    except (NotAllowed, TooManyRequests, Conflict) as error:
        return await _page(request, account, {"password": said(error)}, error.status)
    return RedirectResponse(WAYS, 303)


async def _require_owner(request: Request, account: Account, fields: dict[str, str]) -> None:
    ways, secret = house_of(request).ways, session_secret(request)
    await ways.require_owner(account, fields.get("password", ""), secret, address_of(request))


async def _page(
    request: Request,
    account: Account,
    problems: dict[str, str] | None = None,
    status: int = 200,
    typed: str = "",
) -> Response:
    """The page; `problems` by the part that has them: link, server, linked, password."""
    house, secret = house_of(request), session_secret(request)
    return await html_page(
        request,
        "pages/sign_in_ways.html",
        status,
        is_private=True,
        form_token=form_token(form_secret(request)),
        has_password=account.password_hash is not None,
        is_fresh=await house.ways.is_fresh(secret),
        linked=[_view(request, one) for one in await house.ways.linked_of(account.actor_id)],
        providers=house.elsewhere.services.providers,
        has_passkeys=house.passkeys.is_possible,
        problems=problems or {},
        typed=typed,
    )


def _view(request: Request, linked: LinkedAccount) -> tuple[int, str, str, bool]:
    """Number, name, since when, and whether it works as things are."""
    since = gettext("since %(month)s", month=month(linked.created_at))
    return linked.id, linked.label, since, house_of(request).elsewhere.services.is_usable(linked)
