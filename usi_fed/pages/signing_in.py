"""Signing in, for our own pages and for applications alike: `/log-in?next=` and the steps behind it.

An application's consent page (`/oauth/authorize`) sends people here and gets them back through `next`. Phanpy opens it
in a pop-up that must keep its opener, so these pages send no Cross-Origin-Opener-Policy
(`../shared/mastodon-api/clients.md` section 1).
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.service import KeptOut
from usi_fed.accounts.signing_in import HalfSignedIn, Outcome
from usi_fed.accounts.tickets import form_token, is_form_token
from usi_fed.errors import NotAllowed, NotFound, TooManyRequests
from usi_fed.onion import is_by_onion
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.interaction import local_path
from usi_fed.pages.once import once
from usi_fed.pages.sessions import client_of, cookie_of, form_seed, is_from_us, keep_cookie, read_form, signed_in
from usi_fed.pages.verdicts import show_kept_out
from usi_fed.translation import said


async def show_log_in(request: Request) -> Response:
    """GET /log-in?next=: the form, or straight on when somebody is signed in and does not want to be somebody else."""
    if await signed_in(request) is not None and "again" not in request.query_params:
        return RedirectResponse(destination_of(request), 303)
    return await log_in_page(request)


async def log_in(request: Request) -> Response:
    """POST /log-in: check the password, then go on to where somebody wanted to go, or to the second step.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    login = fields.get("login", "")
    if not is_from_us(request, fields):
        return await log_in_page(request, said(web.STALE_FORM), 403, login)
    signing_in = house_of(request).signing_in
    try:
        outcome = await signing_in.with_password(login, fields.get("password", ""), client_of(request))
    except KeptOut as error:
        told = await show_kept_out(request, error)
        return told or await log_in_page(request, said(error), error.status, login)
    except (NotAllowed, TooManyRequests) as error:
        return await log_in_page(request, said(error), error.status, login)
    return go_on(request, outcome)


async def show_code(request: Request) -> Response:
    """GET /log-in/code?next=: the second step, for who has made the first."""
    if not await house_of(request).signing_in.is_half_signed_in(cookie_of(request, web.STEPS)):
        return RedirectResponse(_address(request, "/log-in"), 303)
    return await _code_page(request)


async def check_code(request: Request) -> Response:
    """POST /log-in/code: check the code of the telephone, then go on.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    secret = cookie_of(request, web.STEPS)
    if not secret or not is_form_token(fields.get("form_token", ""), secret):
        return await log_in_page(request, said(web.STALE_FORM), 403)
    return await once(request, secret, fields, lambda: _check(request, secret, fields.get("code", "")))


async def _check(request: Request, secret: str, code: str) -> Response:
    try:
        outcome = await house_of(request).signing_in.with_code(secret, code, client_of(request))
    except NotFound as error:
        return await log_in_page(request, said(error), 403)
    except (NotAllowed, TooManyRequests) as error:
        return await _code_page(request, said(error), error.status)
    return go_on(request, outcome)


def go_on(request: Request, outcome: Outcome, destination: str | None = None) -> Response:
    """To where somebody wanted to go, signed in; or to the second step. Without a `destination` it is `?next=`."""
    house = house_of(request)
    wanted = destination_of(request) if destination is None else local_path(destination)
    if isinstance(outcome, HalfSignedIn):
        to_code = RedirectResponse(_with_next("/log-in/code", wanted), 303)
        return keep_cookie(house, to_code, web.STEPS, outcome.secret)
    onward = _with_next("/account/notices", wanted) if outcome.has_news else wanted
    response = keep_cookie(house, RedirectResponse(onward, 303), web.SESSION, outcome.secret)
    return keep_cookie(house, response, web.STEPS, "") if cookie_of(request, web.STEPS) else response


def destination_of(request: Request) -> str:
    """The page of ours that somebody wanted to see before signing in."""
    return local_path(request.query_params.get("next", ""))


async def log_in_page(request: Request, problem: str = "", status: int = 200, login: str = "") -> Response:
    """The first step, with what was typed before and what is wrong with it."""
    house = house_of(request)
    seed = form_seed(request)
    response = await html_page(
        request,
        "oauth/log_in.html",
        status,
        is_private=True,
        action=_address(request, "/log-in"),
        form_token=form_token(seed),
        problem=problem,
        login=login,
        may_recover=house.recovery.is_possible,
        may_join=house.joining.is_possible,
        by_passkey=_address(request, "/log-in/passkey") if house.passkeys.is_possible else "",
        # The way back from elsewhere leads to the usual name.
        by_account="" if is_by_onion() else _address(request, "/log-in/elsewhere"),
        providers=() if is_by_onion() else house.elsewhere.services.providers,
        by_link=_address(request, "/log-in/link") if house.mailed_links.is_possible else "",
    )
    return keep_cookie(house, keeping_opener(response), web.FORM, seed)


def keeping_opener(response: Response) -> Response:
    """A page that an application may open in a pop-up and wait for."""
    del response.headers["Cross-Origin-Opener-Policy"]
    return response


async def _code_page(request: Request, problem: str = "", status: int = 200) -> Response:
    response = await html_page(
        request,
        "oauth/code_of_telephone.html",
        status,
        is_private=True,
        action=_address(request, "/log-in/code"),
        form_token=form_token(cookie_of(request, web.STEPS)),
        problem=problem,
    )
    return keeping_opener(response)


def _address(request: Request, path: str) -> str:
    return _with_next(path, destination_of(request))


def _with_next(path: str, destination: str) -> str:
    return f"{path}?{urlencode({'next': destination})}"
