"""The page on which a person lets an application act for them. No scripts, plain forms.

Phanpy opens it in a pop-up that must keep its opener, so it sends no Cross-Origin-Opener-Policy
(`../shared/mastodon-api/clients.md` section 1).
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sqlalchemy import Connection

from usi_fed import web
from usi_fed.accounts.authorization import (
    OUT_OF_BAND,
    Answer,
    Consent,
    Consenter,
    ConsentRefused,
    answer_consent,
    origin_of,
    read_consent,
)
from usi_fed.accounts.model import Account, Session
from usi_fed.accounts.scope_words import words_of
from usi_fed.accounts.tickets import form_token, is_form_token
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.api.call import Call, Reply
from usi_fed.api.methods import Method, for_browsers
from usi_fed.db.ids import parse_id
from usi_fed.errors import NotAllowed, NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.translation import said, speaking
from usi_fed.unions.acting import NO_RIGHT, find_office, offices_of

# What an authorization request consists of; anything else in the query is dropped.
REQUEST_FIELDS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_TRUE = ("true", "1", "t", "on")


async def show_authorize(call: Call) -> Reply:
    """GET /oauth/authorize: who is signed in is asked for consent; anybody else signs in first and comes back."""
    fields = await _strings(call)
    asked = _request_fields(fields)
    try:
        consent = await call.house.database.read(read_consent, asked, call.house.clock())
    except ConsentRefused as refusal:
        return _refused(call, refusal)
    secret, account, session = await _signed_in(call)
    if account is None or fields.get("force_login", "").lower() in _TRUE:
        return _to_log_in(asked, is_forced=account is not None)
    acting_as = session.acting_as if session is not None else None
    return await _consent_page(call, asked, consent, account, secret, acting_as)


async def decide(call: Call) -> Reply:
    """POST /oauth/authorize: the person's answer to the consent page."""
    fields = await _strings(call)
    asked = _request_fields(fields)
    secret, account, _ = await _signed_in(call)
    if account is None or not is_form_token(fields.get("form_token", ""), secret):
        return Reply(b"", 303, [("Location", _consent_address(asked)), *_PAGE_HEADERS])
    chosen = fields.get("as", "") if fields.get("decision") == "allow" else None
    try:
        answer = await call.house.database.write(_decide, asked, account.actor_id, chosen, call.house.clock())
    except ConsentRefused as refusal:
        return _refused(call, refusal)
    except (NotAllowed, NotFound):
        return _page(call, "refused.html", 403, problem=said(NO_RIGHT))
    location = dict(answer.headers)["Location"]
    if location.startswith(OUT_OF_BAND):
        return _code_page(call, location)
    return _redirect(answer, location)


# ---- the pages ----


def _to_log_in(asked: dict[str, str], *, is_forced: bool) -> Reply:
    """To the log-in page of everybody (`pages/signing_in.py`), and from there back to the consent page."""
    query = {"next": _consent_address(asked)} | ({"again": "1"} if is_forced else {})
    return Reply(b"", 302, [("Location", f"/log-in?{urlencode(query)}"), *_PAGE_HEADERS])


def _consent_address(asked: dict[str, str]) -> str:
    return f"/oauth/authorize?{urlencode(asked)}"


async def _consent_page(
    call: Call, asked: dict[str, str], consent: Consent, account: Account, secret: str, acting_as: int | None
) -> Reply:
    actor, organisations = await call.house.database.read(_whose, account.actor_id)
    return _page(
        call,
        "consent.html",
        200,
        form_target=_form_target(consent.redirect_uri),
        fields=asked,
        form_token=form_token(secret),
        application=consent.application,
        host=urlsplit(consent.redirect_uri).hostname or "",
        wishes=words_of(consent.scopes),
        handle=f"@{actor.username}@{call.house.urls.handles}",
        name=actor.name or actor.username,
        organisations=[(one.id, one.name or one.username, f"@{one.username}") for one in organisations],
        acting_as=acting_as,
        other_account=_consent_address(asked | {"force_login": "true"}),
    )


