"""By whom an organisation is attested, as pages show it: the paths up, short marks in lists, and who looks alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.pages.house import House
from usi_fed.pages.views import PersonView, person_view
from usi_fed.translation import day
from usi_fed.unions.attestations_store import attested_ids
from usi_fed.unions.model import Path
from usi_fed.unions.paths import paths_of
from usi_fed.urls import Urls

ACTORS_OF_ORGANISATIONS = ("Organization", "Group")
MOST_PATHS = 3


@dataclass(frozen=True, slots=True)
class StepView:
    """One who attests what stands before. `domain` is where it lives: names can be copied, domains cannot."""

    person: PersonView
    domain: str
    since: str
    verified: str
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class PathView:
    """Who attests an organisation, and who attests that one, upwards."""

    steps: tuple[StepView, ...]
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class AlikeView:
    """Another organisation with a name like this one's. `attesters` are handles; none where nobody attests it."""

    person: PersonView
    domain: str
    attesters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AttestedView:
    """What is known of an organisation's belonging. `alike` are others whom it may be mistaken for."""

    paths: tuple[PathView, ...]
    alike: tuple[AlikeView, ...]

    @property
    def is_suspect(self) -> bool:
        """Whether nobody attests it, and it is called like somebody who is attested."""
        return not self.paths and any(one.attesters for one in self.alike)


@dataclass(frozen=True, slots=True)
class MarkView:
    """The short form, beside a name in a list: who attests it, and whether this server trusts that path."""

    name: str
    domain: str
    is_trusted: bool


async def find_attested(house: House, actor: Actor, *, with_unattested: bool = False) -> AttestedView | None:
    """Of an organisation what is known; None of a person, for whom nothing is asked.

    `with_unattested`: also those who look alike and are attested by nobody, for whoever decides about one of them.
    """
    if actor.kind not in ACTORS_OF_ORGANISATIONS:
        return None
    alike = [one.actor for one in await house.affiliations.lookalikes_of(actor) if one.is_attested or with_unattested]
    urls, now = house.urls.paths, house.clock()

    def read(connection: Connection) -> AttestedView:
        paths = paths_of(connection, actor, now)[:MOST_PATHS]
        others = tuple(_alike(connection, one, urls, now) for one in alike if not one.is_shut_out)
        return AttestedView(tuple(_path_view(path, urls) for path in paths), others)

    return await house.database.read(read)


def marks_of(connection: Connection, actors: Sequence[Actor], now: datetime, urls: Urls) -> Mapping[int, MarkView]:
    """The short form for those of the actors whom somebody attests, by their ids."""
    asked = [actor for actor in actors if actor.kind in ACTORS_OF_ORGANISATIONS]
    attested = attested_ids(connection, [actor.id for actor in asked], now) if asked else set()
    found = {}
    for actor in asked:
        paths = paths_of(connection, actor, now) if actor.id in attested else []
        if paths:
            nearest = paths[0].steps[0].approver
            name = nearest.name or nearest.username
            found[actor.id] = MarkView(name, nearest.domain or urls.handles, paths[0].trusted is not None)
    return found


def _alike(connection: Connection, actor: Actor, urls: Urls, now: datetime) -> AlikeView:
    paths = paths_of(connection, actor, now)
    attesters = dict.fromkeys(person_view(path.steps[0].approver, urls).handle for path in paths)
    return AlikeView(person_view(actor, urls), actor.domain or urls.handles, tuple(attesters))


def _path_view(path: Path, urls: Urls) -> PathView:
    steps = tuple(
        StepView(
            person_view(step.approver, urls),
            step.approver.domain or urls.handles,
            day(step.since),
            day(step.verified_at),
            path.trusted is not None and step.approver.id == path.trusted.id,
        )
        for step in path.steps
    )
    return PathView(steps, path.trusted is not None)
