"""A second password, as its owner sees it: /account/second-password. The page does not tell whether there is one."""

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.model import Account
from usi_fed.accounts.tickets import form_token
from usi_fed.errors import InvalidInput, NotAllowed, TooManyRequests
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import address_of, form_secret, log_in_first, require_own_form, signed_in
from usi_fed.sentences import Sentence
from usi_fed.translation import capital, day, gettext, said

PAGE = "/account/second-password"


async def show_second_password(request: Request) -> Response:
    """GET /account/second-password"""
    account = await signed_in(request)
    return log_in_first(request) if account is None else await _page(request)


async def set_second_password(request: Request) -> Response:
    """POST /account/second-password: let `second` open an empty account, for who knows the password.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    second = fields.get("second", "")
    try:
        await _prove(request, account, fields)
        if second == fields.get("password"):
            raise InvalidInput("second", Sentence("must differ from your password"))
        await house_of(request).second_passwords.set(account.actor_id, second)
    except (NotAllowed, TooManyRequests) as error:
        return await _page(request, said(error), error.status)
    except InvalidInput as error:
        return await _page(request, capital(said(error.problem)), error.status)
    return await _page(request, done=gettext("From now on it opens the account in which nothing of yours is found."))


async def forget_second_password(request: Request) -> Response:
    """POST /account/second-password/forget: let none open it any more, for who knows the password.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    try:
        await _prove(request, account, fields)
    except (NotAllowed, TooManyRequests) as error:
        return await _page(request, said(error), error.status)
    await house_of(request).second_passwords.forget(account.actor_id)
    return await _page(request, done=gettext("No second password opens anything."))


async def show_use(request: Request) -> Response:
    """POST /account/second-password/use: when it was used last, for who knows the password; it changes nothing.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    try:
        await _prove(request, account, fields)
    except (NotAllowed, TooManyRequests) as error:
        return await _page(request, said(error), error.status)
    used = await house_of(request).second_passwords.last_use(account.actor_id)
    told = gettext("It was used last on %(day)s.", day=day(used)) if used else gettext("It was never used.")
    return await _page(request, done=told)


async def _prove(request: Request, account: Account, fields: dict[str, str]) -> None:
    accounts = house_of(request).accounts
    await accounts.confirm(account, fields.get("password", ""), address_of(request))


async def _page(request: Request, problem: str = "", status: int = 200, done: str = "") -> Response:
    values = {"form_token": form_token(form_secret(request)), "problem": problem, "done": done}
    return await html_page(request, "pages/second_password.html", status, is_private=True, **values)