def _code_page(call: Call, location: str) -> Reply:
    found = parse_qs(urlsplit(location).query)
    code = found.get("code", [""])[0]
    return _page(call, "code.html" if code else "denied.html", 200, code=code)


def _refused(call: Call, refusal: ConsentRefused) -> Reply:
    if refusal.location and not refusal.location.startswith(OUT_OF_BAND):
        return Reply(b"", 302, [("Location", refusal.location), *_PAGE_HEADERS])
    return _page(call, "refused.html", 400, problem=said(refusal))


def _redirect(answer: Answer, location: str) -> Reply:
    return Reply(b"", answer.status, [("Location", location), *_PAGE_HEADERS])


_PAGE_HEADERS = [*web.PAGE_HEADERS.items(), ("Cache-Control", "no-store")]


def _page(call: Call, template: str, status: int, *, form_target: str = "", **values: Any) -> Reply:  # noqa: ANN401
    face = call.house.instance.face
    body = web.page(f"oauth/{template}", server=face.name, face=face, **values)
    return Reply(body, status, [("Content-Security-Policy", web.content_policy(form_target)), *_PAGE_HEADERS])


def _form_target(redirect_uri: str) -> str:
    """Where the consent form may lead besides here: Chromium holds a redirect after a form to `form-action`."""
    scheme = urlsplit(redirect_uri).scheme
    if scheme in ("http", "https"):
        return origin_of(redirect_uri) or ""
    return "" if redirect_uri == OUT_OF_BAND else f"{scheme}:"


# ---- cookies and fields ----


def _cookie(call: Call, name: str) -> str:
    return web.cookie_name(call.house.settings, name)


async def _signed_in(call: Call) -> tuple[str, Account | None, Session | None]:
    """The session's secret, whose it is, and the session."""
    secret = call.request.cookies.get(_cookie(call, web.SESSION), "")
    found = await call.house.accounts.find_browser(secret) if secret else None
    return (secret, *found) if found is not None else (secret, None, None)


async def _strings(call: Call) -> dict[str, str]:
    return {name: value for name, value in (await call.fields()).items() if isinstance(value, str)}


def _request_fields(fields: dict[str, str]) -> dict[str, str]:
    return {name: fields[name] for name in REQUEST_FIELDS if fields.get(name)}


def _spoken(page: Callable[[Call], Awaitable[Reply]]) -> Callable[[Call], Awaitable[Reply]]:
    """A page in the language of whoever opens it."""

    @wraps(page)
    async def answer(call: Call) -> Reply:
        _, account, _ = await _signed_in(call)
        accepted = call.request.headers.get("accept-language", "")
        own, usual = account.locale if account else None, call.house.instance.face.usual_reader
        with speaking(web.reader_of(call.house.settings, usual, call.request.cookies, accepted, own)):
            return await page(call)

    return answer


# ---- units of work ----


def _whose(connection: Connection, person_id: int) -> tuple[Actor, list[Actor]]:
    """For whom somebody can let an application act: themselves, and organisations in which they hold an office."""
    return get_actor(connection, person_id), [one.organisation for one in offices_of(connection, person_id)]


def _decide(connection: Connection, asked: dict[str, str], person_id: int, chosen: str | None, now: datetime) -> Answer:
    """Somebody's answer: `chosen` is an organisation's number, "" for themselves, None for a refusal.

    Raises:
        ConsentRefused: the request does not hold.
        NotAllowed, NotFound: they hold no office in such an organisation.
    """
    if not chosen:
        return answer_consent(connection, asked, None if chosen is None else Consenter(person_id), now)
    office = find_office(connection, person_id, parse_id(chosen))
    if office is None:
        raise NotAllowed(NO_RIGHT)
    organisation = office.organisation
    answer = answer_consent(connection, asked, Consenter(organisation.id, person_id), now)
    target = f"@{organisation.handle}"
    log_act(connection, person_id, "acting application", target, now, organisation.id, by=target)
    return answer


METHODS: list[Method] = [
    for_browsers("GET", "/oauth/authorize", _spoken(show_authorize)),
    for_browsers("POST", "/oauth/authorize", _spoken(decide)),
]
