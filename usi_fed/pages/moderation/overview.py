"""What waits for the officers, and the ways to everything else."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.join_requests_store import count_requests
from usi_fed.moderation.blocklists_store import count_changes
from usi_fed.moderation.reports_store import count_open
from usi_fed.moderation.verdicts_store import count_objections
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.officers import for_officers, officers_page


@for_officers
async def show_overview(request: Request, member: Member) -> Response:
    """GET /moderation"""
    house = house_of(request)
    reports, waiting, changes, appeals = await house.database.read(_counts)
    return await officers_page(
        request,
        "overview.html",
        member,
        reports=reports,
        waiting=waiting,
        changes=changes,
        appeals=appeals,
        registrations=house.instance.face.choices.registrations,
    )


def _counts(connection: Connection) -> tuple[int, int, int, int]:
    changes = sum(count_changes(connection).values())
    return count_open(connection), count_requests(connection), changes, count_objections(connection)
