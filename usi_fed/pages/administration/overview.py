"""What there is to look after, with a word on how it stands."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.store import open_invitations
from usi_fed.inbox.receipts import State, count_states
from usi_fed.outbox.store import count_waiting
from usi_fed.pages.account.owner import account_page
from usi_fed.pages.administration.administrators import for_administrators
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.translation import span


class Standing(NamedTuple):
    """How much of what there is."""

    deliveries: int
    parked: int
    invitations: int


@for_administrators
async def show_overview(request: Request, member: Member) -> Response:
    """GET /administration"""
    house = house_of(request)
    now, made = house.clock(), house.backups.last_made()
    standing = await house.database.read(_count, now)
    is_new = not house.instance.face.chosen
    backup = span(now - made) if made else ""
    return await account_page(request, "administration/overview.html", standing=standing, backup=backup, is_new=is_new)


def _count(connection: Connection, now: datetime) -> Standing:
    parked = count_states(connection).get(State.PARKED, 0)
    return Standing(count_waiting(connection), parked, len(open_invitations(connection, now)))
