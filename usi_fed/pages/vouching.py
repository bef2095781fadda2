"""Codes on paper: officers make them, people without telephone or e-mail come in with them, members are told."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.model import Account, Notice
from usi_fed.accounts.notices_store import notices_of
from usi_fed.accounts.tickets import form_token, new_secret, written_code
from usi_fed.errors import InvalidInput, NotAllowed, NotFound, TooManyRequests
from usi_fed.moderation.vouching import ACCOUNT_LIFETIME, INVITATION_LIFETIME, require_officer
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.once import Act, once, once_at_browser
from usi_fed.pages.sessions import (
    address_of,
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
from usi_fed.pages.signing_in import destination_of
from usi_fed.pages.verdicts import VERDICT_WORDS, verdicts_for
from usi_fed.sentences import Sentence
from usi_fed.translation import capital, gettext, minute, ngettext, said

_OF_MODERATORS: dict[str, Sentence] = {
    **VERDICT_WORDS,
    "objection-accepted": Sentence("What you wrote about a decision of the moderators was heard: it does not hold."),
    "objection-refused": Sentence("What you wrote about a decision of the moderators was read: it stays."),
}
_NO_CODE = Sentence("This code cannot be used: it was mistyped, is used up or too old. Ask who gave it to you.")


# ---- officers ----


async def show_vouching(request: Request) -> Response:
    """GET /moderation/vouch

    Raises:
        NotAllowed: this is an ordinary member.
    """
    account = await signed_in(request)
    if account is None:
        return log_in_first(request)
    require_officer(account)
    return await _officers_page(request)


async def vouch_for_new(request: Request) -> Response:
    """POST /moderation/vouch/invitation: a code that makes an account.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`; NotAllowed also: this is an ordinary member.
    """
    account, fields = await _officers_form(request)
    return await _once(request, fields, lambda: _vouch_for_new(request, account, fields))


async def _vouch_for_new(request: Request, account: Account, fields: dict[str, str]) -> Response:
    vouching = house_of(request).vouching
    try:
        code = await vouching.for_new(account, fields.get("password", ""), address_of(request))
    except (NotAllowed, TooManyRequests) as error:
        return await _officers_page(request, said(error), error.status)
    return await _code_page(request, code, INVITATION_LIFETIME.days)


async def vouch_for_member(request: Request) -> Response:
    """POST /moderation/vouch/account: a code that lets the member `username` back in.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`; NotAllowed also: this is an ordinary member.
    """
    account, fields = await _officers_form(request)
    return await _once(request, fields, lambda: _vouch_for_member(request, account, fields))


async def _vouch_for_member(request: Request, account: Account, fields: dict[str, str]) -> Response:
    vouching, name = house_of(request).vouching, fields.get("username", "")
    try:
        code = await vouching.for_member(account, name, fields.get("password", ""), address_of(request))
    except (NotAllowed, TooManyRequests) as error:
        return await _officers_page(request, said(error), error.status, name)
    except InvalidInput as error:
        return await _officers_page(request, capital(said(error.problem)), error.status, name)
    return await _code_page(request, code, ACCOUNT_LIFETIME.days)


async def _officers_form(request: Request) -> tuple[Account, dict[str, str]]:
    account, fields = await require_own_form(request)
    require_officer(account)
    return account, fields


async def _once(request: Request, fields: dict[str, str], act: Act) -> Response:
    """Each form has an id: the next one, for somebody else, has all the rest in common with it."""
    return await once(request, session_secret(request), fields, act) if fields.get("once") else await act()


async def _officers_page(request: Request, problem: str = "", status: int = 200, name: str = "") -> Response:
    token = form_token(form_secret(request))
    values = {"form_token": token, "problem": problem, "name": name, "code": "", "once": new_secret()}
    return await html_page(request, "pages/vouching.html", status, is_private=True, **values)


async def _code_page(request: Request, code: str, days: int) -> Response:
    holds = ngettext("It works once, within %(number)s day.", "It works once, within %(number)s days.", days)
    place = f"{house_of(request).urls.origin}/code"
    return await html_page(request, "pages/vouching.html", is_private=True, code=code, holds=holds, place=place)


# ---- people with a code ----


async def show_code_form(request: Request) -> Response:
    """GET /code: where a code on paper is typed."""
    return await _typing_page(request)


async def take_code(request: Request) -> Response:
    """POST /code: on to what the code is for.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    accounts, fields = house_of(request).accounts, await read_form(request)
    if not is_from_us(request, fields):
        return await _typing_page(request, said(web.STALE_FORM), 403)
    code = written_code(fields.get("code", ""))
    if await accounts.find_invitation(code) is not None:
        return RedirectResponse(f"/join/{code}", 303)
    if await accounts.is_vouched_for(code):
        return RedirectResponse(f"/back-in/{code}", 303)
    return await _typing_page(request, said(_NO_CODE), 404)


