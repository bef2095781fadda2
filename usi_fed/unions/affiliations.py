"""What one may do about affiliations, and what may be known of them."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from usi_fed.activitypub.affiliations import Claim, claims_document
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.lenient import mapping_of, moment_of
from usi_fed.activitypub.proofs import create_proof
from usi_fed.actors.model import Actor
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.service import Actors
from usi_fed.actors.store import find_actors, get_actor
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.db.turns import in_turn
from usi_fed.errors import (
    Busy,
    Gone,
    InvalidInput,
    MalformedActivity,
    NotFound,
    RemoteRefused,
    RemoteUnavailable,
    SignatureRejected,
)
from usi_fed.moderation.log_store import log_act
from usi_fed.outbox.desk import Desk
from usi_fed.posts.service import Limits
from usi_fed.queue import Job, Queue
from usi_fed.sentences import Sentence
from usi_fed.unions import affiliating, affiliations_store, attestations_store
from usi_fed.unions.affiliation_news import take_stamp
from usi_fed.unions.attesting import MAX_FETCHES, Attesting
from usi_fed.unions.lookalikes import skeletons
from usi_fed.unions.model import Affiliation, Path
from usi_fed.unions.paths import LONGEST_PATH, paths_of
from usi_fed.unions.reconciling import let_expire, settle
from usi_fed.urls import Urls

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 50
PATIENCE = timedelta(minutes=10)
"""How long one process may take to see to what is due, before another does."""
MOST_ABOVE = 10
MOST_NAMES = 50_000
NAMES_MEMORY = timedelta(minutes=5)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Another organisation that can be mistaken for one. Only who is attested is likely to be the one that is meant."""

    actor: Actor
    is_attested: bool


