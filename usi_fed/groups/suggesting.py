"""The first of the doors after joining: living groups here that fit somebody."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.accounts.store import find_account
from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.groups import store
from usi_fed.groups.membership import is_banned
from usi_fed.unions.memberships_store import find_membership, organisations_of
from usi_fed.unions.offices_store import organisations_served_by

MOST_SUGGESTED = 3
LIVING = timedelta(days=90)
"""So long after its latest post a group counts as living."""
MOST_LOOKED_AT = 200


def groups_for(connection: Connection, person_id: int, now: datetime) -> list[tuple[Actor, Organisation]]:
    """Listed groups of ours that somebody can join or ask, those first that are nearest to them, then the liveliest.

    Near are those of the countries and sectors of the organisations to which they belong or for which they act, and of
    the languages of these and of their account.
    """
    own = [
        *organisations_of(connection, person_id),
        *(one for one, _ in organisations_served_by(connection, person_id)),
    ]
    about = [found for one in own if (found := find_organisation(connection, one.id)) is not None]
    account = find_account(connection, person_id)
    countries = {one.country for one in about if one.country}
    sectors = {term for one in about for term in one.sectors}
    languages = {tag for one in about for tag in one.languages} | ({account.locale} if account else set())

    def nearness(what: Organisation) -> int:
        return (
            4 * (what.country in countries)
            + 2 * bool(sectors.intersection(what.sectors))
            + bool({tag.partition("-")[0] for tag in languages} & {tag.partition("-")[0] for tag in what.languages})
        )

    living = store.living_groups(connection, now - LIVING, MOST_LOOKED_AT)
    fitting = [one for one in living if _is_open_to(connection, one[0], person_id, now)]
    return sorted(fitting, key=lambda one: -nearness(one[1]))[:MOST_SUGGESTED]


def _is_open_to(connection: Connection, group: Actor, person_id: int, now: datetime) -> bool:
    led, known = store.find_group(connection, group), find_membership(connection, group.id, person_id)
    is_new = known is None or (known.state == "banned" and not is_banned(known, now))
    return led is not None and led.admission != "invited" and is_new
