"""What needs two people in an organisation: proposed by one officer, confirmed or refused by another."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.clock import iso
from usi_fed.db.ids import parse_id
from usi_fed.db.paging import Window
from usi_fed.errors import Conflict, InvalidInput, NotFound
from usi_fed.pages.answers import older_than
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.views import older_of
from usi_fed.pages.organisations.standing import Standing, done, for_house, form_of_house, house_page, problem_of
from usi_fed.pages.views import When
from usi_fed.portability.sheets import CONTACT_SHEETS
from usi_fed.sentences import Sentence
from usi_fed.translation import minute, said
from usi_fed.unions.model import Proposal
from usi_fed.unions.proposals import Acts, holders, may_take_out, require_export
from usi_fed.unions.proposals_store import proposals_page

PAGE_SIZE = 20
_OFFERED = Sentence("must be one of those that are offered")
STATES = {
    "done": Sentence("Done"),
    "refused": Sentence("Not done"),
    "lapsed": Sentence("Nobody confirmed it in time"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A proposal. `others` is how many may confirm it now, `may_confirm` whether who looks at it is one of them."""

    id: int
    does: str
    about: str
    by: str
    when: When
    until: When
    decided_by: str
    state: str
    is_open: bool
    others: int
    may_confirm: bool


@for_house
async def show_proposals(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/proposals?max_id=: of each act for those who may do it."""
    return await _page(request, member, standing, {})


@form_of_house
async def act_on_proposals(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/proposals: the button `act`: confirm, refuse, or propose a `kind`.

    Raises:
        NotFound: it does not wait any more.
        NotAllowed: the member's office does not suffice, or they proposed it themselves.
    """
    house, organisation_id, by = house_of(request), standing.organisation.id, member.person.id
    try:
        match fields.get("act"):
            case "propose":
                url = {"url": fields.get("url", "")} if fields.get("kind") == "payment" else {}
                await house.unions.propose(organisation_id, fields.get("kind", ""), url, by)
            case "confirm":
                made = await house.unions.confirm(organisation_id, parse_id(fields.get("proposal", "")), by)
                if made.kind == "delete":
                    return RedirectResponse("/organisations/offers?done=1", 303)
            case "refuse":
                await house.unions.refuse(organisation_id, parse_id(fields.get("proposal", "")), by)
            case _:
                raise InvalidInput("", _OFFERED)
    except InvalidInput as error:
        return await _page(request, member, standing, fields, {error.field: error.problem})
    except Conflict as error:
        return await _page(request, member, standing, fields, problem_of(error))
    return done(f"{standing.home}/proposals")


@for_house
async def take_out(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/contacts/{sheet}: a list of people, for a day after two have agreed to take it out.

    Raises:
        NotFound: there is no such list.
        NotAllowed: nobody has agreed to it.
    """
    house, name = house_of(request), str(request.path_params["sheet"])
    if name not in CONTACT_SHEETS:
        raise NotFound("no such list")
    organisation_id = standing.organisation.id
    await house.database.read(require_export, organisation_id, member.person.id, house.clock())
    pieces = [piece async for piece in house.sheets.write(name, organisation_id)]
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(b"".join(pieces), headers=headers, media_type="text/csv; charset=utf-8")


async def _page(
    request: Request,
    member: Member,
    standing: Standing,
    typed: Mapping[str, str],
    problems: Mapping[str, object] | None = None,
) -> Response:
    house, organisation_id = house_of(request), standing.organisation.id
    window, acts = Window(max_id=older_than(request), limit=PAGE_SIZE), house.unions.acts

    def read(connection: Connection) -> tuple[list[Row], list[int], bool]:
        found = proposals_page(connection, organisation_id, window)
        people = find_actors(
            connection, {who for one in found for who in (one.proposed_by, one.decided_by) if who is not None}
        )
        rows = [
            _row(connection, one, acts, people, standing, member.person.id, house)
            for one in found
            if one.kind in acts and (standing.may(acts[one.kind].permission) or standing.is_administrator)
        ]
        may_fetch = may_take_out(connection, organisation_id, member.person.id, house.clock())
        return rows, [one.id for one in found], may_fetch

    rows, ids, may_fetch = await house.database.read(read)
    return await house_page(
        request,
        "proposals.html",
        standing,
        problems,
        waiting=[row for row in rows if row.is_open],
        settled=[row for row in rows if not row.is_open],
        older=older_of(ids, PAGE_SIZE),
        is_first=window.max_id is None,
        sheets=list(CONTACT_SHEETS) if may_fetch else [],
        typed={"url": typed.get("url", standing.about.payment_url or "")},
    )


def _row(
    connection: Connection,
    one: Proposal,
    acts: Acts,
    people: Mapping[int, Actor],
    standing: Standing,
    me: int,
    house: House,
) -> Row:
    act = acts[one.kind]
    is_open = one.state == "open" and one.expires_at > house.clock()
    return Row(
        id=one.id,
        does=said(act.words),
        about=str(one.payload.get("url", "")),
        by=_named(one.proposed_by, people),
        when=When(iso(one.proposed_at), minute(one.proposed_at)),
        until=When(iso(one.expires_at), minute(one.expires_at)),
        decided_by=_named(one.decided_by, people),
        state=said(STATES.get(one.state if one.state != "open" else "lapsed", "")),
        is_open=is_open,
        others=len(holders(connection, one.organisation_id, act) - {one.proposed_by}) if is_open else 0,
        may_confirm=is_open and one.proposed_by != me and standing.may(act.permission),
    )


def _named(actor_id: int | None, people: Mapping[int, Actor]) -> str:
    actor = people.get(actor_id or 0)
    return f"@{actor.handle}" if actor is not None else ""
