"""Who is signed in at this browser, and forms that only our own pages can send."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.model import Account
from usi_fed.accounts.signing_in import Client
from usi_fed.accounts.tickets import form_token, is_form_token, new_secret
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.deputies import Deputy
from usi_fed.errors import InvalidInput, NotAllowed, TooLarge
from usi_fed.groups.reports_store import open_reports_for
from usi_fed.pages.house import House, house_of
from usi_fed.posts.drafts_store import failed_drafts
from usi_fed.timelines.markers_store import markers_of
from usi_fed.timelines.notifications_store import count_after
from usi_fed.translation import Reader
from usi_fed.unions.acting import Office, find_office
from usi_fed.unions.offices_store import standing_of

MOST_FORM_BYTES = 256 << 10
MOST_FIELDS = 1000
MOST_NEWS = 100
_FORM_TYPE = "application/x-www-form-urlencoded"


class StaleForm(NotAllowed):
    """A form that was on no page that we made for this session: too old, of another session, or of another site."""

    def __init__(self) -> None:
        super().__init__(web.STALE_FORM)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form said, for the page from which it can be sent again (`late_forms`)."""

    texts: dict[str, str]
    has_files: bool = False


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, for the head of a page; `form_token` is for the small forms that stand on every page.

    `news` is how many notifications are unread, at most 100. `is_officer`: a moderator or administrator;
    `is_administrator` opens the pages about the server. `person` is the user name of who acts for the organisation that
    the rest is about, "" of people who act for themselves. `serves`: they hold offices in organisations.
    """

    name: str
    page: str
    form_token: str
    news: int
    is_officer: bool = False
    is_administrator: bool = False
    person: str = ""
    serves: bool = False


async def find_visitor(request: Request) -> Visitor | None:
    """Who looks at a page; costs nothing for strangers."""
    shown: Visitor | None = getattr(request.state, "visitor", None)  # on a stage, see `stages/`
    if shown is not None:
        return shown
    account = await signed_in(request)
    if account is None:
        return None
    house = house_of(request)
    office, role = office_of(request), account.role
    acting, moment = None if office is None else office.organisation, house.clock()
    person, news, serves = await house.database.read(_head, account.actor_id, acting, moment)
    actor = acting or person
    return Visitor(
        actor.username,
        house.urls.paths.profile(actor.username),
        form_token(form_secret(request)),
        news,
        is_officer=role != "member",
        is_administrator=role == "admin",
        person="" if acting is None else person.username,
        serves=serves,
    )


async def find_reader(request: Request) -> Reader:
    """In which language a page speaks to whoever asks for it."""
    account = await signed_in(request)
    accepted = request.headers.get("accept-language", "")
    house = house_of(request)
    own = account.locale if account else getattr(request.state, "locale", None)  # on a stage, see `stages/`
    return web.reader_of(house.settings, house.instance.face.usual_reader, request.cookies, accepted, own)


async def signed_in(request: Request) -> Account | None:
    """Whose session this browser has, if any; asked for once in a request."""
    if not hasattr(request.state, "account"):
        secret = session_secret(request)
        found = await house_of(request).accounts.find_browser(secret) if secret else None
        request.state.office = None
        if found is not None and found[1].acting_as is not None:
            request.state.office = await _office(house_of(request), secret, found[0].actor_id, found[1].acting_as)
        request.state.account = found[0] if found is not None else None
    account: Account | None = request.state.account
    return account


async def _office(house: House, secret: str, person_id: int, organisation_id: int) -> Office | None:
    """In which office somebody acts; who holds it no longer is themselves again from this request on."""
    office = await house.database.read(find_office, person_id, organisation_id)
    if office is None:
        await house.unions.end_acting(secret, person_id, organisation_id)
    return office


def office_of(request: Request) -> Office | None:
    """In which office whoever is signed in acts for an organisation, if they do; known after `signed_in`."""
    office: Office | None = getattr(request.state, "office", None)
    return office


async def find_deputy(request: Request) -> Deputy | None:
    """Who acts for an organisation at this browser, if anybody."""
    account = await signed_in(request)
    office = office_of(request)
    return Deputy(account.actor_id, office.organisation.id) if account is not None and office is not None else None


def session_secret(request: Request) -> str:
    """What this browser's session cookie holds, if anything."""
    return cookie_of(request, web.SESSION)


