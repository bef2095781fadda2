"""Asks other servers what there is of an affiliation: the subject's origin for its claims, the approver's for stamps.

Nobody in between is believed, and nobody at either end about the other.

Spec: `docs/vocabulary.md`; FEP-fe34 "Fetching from an origin"; `../shared/interop/security.md` section 2
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.affiliations import Claim, ParsedAffiliation, parse_claims, verify_affiliation
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.lenient import uri_of
from usi_fed.actors.keys_store import keys_of, parse_stored_key
from usi_fed.actors.model import Actor
from usi_fed.actors.remote import RemoteActors
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import Gone, MalformedActivity, NotFound, RemoteRefused, RemoteUnavailable, SignatureRejected
from usi_fed.unions import affiliations_store, attestations_store
from usi_fed.unions.model import Affiliation, Attestation
from usi_fed.unions.reconciling import Look

VERIFY_AGAIN = timedelta(days=1)
TRY_AGAIN = timedelta(hours=6)
MAX_FETCHES = 40


class Found(NamedTuple):
    """A statement or a stamp as it lies at its address, proven."""

    parsed: ParsedAffiliation
    document: Mapping[str, object]


class Attesting:
    """Verifies affiliations at their origins. One per process and event loop."""

    def __init__(self, database: Database, client: Client, remote_actors: RemoteActors, clock: Clock) -> None:
        self._database = database
        self._client = client
        self._remote_actors = remote_actors
        self._clock = clock

    # ---- what we take part in ----

    async def look(self, affiliation: Affiliation, subject: Actor, approver: Actor) -> Look:
        """What the other side's server shows of an affiliation of ours."""
        budget = FetchBudget(MAX_FETCHES)
        try:
            if subject.is_local:
                return await self._look_at_stamp(affiliation, approver, budget)
            return await self._look_at_statement(affiliation, subject, budget)
        except Gone:
            return Look.GONE
        except NotFound:
            return Look.MISSING
        except (RemoteRefused, RemoteUnavailable, MalformedActivity, SignatureRejected):
            return Look.UNKNOWN

    async def _look_at_stamp(self, affiliation: Affiliation, approver: Actor, budget: FetchBudget) -> Look:
        if affiliation.stamp_uri is None:
            return Look.UNHEARD
        await self.find(affiliation.stamp_uri, approver, budget)
        return Look.AGREES if affiliation.state == "accepted" else Look.UNHEARD

    async def _look_at_statement(self, affiliation: Affiliation, subject: Actor, budget: FetchBudget) -> Look:
        await self.find(affiliation.statement_uri, subject, budget)
        if affiliation.state == "offered":
            return Look.AGREES
        if affiliation.state != "accepted":
            return Look.UNHEARD
        _, claims = await self._claims_of(subject, budget)
        is_shown = any(claim.stamp_uri == affiliation.stamp_uri for claim in claims)
        return Look.AGREES if is_shown else Look.UNHEARD

    async def find(self, uri: str, maker: Actor, budget: FetchBudget) -> Found:
        """The statement or stamp at this address, made by this very actor.

        Raises:
            Gone, NotFound: it has been taken away, or there is nothing.
            RemoteRefused, RemoteUnavailable: it cannot be had.
            MalformedActivity, SignatureRejected: it does not hold.
        """
        if not same_origin(uri, maker.uri):
            raise SignatureRejected("the affiliation lies on another server than its maker")
        document = await self._fetch(uri, budget)
        return Found(await self._verified(document, maker, budget), document)

    # ---- what others say of each other ----

    async def look_up(self, subject: Actor) -> None:
        """Verify anew what an organisation of another server belongs to; what cannot be asked for stays as it was."""
        now, budget = self._clock(), FetchBudget(MAX_FETCHES)
        try:
            known, claims = await self._claims_of(subject, budget)
        except (Gone, NotFound):
            known, claims = subject, []
        except (RemoteRefused, RemoteUnavailable, SignatureRejected, MalformedActivity):
            await self._database.write(attestations_store.put_off, subject.id, now + TRY_AGAIN)
            return
        results = await asyncio.gather(*(self._attested(known, claim, budget) for claim in claims))
        verified = [result for result in results if isinstance(result, Attestation)]
        unsure = [result for result in results if isinstance(result, str)]
        await self._database.write(_take, subject.id, verified, unsure, now)

    async def _attested(self, subject: Actor, claim: Claim, budget: FetchBudget) -> Attestation | str | None:
        """The claim, verified at both ends; its stamp's address when nobody can tell now; None: it does not hold."""
        now = self._clock()
        try:
            stated = await self._verified(claim.statement, subject, budget)
            approver = await self._remote_actors.get(stated.approver, budget=budget)
            if (stated.maker, stated.subject) != (subject.uri, subject.uri):
                return None
            if not approver.is_local:
                stamp = (await self.find(claim.stamp_uri, approver, budget)).parsed
                if (stamp.maker, stamp.subject, stamp.approver) != (approver.uri, subject.uri, approver.uri):
                    return None
        except (Gone, NotFound, MalformedActivity, SignatureRejected):
            return None
        except (RemoteRefused, RemoteUnavailable):
            return claim.stamp_uri
        return Attestation(
            subject.id, approver.id, stated.uri, claim.stamp_uri, stated.published, now, now + VERIFY_AGAIN
        )

    async def _claims_of(self, subject: Actor, budget: FetchBudget) -> tuple[Actor, list[Claim]]:
        """An organisation as its server gives it now, and what it claims to belong to."""
        known, document = await asyncio.gather(
            self._remote_actors.fetch(subject.uri, budget=budget, despite_failures=True),
            self._fetch(subject.uri, budget),
        )
        address = uri_of(document.get("usi:affiliations"))
        if address is None or not same_origin(address, subject.uri) or known.is_shut_out:
            return known, []
        return known, parse_claims(await self._fetch(address, budget))

    async def _fetch(self, uri: str, budget: FetchBudget) -> Mapping[str, object]:
        try:
            fetched = await self._client.fetch_document(uri, budget=budget, despite_failures=True)
        except RemoteRefused as refusal:
            if refusal.http_status == 410:
                raise Gone("taken away") from refusal
            if refusal.http_status == 404:
                raise NotFound("nothing is there") from refusal
            raise
        if fetched.uri != uri:
            raise RemoteRefused("something else is there")
        return fetched.json

    async def _verified(self, document: Mapping[str, object], maker: Actor, budget: FetchBudget) -> ParsedAffiliation:
        """Its maker's keys may be new since we saw them: the maker's server is asked once."""
        try:
            return await self._database.read(_verify, document, maker, self._clock())
        except SignatureRejected:
            fresh = await self._remote_actors.fetch(maker.uri, budget=budget, despite_failures=True)
            return await self._database.read(_verify, document, fresh, self._clock())


def _verify(connection: Connection, document: Mapping[str, object], maker: Actor, now: datetime) -> ParsedAffiliation:
    keys = [parse_stored_key(key, maker.uri) for key in keys_of(connection, maker.id)]
    return verify_affiliation(document, maker.uri, keys, now)


def _take(
    connection: Connection, subject_id: int, verified: list[Attestation], unsure: list[str], now: datetime
) -> None:
    """Keep what was verified. Of a stamp of ours we know ourselves whether it holds."""
    foreign = []
    for attestation in verified:
        ours = affiliations_store.find_pair(connection, subject_id, attestation.approver_id)
        if ours is None:
            foreign.append(attestation)
        elif ours.state == "accepted" and ours.stamp_uri == attestation.stamp_uri:
            affiliations_store.change_affiliation(connection, ours, confirmed_at=now)
    attestations_store.take_attestations(connection, subject_id, foreign, unsure, now + TRY_AGAIN)
