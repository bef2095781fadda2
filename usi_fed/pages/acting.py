"""Choosing as whom one goes on: as oneself, or as an organisation in which one holds an office."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.db.ids import find_id
from usi_fed.errors import InvalidInput
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member, for_oneself, form_of_oneself
from usi_fed.pages.sessions import office_of, session_secret
from usi_fed.pages.views import PersonView, person_view
from usi_fed.translation import said
from usi_fed.unions.acting import Office, offices_of
from usi_fed.unions.role_words import ROLE_WORDS

PAGE = "/acting"


@dataclass(frozen=True, slots=True)
class OfficeView:
    """An organisation for which somebody may act, and as what."""

    organisation: PersonView
    username: str
    roles: tuple[str, ...]
    may_publish: bool
    is_chosen: bool


@for_oneself
async def show_acting(request: Request, member: Member) -> Response:
    """GET /acting: the organisations for which the member may act."""
    house, office = house_of(request), office_of(request)
    chosen = office.organisation.id if office is not None else 0
    offices = await house.database.read(offices_of, member.person.id)
    return await html_page(
        request,
        "pages/acting.html",
        is_private=True,
        place="acting",
        offices=[_view(house, one, chosen) for one in offices],
        has_deleted="deleted" in request.query_params,
    )


@form_of_oneself
async def choose(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /acting: go on as the organisation that `as` names, or with an empty `as` as oneself.

    Raises:
        InvalidInput: it names nothing.
        NotAllowed: no office of the member's gives that right.
    """
    house, secret, office = house_of(request), session_secret(request), office_of(request)
    wanted = fields.get("as")
    organisation_id = find_id(wanted or "")
    if wanted is None or (wanted and organisation_id is None):
        raise InvalidInput("as", "must be the number of an organisation, or nothing")
    if office is not None and organisation_id != office.organisation.id:
        await house.unions.end_acting(secret, member.person.id, office.organisation.id)
    if organisation_id is not None:
        await house.unions.begin_acting(secret, member.person.id, organisation_id)
    return RedirectResponse("/home", 303)


def _view(house: House, office: Office, chosen: int) -> OfficeView:
    return OfficeView(
        organisation=person_view(office.organisation, house.urls.paths),
        username=office.organisation.username,
        roles=tuple(said(ROLE_WORDS[role]) for role in office.roles),
        may_publish="publish" in office.permissions,
        is_chosen=office.organisation.id == chosen,
    )