def form_secret(request: Request) -> str:
    """What the forms of this session are made with: of whoever acts in it now, themselves or an organisation.

    So what somebody began to write as one of them is never sent as the other, whatever they choose in another tab.
    """
    office = office_of(request)
    return f"{session_secret(request)}{f':as:{office.organisation.id}' if office is not None else ''}"


def cookie_of(request: Request, name: str) -> str:
    """What a cookie of ours holds at this browser, if anything."""
    return request.cookies.get(web.cookie_name(house_of(request).settings, name), "")


def log_in_first(request: Request, status: int = 302) -> Response:
    """To the log-in page and, from there, back to the page that somebody asked for."""
    here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return RedirectResponse(f"/log-in?{urlencode({'next': here})}", status)


async def require_own_form(request: Request) -> tuple[Account, dict[str, str]]:
    """Whose session this is, and what the form that they sent says.

    Raises:
        StaleForm: nobody is signed in, or the form was on no page that we made for this session.
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    account = await signed_in(request)
    if account is None or not is_of_this_session(request, fields):
        raise StaleForm()
    return account, fields


def user_agent(request: Request) -> str:
    """What this browser says that it is."""
    return request.headers.get("user-agent", "")


def address_of(request: Request) -> str:
    """The network address that asks; for limits only, it is not kept."""
    return request.client.host if request.client else ""


def client_of(request: Request) -> Client:
    """Who asks, as signing in wants to know it."""
    return Client(address_of(request), user_agent(request))


def form_seed(request: Request) -> str:
    """The secret in this browser's form cookie, or a new one."""
    return cookie_of(request, web.FORM) or new_secret()


def is_from_us(request: Request, fields: dict[str, str]) -> bool:
    """Whether a form was on a page that we made for this browser."""
    seed = cookie_of(request, web.FORM)
    return bool(seed) and is_form_token(fields.get("form_token", ""), seed)


def is_of_this_session(request: Request, fields: dict[str, str]) -> bool:
    """Whether a form was on a page that we made for whoever is signed in here, and acts as they do now."""
    is_form = is_form_token(fields.get("form_token", ""), form_secret(request))
    return bool(session_secret(request)) and is_form


async def read_form(request: Request) -> dict[str, str]:
    """What a form sent.

    Raises:
        InvalidInput: it is not a plain form.
        TooLarge: it is larger than 256 KiB (a letter may take twelve bytes here) or has more than 1,000 fields.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        raise InvalidInput("", "the form was not sent as a form")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_FORM_BYTES:
            raise TooLarge("a form of more than 256 KiB")
    if body.count(b"&") >= MOST_FIELDS:
        raise TooLarge("a form of more than 1,000 fields")
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    fields = {name: value.replace("\0", "") for name, value in pairs}
    request.state.sent = Sent(fields)
    return fields


def keep_cookie(house: House, response: Response, name: str, value: str) -> Response:
    """The response with a cookie of ours; an empty value takes it away."""
    response.headers.append("Set-Cookie", web.cookie(house.settings, name, value))
    return response


def _head(connection: Connection, person_id: int, acting: Actor | None, now: datetime) -> tuple[Actor, int, bool]:
    """Who is signed in, how much is new to whom they act as, and whether they hold offices."""
    actor_id = person_id if acting is None else acting.id
    marker = next(iter(markers_of(connection, actor_id, ["notifications"])), None)
    news = count_after(connection, actor_id, marker.last_read_id if marker else 0, MOST_NEWS)
    # What was not published at its time stays new until its author has looked after it, and what was asked until it
    # is answered. Nobody asks an organisation, and who acts for one holds an office.
    offers, serves = standing_of(connection, person_id, now) if acting is None else (0, True)
    news += len(failed_drafts(connection, actor_id)) + offers
    if serves and acting is None:
        news += sum(number for _, number in open_reports_for(connection, person_id))
    return get_actor(connection, person_id), news, serves
