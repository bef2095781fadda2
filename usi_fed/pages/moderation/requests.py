"""Who waits to join: the queue, and yes or no to each."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.join_requests_store import count_requests, get_request, requests_page
from usi_fed.accounts.model import JoinRequest
from usi_fed.db.ids import parse_id
from usi_fed.db.paging import Window
from usi_fed.errors import Conflict, InvalidInput, NotFound
from usi_fed.moderation.model import Decision
from usi_fed.pages.answers import older_than
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.officers import done, for_officers, form_of_officers, officers_page, reason_in
from usi_fed.pages.moderation.views import older_of
from usi_fed.sentences import Sentence
from usi_fed.translation import gettext, minute

PAGE = "/moderation/waiting"
PAGE_SIZE = 20
_GONE = Sentence("Somebody else has decided about this already.")


@for_officers
async def show_waiting(request: Request, member: Member) -> Response:
    """GET /moderation/waiting: who asks for an account, newest first."""
    return await _page(request, member)


@for_officers
async def show_one_waiting(request: Request, member: Member) -> Response:
    """GET /moderation/waiting/{id}: one of them, with the two buttons.

    Raises:
        NotFound: nobody waits under this number any more.
    """
    one = await house_of(request).database.read(get_request, parse_id(request.path_params["id"]))
    return await _one_page(request, member, one)


@form_of_officers
async def decide(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /moderation/waiting/{id}: `act` is approve or reject, with a reason.

    Raises:
        InvalidInput: there is no such button.
        NotFound: there never was such a number.
    """
    house, number = house_of(request), parse_id(request.path_params["id"])
    try:
        one = await house.database.read(get_request, number)
    except NotFound:
        return await _page(request, member, {"": _GONE}, 409)
    problems: dict[str, object] = {}
    reason = reason_in(fields, problems)
    if problems:
        return await _one_page(request, member, one, problems, fields.get("reason", ""))
    decision, act = Decision(member.actor.id, reason), fields.get("act")
    try:
        if act == "approve":
            await house.approving.approve(number, decision)
        elif act == "reject":
            await house.approving.reject(number, decision)
        else:
            raise InvalidInput("act", "must be approve or reject")
    except Conflict as error:
        return await _one_page(request, member, one, {"": error}, reason, error.status)
    except NotFound:
        return await _page(request, member, {"": _GONE}, 409)
    return done(PAGE)


async def _page(
    request: Request, member: Member, problems: dict[str, object] | None = None, status: int = 0
) -> Response:
    house = house_of(request)
    window = Window(max_id=older_than(request), limit=PAGE_SIZE)

    def read(connection: Connection) -> tuple[list[JoinRequest], int]:
        return requests_page(connection, window), count_requests(connection)

    found, total = await house.database.read(read)
    return await officers_page(
        request,
        "waiting.html",
        member,
        problems,
        status,
        waiting=[(one, minute(one.created_at)) for one in found],
        total=total,
        registrations=house.instance.face.choices.registrations,
        handles=house.urls.handles,
        older=older_of([one.id for one in found], PAGE_SIZE),
        is_first=window.max_id is None,
    )


async def _one_page(
    request: Request,
    member: Member,
    one: JoinRequest,
    problems: dict[str, object] | None = None,
    reason: str = "",
    status: int = 0,
) -> Response:
    return await officers_page(
        request,
        "waiting_one.html",
        member,
        problems,
        status,
        one=one,
        moment=minute(one.created_at),
        handles=house_of(request).urls.handles,
        title=gettext("@%(name)s wants to join", name=one.username),
        reason=reason,
    )