async def show_back_in(request: Request) -> Response:
    """GET /back-in/{code}: choosing a new password, while the code can still be used."""
    if not await house_of(request).accounts.is_vouched_for(request.path_params["code"]):
        return await _typing_page(request, said(_NO_CODE), 404)
    return await _choosing_page(request)


async def come_back_in(request: Request) -> Response:
    """POST /back-in/{code}: the new password holds, and everything else that signed in does not any more.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    if not is_from_us(request, fields):
        return await _choosing_page(request, said(web.STALE_FORM), 403)
    return await once_at_browser(request, fields, lambda: _come_back_in(request, fields))


async def _come_back_in(request: Request, fields: dict[str, str]) -> Response:
    try:
        await house_of(request).accounts.come_back_in(request.path_params["code"], fields.get("password", ""))
    except InvalidInput as error:
        return await _choosing_page(request, capital(said(error.problem)), error.status)
    except NotFound:
        return await _typing_page(request, said(_NO_CODE), 404)
    return await html_page(request, "pages/new_password.html", is_private=True, is_chosen=True)


async def _typing_page(request: Request, problem: str = "", status: int = 200) -> Response:
    return await _form_page(request, "pages/code_on_paper.html", status, {"problem": problem})


async def _choosing_page(request: Request, problem: str = "", status: int = 200) -> Response:
    values = {"is_chosen": False, "problem": problem, "action": request.url.path}
    return await _form_page(request, "pages/new_password.html", status, values)


async def _form_page(request: Request, template: str, status: int, values: dict[str, object]) -> Response:
    seed = form_seed(request)
    response = await html_page(request, template, status, is_private=True, form_token=form_token(seed), **values)
    return keep_cookie(house_of(request), response, web.FORM, seed)


# ---- what members are told ----


async def show_notices(request: Request) -> Response:
    """GET /account/notices?next=: what happened to the account; at signing in it comes before everything else."""
    account = await signed_in(request)
    if account is None:
        return RedirectResponse(f"/log-in?{urlencode({'next': destination_of(request)})}", 302)
    house = house_of(request)
    notices = await house.database.read(notices_of, account.actor_id)
    told = [(minute(notice.at), _words(notice)) for notice in notices]
    is_strange = any(notice.kind.startswith("voucher") for notice in notices)
    return await html_page(
        request,
        "pages/account_notices.html",
        is_private=True,
        notices=told,
        verdicts=await house.database.read(verdicts_for, account.actor_id, house.clock()),
        onward=destination_of(request),
        is_strange=is_strange,
    )


def _words(notice: Notice) -> str:
    if notice.kind == "voucher-made":
        return gettext(
            "%(officer)s made a code with which you can come back in without your password.", officer=notice.by
        )
    if notice.kind == "way-added":
        return gettext("From now on %(account)s signs in to your account, too.", account=notice.by)
    if notice.kind == "way-removed":
        return gettext("%(account)s does not sign in to your account any more.", account=notice.by)
    if notice.kind == "password-set":
        return gettext("Your account has a password now.")
    if notice.kind in _OF_MODERATORS:
        return _about(notice, _of_moderators(notice))
    return gettext("An officer's code was used: the password is new, and all other ways of signing in have ended.")


def _of_moderators(notice: Notice) -> str:
    if notice.kind == "warned":
        return gettext("A word from the moderators of this server: %(words)s", words=notice.words)
    told = said(_OF_MODERATORS[notice.kind])
    return f"{told} {gettext('Why: %(words)s', words=notice.words)}" if notice.words else told


def _about(notice: Notice, told: str) -> str:
    """What was decided about an organisation says about which."""
    return gettext("About %(account)s: %(words)s", account=notice.by, words=told) if notice.by else told
