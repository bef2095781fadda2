"""Making an organisation: an actor of ours with an account in which nobody signs in, and its first owner."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from babel import Locale
from sqlalchemy import Connection

from usi_fed.accounts.model import Account
from usi_fed.accounts.store import add_account
from usi_fed.activitypub.organisation_parsing import OrganisationKind
from usi_fed.actors.model import Actor, Organisation, Risk
from usi_fed.actors.organisations_store import change_organisation, get_organisation, put_organisation
from usi_fed.actors.service import LocalActor
from usi_fed.actors.store import find_actor, get_actor, update_actor
from usi_fed.errors import InvalidInput
from usi_fed.moderation.log_store import log_act
from usi_fed.sentences import Sentence
from usi_fed.text.language import find_spoken_language
from usi_fed.unions.facts import write_facts
from usi_fed.unions.offices_store import put_office
from usi_fed.unions.risk_store import mind_risk
from usi_fed.unions.taxonomy import REGIONS, SECTORS, THEMES

EXPOSED = frozenset({"Branch", "EmployerNetwork"})
"""The kinds that are at risk from their first moment where members are in danger: people meet in them."""

PLACE_STEP = 0.1
"""Degrees, some ten kilometres: a town can be told from it, a house cannot."""


@dataclass(frozen=True, slots=True)
class Description:
    """What an organisation is in the movement, as its officers say; terms of `taxonomy.py`."""

    kind: OrganisationKind
    parent_uri: str | None = None
    sectors: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    country: str = ""
    region: str = ""
    languages: tuple[str, ...] = ()
    place: tuple[float, float] | None = None
    is_listed: bool = False

    @classmethod
    def of(cls, stored: Organisation) -> Self:
        """What is stored of an organisation."""
        has_place = stored.latitude is not None and stored.longitude is not None
        return cls(
            kind=stored.kind,
            parent_uri=stored.parent_uri,
            sectors=tuple(stored.sectors),
            themes=tuple(stored.themes),
            country=stored.country,
            region=stored.region,
            languages=tuple(stored.languages),
            place=(stored.latitude or 0.0, stored.longitude or 0.0) if has_place else None,
            is_listed=stored.is_listed,
        )


def check_description(description: Description) -> None:
    """Refuse terms that do not exist.

    Raises:
        InvalidInput: a term, country, language or place that is none, or a parent of what is no branch.
    """
    for field, said, known in (
        ("sectors", description.sectors, SECTORS),
        ("themes", description.themes, THEMES),
        ("region", (description.region,) if description.region else (), REGIONS),
    ):
        unknown = [term for term in said if term not in known]
        if unknown:
            raise InvalidInput(
                field, Sentence("has no %(term)s: choose of %(known)s", term=unknown[0], known=", ".join(known))
            )
    if description.country and description.country not in Locale("en").territories:
        raise InvalidInput("country", Sentence("must be two letters such as ZA or GB"))
    if any(find_spoken_language(language) is None for language in description.languages):
        raise InvalidInput("languages", Sentence("must be language tags such as en or pt-BR"))
    if description.parent_uri and description.kind != "Branch":
        raise InvalidInput("parent", Sentence("is only of branches"))
    if description.place is not None and not (
        -90 <= description.place[0] <= 90 and -180 <= description.place[1] <= 180
    ):
        raise InvalidInput("place", Sentence("must be degrees of latitude (-90 to 90) and longitude (-180 to 180)"))


def found(
    connection: Connection,
    draft: LocalActor,
    description: Description,
    owner_id: int | None,
    by: int | None,
    locale: str,
    now: datetime,
    risk_countries: Collection[str] = (),
) -> Actor:
    """Store a new organisation with its first owner. `by` founds it, None: the command line.

    A branch of what is concealed is concealed too; one in a country where members are in danger is at risk at once.

    Raises:
        InvalidInput: the name is taken.
    """
    actor_id = draft(connection)
    add_account(connection, Account(actor_id, None, None, "member", True, None, locale, {}, now, None))
    is_at_risk = description.kind in EXPOSED and description.country in risk_countries
    store_description(connection, actor_id, quiet(description) if is_at_risk else description)
    if is_at_risk:
        set_risk(connection, actor_id, "high")
        update_actor(connection, actor_id, concealed=True, discoverable=False)
    if is_of_concealed(connection, description):
        update_actor(connection, actor_id, concealed=True)  # who sees the branch would know of the union
    write_facts(connection, actor_id, now)
    if owner_id is not None:
        put_office(connection, actor_id, owner_id, "owner", by, now)
    actor = get_actor(connection, actor_id)
    log_act(connection, by, "organisation found", f"@{actor.handle}", now, actor_id, kind=description.kind)
    return actor


def quiet(description: Description) -> Description:
    """What of a description an organisation at risk keeps: it stands in no directory and on no map."""
    return replace(description, place=None, is_listed=False)


def check_quiet(description: Description) -> None:
    """Refuse what would show an organisation at risk.

    Raises:
        InvalidInput: it has a place, or wants to be listed.
    """
    if description.place is not None:
        raise InvalidInput("place", Sentence("cannot be given while the people of this organisation are at risk"))
    if description.is_listed:
        raise InvalidInput("listed", Sentence("cannot be while the people of this organisation are at risk"))


def set_risk(connection: Connection, organisation_id: int, risk: Risk) -> Organisation:
    """Say at how much risk its people are: those who are here are hidden from now on, or no longer because of it."""
    change_organisation(connection, organisation_id, risk=risk)
    mind_risk(connection, organisation_id)
    return get_organisation(connection, organisation_id)


def is_of_concealed(connection: Connection, description: Description) -> bool:
    """Whether it says that it is a part of something of ours that is concealed."""
    parent = find_actor(connection, description.parent_uri) if description.parent_uri else None
    return parent is not None and parent.is_local and parent.concealed


def store_description(connection: Connection, actor_id: int, description: Description) -> Organisation:
    """Store what an organisation is; the place only roughly."""
    place = description.place
    latitude, longitude = (None, None) if place is None else (_rounded(place[0]), _rounded(place[1]))
    return put_organisation(
        connection,
        actor_id,
        kind=description.kind,
        parent_uri=description.parent_uri,
        sectors=list(description.sectors),
        themes=list(description.themes),
        country=description.country,
        region=description.region,
        languages=list(description.languages),
        latitude=latitude,
        longitude=longitude,
        is_listed=description.is_listed,
    )


def _rounded(degrees: float) -> float:
    return round(round(degrees / PLACE_STEP) * PLACE_STEP, 1)