class Affiliations:
    """Every act is one transaction with its line in the audit log. `by` None is the command line.

    Everything raises what its function in `affiliating.py` raises.
    """

    def __init__(
        self,
        database: Database,
        queue: Queue,
        actors: Actors,
        remote_actors: RemoteActors,
        attesting: Attesting,
        urls: Urls,
        clock: Clock,
    ) -> None:
        self._database = database
        self._queue = queue
        self._actors = actors
        self._remote_actors = remote_actors
        self._attesting = attesting
        self._urls = urls
        self._clock = clock
        self._names: ExpiringMap[str, dict[str, set[int]]] = ExpiringMap(1, NAMES_MEMORY)

    # ---- what officers do ----

    async def offer(self, subject_id: int, approver_id: int, by: int | None) -> Affiliation:
        """Ask a union or a federation, here or elsewhere, to attest that one of our organisations belongs to it."""
        if not (await self._database.read(get_actor, subject_id)).is_local:
            raise InvalidInput("subject", Sentence("must be an organisation of this server"))
        key = await self._actors.proof_key(subject_id)
        return await self._do((subject_id, approver_id), affiliating.offer, subject_id, approver_id, by, key)

    async def accept(self, affiliation_id: int, by: int | None) -> Affiliation:
        """Attest what was offered; to be done when it was checked by another way, such as a call to a known number."""
        known = await self.get(affiliation_id)
        if not (await self._database.read(get_actor, known.approver_id)).is_local:
            raise NotFound(f"no affiliation {affiliation_id} was asked of us")
        key = await self._actors.proof_key(known.approver_id)
        return await self._shown(await self._do(_ends(known), affiliating.accept, affiliation_id, by, key))

    async def refuse(self, affiliation_id: int, by: int | None, reason: str = "") -> Affiliation:
        """Say no to an offer; `reason` is told to the other side."""
        known = await self.get(affiliation_id)
        return await self._do(_ends(known), affiliating.refuse, affiliation_id, by, reason)

    async def withdraw(self, affiliation_id: int, by: int | None, reason: str = "") -> Affiliation:
        """No longer attest an affiliation; `reason` is told to the other side."""
        known = await self.get(affiliation_id)
        return await self._shown(await self._do(_ends(known), affiliating.withdraw, affiliation_id, by, reason))

    async def leave(self, affiliation_id: int, by: int | None) -> Affiliation:
        """Take an offer of ours back, or end an affiliation of ours."""
        known = await self.get(affiliation_id)
        return await self._shown(await self._do(_ends(known), affiliating.leave, affiliation_id, by))

    # ---- what may be known ----

    async def get(self, affiliation_id: int) -> Affiliation:
        """One by its id.

        Raises:
            NotFound: there is none.
        """
        return await self._database.read(affiliations_store.get_affiliation, affiliation_id)

    async def asked_by(self, subject_id: int) -> list[tuple[Affiliation, Actor]]:
        """What one of ours asked for, in every state, each with the approver: for its officers."""
        return await self._database.read(affiliations_store.affiliations_of, subject_id)

    async def asked_of(self, approver_id: int, state: str | None = None) -> list[tuple[Affiliation, Actor]]:
        """What one of ours was asked for, each with the subject: for its officers, but for what is `accepted`."""
        return await self._database.read(affiliations_store.affiliations_of, None, approver_id, state)

    async def path_of(self, actor: Actor) -> list[Path]:
        """By whom an organisation is attested, verified within the last seven days; trusted paths first."""
        return await self._database.read(paths_of, actor, self._clock())

    async def verify(self, actor: Actor) -> list[Path]:
        """The same, after asking all origins on the way up now."""
        met = {actor.id}
        level = [actor]
        for _ in range(LONGEST_PATH):
            above: list[Actor] = []
            for one in level:
                await self._ask_about(one)
                found = await self._database.read(attestations_store.attesters_of, one.id, self._clock())
                above += [step.approver for step in found if step.approver.id not in met]
                met |= {step.approver.id for step in found}
            level = above[:MOST_ABOVE]
            if not level:
                break
        return await self.path_of(actor)

    async def look_up(self, actor: Actor) -> None:
        """Verify anew what an organisation of another server belongs to: somebody looks at it."""
        if not actor.is_local and await self._database.read(find_organisation, actor.id) is not None:
            await self._attesting.look_up(actor)

    async def lookalikes_of(self, actor: Actor) -> list[LookAlike]:
        """Other organisations known here whose display or user name looks like one of this actor's; attested first.

        An actor that nobody attests, and that looks like one whom somebody does, is to be flagged.
        """
        names = self._names.find("")
        if names is None:
            rows = await self._database.read(attestations_store.names_of_organisations, MOST_NAMES)
            names = _by_skeleton(rows)
            self._names.remember("", names)
        ids = {one for form in _forms(actor.name, actor.username) for one in names.get(form, ())} - {actor.id}
        found = await self._database.read(find_actors, ids)
        attested = await self._database.read(attestations_store.attested_ids, ids, self._clock())
        alike = [LookAlike(one, one.id in attested) for one in found.values() if one.deleted_at is None]
        return sorted(alike, key=lambda one: (not one.is_attested, one.actor.id))[:MOST_ABOVE]

    # ---- whom this server trusts ----

    async def trust(self, actor_id: int, by: int | None) -> None:
        """Stop asking at the word of a union or a federation; `by` has to be an administrator.

        Raises:
            InvalidInput: it is none.
        """
        await self._database.write(_trust, actor_id, by, self._clock())

    async def distrust(self, actor_id: int, by: int | None) -> None:
        """End that.

        Raises:
            NotFound: it was not trusted.
        """
        await self._database.write(_distrust, actor_id, by, self._clock())

    async def trusted(self) -> list[tuple[Actor, datetime]]:
        """The unions and federations that this server trusts, and since when."""
        return await self._database.read(attestations_store.trusted_actors)

    # ---- what is served ----

    async def claims(self, subject: Actor) -> dict[str, Any]:
        """The collection of what one of ours belongs to, as everybody may read it."""
        accepted = await self._database.read(affiliations_store.affiliations_of, subject.id, None, "accepted")
        claims = [
            Claim(await self._signed(subject, one.statement), one.stamp_uri) for one, _ in accepted if one.stamp_uri
        ]
        return claims_document(self._urls.affiliations(subject.username), claims)

    async def document(self, uri: str) -> dict[str, Any]:
        """A statement or a stamp of ours.

        Raises:
            NotFound: there is none.
            Gone: it has been taken away.
        """
        found = await self._database.read(affiliations_store.find_by_document, uri)
        if found is None:
            raise NotFound("no such affiliation")
        is_stamp = uri == found.stamp_uri
        maker = await self._database.read(get_actor, found.approver_id if is_stamp else found.subject_id)
        if not maker.is_local:
            raise NotFound("no such affiliation here")
        if found.state != "accepted" and (is_stamp or found.state not in ("offered", "expired")):
            raise Gone("the affiliation has ended")
        return await self._signed(maker, (found.stamp if is_stamp else found.statement) or {})

    async def _signed(self, maker: Actor, document: dict[str, Any]) -> dict[str, Any]:
        """A document of ours, signed with the key that its maker has now; unless that is new, it is as it was sent."""
        return create_proof(document, await self._actors.proof_key(maker.id), _made_at(document, self._clock()))

    # ---- upkeep ----

    async def tend(self) -> None:
        """See what is due: whether both sides of our affiliations agree, and whether others' still hold."""
        now = self._clock()
        if await self._database.read(affiliations_store.is_any_due, now):
            due = await self._database.write(affiliations_store.claim_due, now, now + PATIENCE, AT_ONCE)
            await asyncio.gather(*(self._reconcile(affiliation) for affiliation in due))
        for subject in await self._database.read(attestations_store.due_subjects, now, AT_ONCE):
            await self._database.write(attestations_store.put_off, subject.id, now + PATIENCE)
            await self._attesting.look_up(subject)

    async def _ask_about(self, actor: Actor) -> None:
        if not actor.is_local:
            await self._attesting.look_up(actor)
            return
        for affiliation, _ in await self._database.read(affiliations_store.affiliations_of, actor.id, None, "accepted"):
            if affiliation.host:
                await self._reconcile(affiliation)

    async def _reconcile(self, affiliation: Affiliation) -> None:
        try:
            await self._see_to(affiliation)
        except Busy:
            _log.info("affiliation %d has been changed by another meanwhile", affiliation.id)

    async def _see_to(self, affiliation: Affiliation) -> None:
        if await self._do(_ends(affiliation), let_expire, affiliation):
            return
        subject, approver = await self._database.read(affiliating.sides, affiliation)
        if affiliation.state == "offered" and subject.is_local and affiliation.stamp_uri is not None:
            await self._fetch_stamp(affiliation, affiliation.stamp_uri, approver)
        look = await self._attesting.look(affiliation, subject, approver)
        current = await self.get(affiliation.id)
        if (current.offer_uri, current.state) == (affiliation.offer_uri, affiliation.state):
            await self._do(_ends(current), settle, current, look)

    async def _fetch_stamp(self, affiliation: Affiliation, uri: str, approver: Actor) -> None:
        """An Accept has named its stamp without showing it."""
        subject = await self._database.read(get_actor, affiliation.subject_id)
        try:
            found = await self._attesting.find(uri, approver, FetchBudget(MAX_FETCHES))
        except (Gone, NotFound, RemoteRefused, RemoteUnavailable, MalformedActivity, SignatureRejected) as error:
            _log.info("a stamp cannot be had: %s", type(error).__name__)
            return
        if (found.parsed.maker, found.parsed.subject) == (approver.uri, subject.uri):
            await self._do(_ends(affiliation), take_stamp, affiliation, found.parsed, found.document)

    async def _shown(self, changed: Affiliation) -> Affiliation:
        """The profile of the subject says something else from now on."""
        self._actors.forget(await self._database.read(get_actor, changed.subject_id))
        return changed

    async def _do(
        self,
        ends: tuple[int, int],
        act: Callable[Concatenate[Connection, Desk, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What is done about two organisations comes after what was done about them a moment before."""
        desk = Desk(self._urls, Limits(), self._clock())
        result = await self._database.write(in_turn(act, *ends), desk, *args, **kwargs)
        self._queue.ring(Job.OUTBOX)
        return result


def _ends(affiliation: Affiliation) -> tuple[int, int]:
    return affiliation.subject_id, affiliation.approver_id


def _made_at(document: dict[str, Any], otherwise: datetime) -> datetime:
    return moment_of(mapping_of(document.get("proof")).get("created")) or otherwise


def _forms(*names: str) -> frozenset[str]:
    return frozenset().union(*map(skeletons, names))


def _by_skeleton(rows: Iterable[tuple[int, str, str]]) -> dict[str, set[int]]:
    names: dict[str, set[int]] = {}
    for actor_id, name, username in rows:
        for form in _forms(name, username):
            names.setdefault(form, set()).add(actor_id)
    return names


def _trust(connection: Connection, actor_id: int, by: int | None, now: datetime) -> None:
    actor = get_actor(connection, actor_id)
    if not affiliating.may_approve(connection, actor):
        raise InvalidInput("actor", Sentence("must be a union or a federation"))
    if attestations_store.put_trust(connection, actor_id, by, now):
        log_act(connection, by, "affiliation trust", f"@{actor.handle}", now)


def _distrust(connection: Connection, actor_id: int, by: int | None, now: datetime) -> None:
    actor = get_actor(connection, actor_id)
    if not attestations_store.remove_trust(connection, actor_id):
        raise NotFound(f"@{actor.handle} is not trusted here")
    log_act(connection, by, "affiliation distrust", f"@{actor.handle}", now)
