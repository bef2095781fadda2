"""Organisations: finding, founding, changing and ending them, and what was done in their name."""

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from sqlalchemy import Connection

from usi_fed.activitypub.organisation_parsing import OrganisationKind
from usi_fed.actors.model import Actor, Risk
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import find_actor, find_actors
from usi_fed.api.call import Call, Reply
from usi_fed.api.methods import Caller
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.usi.entities import (
    Described,
    LogLine,
    OrganisationEntity,
    Place,
    ProposalEntity,
    log_line,
    organisation_entity,
)
from usi_fed.api.usi.methods import READ, WRITE, UsiMethod
from usi_fed.api.usi.proposals import proposal_entities
from usi_fed.db.paging import Window
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.moderation.log_store import Filter, log_page
from usi_fed.sentences import Sentence
from usi_fed.unions.describing import Change
from usi_fed.unions.directory_store import Wanted, directory_page
from usi_fed.unions.finding import get_organisation, get_own_organisation
from usi_fed.unions.founding import Description
from usi_fed.unions.offices import require_permission
from usi_fed.unions.offices_store import roles_of
from usi_fed.urls import Urls

USUAL, MOST = 40, 80

Parent = Annotated[str, msgspec.Meta(description="Id, handle or actor id of the union of a branch")]


class DirectoryParams(PageParams):
    """Which part of the directory is wanted: terms as in /taxonomies, `text` is a part of the name."""

    kind: OrganisationKind | None = None
    sector: str = ""
    theme: str = ""
    country: str = ""
    region: str = ""
    language: str = ""
    text: str = ""
    parent: Parent = ""
    local: bool | None = None


class Founding(msgspec.Struct):
    """A new organisation; who founds it is its first owner."""

    username: str
    kind: OrganisationKind
    name: str = ""
    parent: Parent = ""
    sectors: list[str] = []
    themes: list[str] = []
    country: str = ""
    region: str = ""
    languages: list[str] = []
    place: Place | None = None
    listed: bool = False


class Changes(msgspec.Struct):
    """What is to be different; what is not given stays. What makes it more public waits for a second person."""

    name: str | None = None
    summary: str | None = None
    kind: OrganisationKind | None = None
    parent: Annotated[str | None, msgspec.Meta(description="Empty: of none")] = None
    sectors: list[str] | None = None
    themes: list[str] | None = None
    country: str | None = None
    region: str | None = None
    languages: list[str] | None = None
    place: Place | None = None
    without_place: bool = False
    listed: bool | None = None
    concealed: bool | None = None
    risk: Annotated[Risk | None, msgspec.Meta(description="high: its people are hidden. Lowered by two people")] = None


async def show_directory(call: Call, asked: DirectoryParams) -> Reply:
    """GET /organisations"""
    window = window_of(asked, USUAL, MOST)
    entities = await call.house.database.read(_directory, asked, window, call.viewer_id, call.house.urls)
    return call.page(entities, [int(one.id) for one in entities], window.limit)


async def show(call: Call, _: None) -> OrganisationEntity:
    """GET /organisations/{id}"""
    return await call.house.database.read(_one, call.path["id"], call.viewer_id, call.house.urls)


async def found(call: Call, asked: Founding) -> OrganisationEntity:
    """POST /organisations"""
    parent_uri = await call.house.database.read(_parent_uri, asked.parent, call.person_id, call.house.urls)
    description = Description(
        kind=asked.kind,
        parent_uri=parent_uri,
        sectors=tuple(asked.sectors),
        themes=tuple(asked.themes),
        country=asked.country,
        region=asked.region,
        languages=tuple(asked.languages),
        place=(asked.place.latitude, asked.place.longitude) if asked.place else None,
        is_listed=asked.listed,
    )
    made = await call.house.unions.found(asked.username, asked.name, description, call.person_id, call.person_id)
    return await call.house.database.read(_one, str(made.id), call.person_id, call.house.urls)


async def describe(call: Call, asked: Changes) -> Described:
    """PATCH /organisations/{id}"""
    actor, change = await call.house.database.read(_change, call.path["id"], asked, call.person_id, call.house.urls)
    waiting = await call.house.unions.describe(actor.id, change, call.person_id)
    entity = await call.house.database.read(_one, str(actor.id), call.person_id, call.house.urls)
    return Described(entity, await call.house.database.read(proposal_entities, waiting, call.house.unions.acts))


async def delete(call: Call, _: None) -> ProposalEntity:
    """DELETE /organisations/{id}: a proposal, like everything that needs two people."""
    actor, _organisation = await call.house.database.read(
        get_own_organisation, call.path["id"], call.person_id, call.house.urls
    )
    made = await call.house.unions.propose(actor.id, "delete", {}, call.person_id)
    return (await call.house.database.read(proposal_entities, [made], call.house.unions.acts))[0]


async def show_log(call: Call, asked: PageParams) -> Reply:
    """GET /organisations/{id}/log"""
    window = window_of(asked, USUAL, MOST)
    lines = await call.house.database.read(_log, call.path["id"], window, call.person_id, call.house.urls)
    return call.page(lines, [int(line.id) for line in lines], window.limit)


