"""Where somebody is signed in and which applications act for them: /account/sessions. Ending one, or all of it."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.browsers import day_of
from usi_fed.accounts.model import IssuedToken, Session
from usi_fed.accounts.scope_words import words_of
from usi_fed.accounts.tickets import form_token, hash_of
from usi_fed.db.ids import find_id
from usi_fed.errors import InvalidInput
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import form_secret, keep_cookie, log_in_first, require_own_form, session_secret, signed_in
from usi_fed.sentences import Sentence
from usi_fed.translation import gettext, month, ngettext, said

PAGE = "/account/sessions"
A_WEEK = 7

# Proper names, the same in every language.
_BROWSERS = {
    "firefox": "Firefox",
    "edge": "Edge",
    "opera": "Opera",
    "samsung": "Samsung Internet",
    "chrome": "Chrome",
    "safari": "Safari",
}
_SYSTEMS = {
    "android": "Android",
    "ios": "iOS",
    "windows": "Windows",
    "macos": "macOS",
    "chromeos": "ChromeOS",
    "linux": "Linux",
}
_UNKNOWN = Sentence("A browser")


@dataclass(frozen=True, slots=True)
class SessionView:
    """A browser that is signed in; `key` names it in a form and opens nothing."""

    key: str
    browser: str
    used: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application that may act for somebody; `key` names its token in a form and opens nothing.

    `organisation` is the user name of the one in whose name it acts, "" when that is the person themselves.
    """

    key: str
    name: str
    wishes: tuple[str, ...]
    since: str
    organisation: str


async def show_sessions(request: Request) -> Response:
    """GET /account/sessions"""
    account = await signed_in(request)
    if account is None:
        return log_in_first(request)
    house = house_of(request)
    secret, now = session_secret(request), house.clock()
    sessions = await house.accounts.sessions_of(account.actor_id)
    applications = await house.accounts.applications_of(account.actor_id)
    return await html_page(
        request,
        "pages/sessions.html",
        is_private=True,
        form_token=form_token(form_secret(request)),
        has_passkeys=house.passkeys.is_possible,
        sessions=[_session_view(session, hash_of(secret), now) for session in sessions],
        applications=[application_view(token) for token in applications],
    )


async def end_session(request: Request) -> Response:
    """POST /account/sessions/end: sign out the browser that `session` names.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    key = fields.get("session", "")
    await house_of(request).accounts.end_session(account.actor_id, key)
    is_this = key == hash_of(session_secret(request))
    return _signed_out(request) if is_this else RedirectResponse(PAGE, 303)


async def end_all(request: Request) -> Response:
    """POST /account/sessions/end-all: sign out every browser and, with `applications`, every application too.

    Raises:
        NotAllowed, InvalidInput, TooLarge: as `require_own_form`.
    """
    account, fields = await require_own_form(request)
    await house_of(request).accounts.sign_out_everywhere(account.actor_id, applications="applications" in fields)
    return _signed_out(request)


async def end_application(request: Request) -> Response:
    """POST /account/applications/end: take back what the application that `token` names may do.

    Raises:
        NotAllowed, TooLarge: as `require_own_form`.
        InvalidInput: as there, or `token` names none.
    """
    account, fields = await require_own_form(request)
    token_id = find_id(fields.get("token", ""))
    if token_id is None:
        raise InvalidInput("token", "must be the number of an application on the page")
    await house_of(request).accounts.end_application(account.actor_id, token_id)
    return RedirectResponse(f"{PAGE}#applications", 303)


def _signed_out(request: Request) -> Response:
    return keep_cookie(house_of(request), RedirectResponse("/", 303), web.SESSION, "")


def _session_view(session: Session, this: str, now: datetime) -> SessionView:
    used_on = session.used_on or day_of(session.created_at)
    return SessionView(
        session.token_hash, _browser(session.browser), _used((day_of(now) - used_on).days), session.token_hash == this
    )


def _browser(family: str | None) -> str:
    browser, _, system = (family or "").partition("/")
    if browser not in _BROWSERS or system not in _SYSTEMS:
        return said(_UNKNOWN)
    return gettext("%(browser)s on %(system)s", browser=_BROWSERS[browser], system=_SYSTEMS[system])


def _used(days: int) -> str:
    if days <= 0:
        return gettext("used today")
    if days < A_WEEK:
        return ngettext("used %(number)s day ago", "used %(number)s days ago", days)
    return gettext("not used for a week or longer")


def application_view(token: IssuedToken) -> ApplicationView:
    """A token as its owner, or an administrator, sees it."""
    return ApplicationView(
        key=str(token.id),
        name=token.application or gettext("A program of whoever runs this server"),
        wishes=tuple(words_of(token.scopes.split())),
        since=gettext("since %(month)s", month=month(token.created_at)),
        organisation=(token.username or "") if token.person_id is not None else "",
    )
