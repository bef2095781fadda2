"""To whom an organisation belongs and who belongs to it: asking, answering and ending, for its officers."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.model import Actor
from usi_fed.db.ids import parse_id
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound
from usi_fed.inbox.resolving import NOT_TO_BE_HAD, is_address, parse_typed_handle
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.pages.organisations.attested import AttestedView, find_attested
from usi_fed.pages.organisations.standing import Standing, done, for_house, form_of_house, house_page, problem_of
from usi_fed.pages.views import PersonView, person_view
from usi_fed.sentences import Sentence
from usi_fed.translation import day, said
from usi_fed.unions.affiliating import APPROVERS, LONGEST_REASON
from usi_fed.unions.model import Affiliation, AffiliationState

LONGEST_HANDLE = 500
_NOBODY = Sentence("must be a union or a federation, by its name (@name@server) or its address")
_UNREACHABLE = Sentence("cannot be found or does not answer now")
_OFFERED = Sentence("must be one of those that are offered")

# What an affiliation is at the moment, for who asked and for who was asked.
_ASKED: Mapping[AffiliationState, Sentence] = {
    "offered": Sentence("Asked, and not answered yet"),
    "expired": Sentence("Not answered in time"),
    "refused": Sentence("Refused"),
    "accepted": Sentence("Attested"),
    "withdrawn": Sentence("Not attested any more"),
    "left": Sentence("Ended by us"),
}
_ANSWERED: Mapping[AffiliationState, Sentence] = {
    **_ASKED,
    "offered": Sentence("Waits for your answer"),
    "refused": Sentence("Refused by us"),
    "withdrawn": Sentence("Withdrawn by us"),
    "left": Sentence("Ended by them"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """How our organisation and another one stand. `attested` is known of the other where we are to decide."""

    id: int
    other: PersonView
    domain: str
    state: AffiliationState
    words: str
    since: str
    expires: str
    reason: str
    attested: AttestedView | None = None


@for_house
async def show_affiliations(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/affiliations"""
    return await _page(request, standing, {})


@form_of_house
async def act_on_affiliations(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/affiliations: the button `act`."""
    try:
        await _act(house_of(request), member.actor.id, standing, fields)
    except InvalidInput as error:
        field = "approver" if error.field in ("approver", "subject") else error.field
        return await _page(request, standing, fields, {field: error.problem})
    except Conflict as error:
        return await _page(request, standing, fields, problem_of(error))
    return done(f"{standing.home}/affiliations")


async def _act(house: House, by: int, standing: Standing, fields: dict[str, str]) -> None:
    if not standing.may("affiliate"):
        raise NotAllowed(Sentence("Your office in this organisation does not give you this right."))
    act, reason = fields.get("act"), fields.get("reason", "")
    if act == "ask":
        approver = await find_union(house, fields.get("approver", ""), "approver")
        await house.affiliations.offer(standing.organisation.id, approver.id, by)
        return
    known = await house.affiliations.get(parse_id(fields.get("affiliation", "")))
    is_subject = act == "leave"
    if standing.organisation.id != (known.subject_id if is_subject else known.approver_id):
        raise NotFound("no such affiliation of this organisation")
    match act:
        case "leave":
            await house.affiliations.leave(known.id, by)
        case "accept":
            await house.affiliations.accept(known.id, by)
        case "refuse":
            await house.affiliations.refuse(known.id, by, reason)
        case "withdraw":
            await house.affiliations.withdraw(known.id, by, reason)
        case _:
            raise InvalidInput("", _OFFERED)


async def find_union(house: House, typed: str, field: str) -> Actor:
    """Whom somebody names by handle or address, here or, asked now, at its own server.

    Raises:
        InvalidInput: it is nobody, or cannot be had; about `field`.
    """
    named = typed.replace("\0", "").strip()[:LONGEST_HANDLE]
    try:
        if is_address(named):
            found: object = await house.resolver.fetch_address(named)
        else:
            handle = parse_typed_handle(named, house.urls)
            found = None if handle is None else await house.resolver.fetch_person(handle)
    except NotFound as error:
        raise InvalidInput(field, _NOBODY) from error
    except NOT_TO_BE_HAD as error:
        raise InvalidInput(field, _UNREACHABLE) from error
    if not isinstance(found, Actor) or found.concealed or found.is_shut_out:
        raise InvalidInput(field, _NOBODY)
    return found


async def _page(
    request: Request, standing: Standing, typed: dict[str, str], problems: Mapping[str, object] | None = None
) -> Response:
    house, organisation = house_of(request), standing.organisation
    is_shown = standing.may("read")
    asked_by = await house.affiliations.asked_by(organisation.id) if is_shown else []
    asked_of = await house.affiliations.asked_of(organisation.id) if is_shown else []
    waiting = [await _judged(house, one, other) for one, other in asked_of if one.state == "offered"]
    answered = [
        _row(house, one, other, _ANSWERED) for one, other in asked_of if one.state not in ("offered", "expired")
    ]
    return await house_page(
        request,
        "affiliations.html",
        standing,
        problems,
        is_shown=is_shown,
        attested=await find_attested(house, organisation),
        asked=[_row(house, one, other, _ASKED) for one, other in asked_by],
        waiting=waiting,
        members=[row for row in answered if row.state == "accepted"],
        others=[row for row in answered if row.state != "accepted"],
        may_approve=standing.about.kind in APPROVERS,
        longest_reason=LONGEST_REASON,
        typed={"approver": typed.get("approver", "")},
    )


async def _judged(house: House, affiliation: Affiliation, other: Actor) -> Row:
    attested = await find_attested(house, other, with_unattested=True)
    return _row(house, affiliation, other, _ANSWERED, attested)


def _row(
    house: House,
    affiliation: Affiliation,
    other: Actor,
    words: Mapping[AffiliationState, Sentence],
    attested: AttestedView | None = None,
) -> Row:
    return Row(
        id=affiliation.id,
        other=person_view(other, house.urls.paths),
        domain=other.domain or house.urls.handles,
        state=affiliation.state,
        words=said(words[affiliation.state]),
        since=day(affiliation.since),
        expires=day(affiliation.expires_at),
        reason=affiliation.reason,
        attested=attested,
    )