# ---- units of work ----


def _directory(
    connection: Connection, asked: DirectoryParams, window: Window, viewer_id: int | None, urls: Urls
) -> list[OrganisationEntity]:
    wanted = Wanted(
        kind=asked.kind or "",
        sector=asked.sector,
        theme=asked.theme,
        country=asked.country,
        region=asked.region,
        language=asked.language,
        words=asked.text,
        parent_uri=_parent_uri(connection, asked.parent, viewer_id, urls) or "",
        is_local=asked.local,
    )
    found_here = directory_page(connection, window, wanted)
    return [_entity(connection, actor, viewer_id, urls) for actor, _ in found_here]


def _one(connection: Connection, named: str, viewer_id: int | None, urls: Urls) -> OrganisationEntity:
    actor, _ = get_organisation(connection, named, viewer_id, urls)
    return _entity(connection, actor, viewer_id, urls)


def _entity(connection: Connection, actor: Actor, viewer_id: int | None, urls: Urls) -> OrganisationEntity:
    organisation = find_organisation(connection, actor.id)
    if organisation is None:
        raise NotFound("no such organisation")
    roles = roles_of(connection, viewer_id, actor.id) if viewer_id is not None and actor.is_local else []
    return organisation_entity(actor, organisation, urls, roles)


def _parent_uri(connection: Connection, named: str, viewer_id: int | None, urls: Urls) -> str | None:
    """The actor id of the union that is meant; of one that the asker must not know of as of one that is not there.

    Raises:
        InvalidInput: nothing known here is called so.
    """
    if not named:
        return None
    if named.startswith("https://") and not urls.is_ours(named):
        return named
    known = find_actor(connection, named) if urls.is_ours(named) else None
    try:
        return get_organisation(connection, str(known.id) if known else named, viewer_id, urls)[0].uri
    except NotFound as error:
        raise InvalidInput("parent", Sentence("is no organisation that is known here")) from error


def _change(connection: Connection, named: str, asked: Changes, viewer_id: int, urls: Urls) -> tuple[Actor, Change]:
    actor, stored = get_own_organisation(connection, named, viewer_id, urls)
    lists: dict[str, Any] = {
        "sectors": asked.sectors,
        "themes": asked.themes,
        "languages": asked.languages,
    }
    values: dict[str, Any] = {name: tuple(value) for name, value in lists.items() if value is not None}
    plain = {"kind": asked.kind, "country": asked.country, "region": asked.region, "is_listed": asked.listed}
    values |= {name: value for name, value in plain.items() if value is not None}
    if asked.parent is not None:
        values["parent_uri"] = _parent_uri(connection, asked.parent, viewer_id, urls)
    if asked.place is not None:
        values["place"] = (asked.place.latitude, asked.place.longitude)
    if asked.without_place:
        values["place"] = None
    description = replace(Description.of(stored), **values) if values else None
    return actor, Change(description, asked.name, asked.summary, asked.concealed, asked.risk)


def _log(connection: Connection, named: str, window: Window, viewer_id: int, urls: Urls) -> list[LogLine]:
    """The log names members, so it is for those who decide who is one."""
    actor, _ = get_own_organisation(connection, named, viewer_id, urls)
    require_permission(connection, viewer_id, actor.id, "admit")
    entries = log_page(connection, window, Filter(organisation_id=actor.id))
    people = find_actors(connection, [entry.actor_id for entry in entries if entry.actor_id is not None])
    return [log_line(entry, people) for entry in entries]


METHODS = (
    UsiMethod(
        "GET",
        "/organisations",
        "The directory: organisations, here and elsewhere, that want to be found",
        show_directory,
        list[OrganisationEntity],
        READ,
        caller=Caller.ANYBODY,
        asked=DirectoryParams,
        is_paged=True,
    ),
    UsiMethod(
        "POST",
        "/organisations",
        "Found an organisation: administrators any kind, owners of a union its branches, every member a group",
        found,
        OrganisationEntity,
        WRITE,
        asked=Founding,
        status=201,
    ),
    UsiMethod(
        "GET",
        "/organisations/{id}",
        "One organisation, by id or handle",
        show,
        OrganisationEntity,
        READ,
        caller=Caller.ANYBODY,
    ),
    UsiMethod(
        "PATCH",
        "/organisations/{id}",
        "Change what an organisation says of itself",
        describe,
        Described,
        WRITE,
        asked=Changes,
    ),
    UsiMethod(
        "DELETE",
        "/organisations/{id}",
        "Propose to delete an organisation; a second person has to confirm it",
        delete,
        ProposalEntity,
        WRITE,
        status=202,
    ),
    UsiMethod(
        "GET",
        "/organisations/{id}/log",
        "What was done in the name and the affairs of an organisation, for those who admit members",
        show_log,
        list[LogLine],
        READ,
        asked=PageParams,
        is_paged=True,
    ),
)
