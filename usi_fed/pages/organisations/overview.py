"""The house of an organisation: what waits in it, and who did what in its name."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.db.paging import Window
from usi_fed.groups.reports_store import open_group_reports
from usi_fed.groups.store import count_in_state
from usi_fed.moderation.log_store import Filter, log_page
from usi_fed.moderation.model import LogEntry
from usi_fed.pages.answers import older_than
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.log import PAGE_SIZE, line_of
from usi_fed.pages.moderation.views import older_of
from usi_fed.pages.organisations.queue import MOST_REPORTS
from usi_fed.pages.organisations.standing import Standing, for_house, house_page
from usi_fed.unions.affiliations_store import count_asked
from usi_fed.unions.memberships_store import count_people
from usi_fed.unions.offices_store import offers_by, officers_of
from usi_fed.unions.pages_store import pages_of
from usi_fed.unions.proposals_store import open_proposals


@for_house
async def show_house(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}: what waits."""
    house, organisation_id = house_of(request), standing.organisation.id
    in_group = standing.is_group and standing.may("moderate")

    def read(connection: Connection) -> dict[str, int]:
        pages = pages_of(connection, organisation_id)
        return {
            "queue": count_in_state(connection, organisation_id, "waiting") if in_group else 0,
            "reports": len(open_group_reports(connection, organisation_id, MOST_REPORTS)) if in_group else 0,
            "proposals": _proposals(connection, standing, house),
            "asked": count_people(connection, organisation_id, "asked") if standing.may("admit") else 0,
            "offers": len(offers_by(connection, organisation_id, house.clock())) if standing.may("govern") else 0,
            "affiliations": count_asked(connection, organisation_id) if standing.may("affiliate") else 0,
            "officers": len({person.id for _, person in officers_of(connection, organisation_id)}),
            "pages": sum(page.is_published for page in pages),
            "hidden": sum(not page.is_published for page in pages),
        }

    return await house_page(request, "overview.html", standing, waiting=await house.database.read(read))


def _proposals(connection: Connection, standing: Standing, house: House) -> int:
    acts = house.unions.acts
    found = open_proposals(connection, standing.organisation.id, house.clock())
    return sum(one.kind in acts and standing.may(acts[one.kind].permission) for one in found)


@for_house
async def show_log(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/log: for who governs it, and for administrators of the server."""
    house, is_shown = house_of(request), standing.may("govern") or standing.is_administrator
    window = Window(max_id=older_than(request), limit=PAGE_SIZE)
    wanted = Filter(organisation_id=standing.organisation.id)

    def read(connection: Connection) -> tuple[list[LogEntry], dict[int, Actor]]:
        entries = log_page(connection, window, wanted)
        return entries, find_actors(connection, {entry.actor_id for entry in entries if entry.actor_id is not None})

    entries, people = await house.database.read(read) if is_shown else ([], {})
    return await house_page(
        request,
        "log.html",
        standing,
        is_shown=is_shown,
        lines=[line_of(entry, people) for entry in entries],
        older=older_of([entry.id for entry in entries], PAGE_SIZE),
        is_first=window.max_id is None,
    )
