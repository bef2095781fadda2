"""Who made an activity: the one place where that is proven, the same for every type.

The order is: the request's signature, then its owner against the activity's `actor`. When another server passes
an activity on, the activity itself has to prove its actor (FEP-8b32, Linked Data signature); without that it is only
a hint that something may be new at its origin.

Spec: `../shared/interop/security.md` sections 2 and 3; ActivityPub 7.1.2 #inbox-forwarding
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import orjson
from sqlalchemy import Connection

from usi_fed.activitypub.addresses import host_of, same_origin
from usi_fed.activitypub.keys import PublicKey
from usi_fed.activitypub.ld_signatures import ld_claim, verify_ld_signature
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.plain_reading import PATIENCE, PlainReading, is_plain
from usi_fed.activitypub.proofs import proof_claim, verify_proof
from usi_fed.activitypub.signatures import (
    Claim,
    Request,
    SignatureMismatch,
    body_digest,
    parse_claim,
    verify_claim,
    verify_envelope,
)
from usi_fed.activitypub.vocabulary import Activity, Announce, Create, Delete, Update, kind_of, parse_activity
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.store import find_actor
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import Gone, MalformedActivity, NotAllowed, RemoteUnavailable, SignatureRejected, TooLarge
from usi_fed.inbox.erasure_store import has_left_nothing
from usi_fed.inbox.forwarding import addressed_uris
from usi_fed.inbox.receipts import HINT, OF_OUR_OWN

_PROOFS = frozenset({"proof", "signature"})
_log = logging.getLogger(__name__)

# Older ones may have been taken back since by a Delete or Undo that we have forgotten.
OLDEST_PASSED_ON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Proven:
    """An activity and whose it is. `body` is what may be acted on; `kind` is `HINT` when only its origin can tell.

    `signer_uri` is who signed the request and its headers, None when that could not be proven any more.
    """

    sender_uri: str
    activity_uri: str
    kind: str
    body: bytes
    claim: Claim
    signed_at: datetime
    signer_uri: str | None


class Provenance:
    """Proves who made what comes in.

    `authorities` are the hosts under which we are known. `is_host_allowed` says whether we talk to a host at all.
    """

    def __init__(
        self,
        database: Database,
        actors: RemoteActors,
        linked_data: LinkedData,
        reading: PlainReading,
        authorities: Collection[str],
        is_host_allowed: Callable[[str], bool],
        clock: Clock,
    ) -> None:
        self._database = database
        self._actors = actors
        self._linked_data = linked_data
        self._authorities = authorities
        self._is_host_allowed = is_host_allowed
        self._clock = clock
        self._reading = reading

    async def prove(self, request: Request, document: Mapping[str, object]) -> Proven | None:
        """Say whose activity this is; None when nothing has to be done: of an actor we never knew, or who is gone.

        Raises:
            SignatureRejected: unsigned, wrongly signed, or signed by another than its actor and proven by nothing.
            NotAllowed: we do not talk to this server.
            MalformedActivity: the signature, a proof or the activity cannot be read.
            RemoteUnavailable: the key cannot be fetched for now.
            TooManyRequests: too many keys are being fetched.
        """
        claim = parse_claim(request)
        self._check_host(claim.key_id)
        if not is_plain(request.body or b"", document):
            return await self._prove_unusual(request, claim, document)
        kind = kind_of(document)
        activity = parse_activity(document)
        self._check_host(activity.actor)
        digest = body_digest(request.body or b"")
        key = self._actors.cached_key(claim.key_id)
        if key is None or _is_farewell(activity):
            verify_envelope(claim, request, self._clock(), self._authorities, digest)
            if _is_about_itself(activity) and await self._database.read(_changes_nothing, activity):
                return None
        try:
            owner = await self._verified_owner(claim, request, key, digest)
        except SignatureRejected:
            if not await self._is_its_own_end(claim, activity):
                raise
            return self._end_of(activity.actor, claim)
        if owner == activity.actor:
            body = await self._fit_to_pass_on(request.body or b"", document, activity)
            return self._proven(claim, owner, activity, kind, body)
        return await self._passed_on(claim, owner, activity, kind, document)

    async def _prove_unusual(self, request: Request, claim: Claim, document: Mapping[str, object]) -> Proven:
        """An activity whose context gives the usual words another meaning.

        Reading that is dear, so only for who has signed, and only what the signer says itself.
        """
        digest = body_digest(request.body or b"")
        key = self._actors.cached_key(claim.key_id)
        if key is None:
            verify_envelope(claim, request, self._clock(), self._authorities, digest)
        owner = await self._verified_owner(claim, request, key, digest)
        plain = await self._reading.normalised(host_of(owner), document)
        activity = parse_activity(plain)
        if owner != activity.actor:
            raise SignatureRejected("signed by another than its actor")
        return self._proven(claim, owner, activity, kind_of(plain), orjson.dumps(plain))

    async def _verified_owner(self, claim: Claim, request: Request, key: PublicKey | None, digest: bytes) -> str:
        """The actor who owns the key that signed the request; the key may have been replaced since we saw it."""
        if key is None:
            key = await self._key(claim.key_id, request.came_from)
        try:
            verify_claim(claim, request, key, self._clock(), self._authorities, digest)
        except SignatureMismatch:
            key = await self._key(claim.key_id, request.came_from, refetch=True)
            verify_claim(claim, request, key, self._clock(), self._authorities, digest)
        return key.owner

    async def _is_its_own_end(self, claim: Claim, activity: Activity) -> bool:
        """Whether an actor's own server has told us that the actor is gone who says so here, as far as it still can.

        With the account its key is gone too. A server's 410 is proof, its 404 is none.
        """
        if not _is_farewell(activity) or claim.key_id.partition("#")[0] != activity.actor:
            return False
        actor = await self._database.read(find_actor, activity.actor)
        return actor is not None and actor.deleted_at is not None

    def _end_of(self, actor_uri: str, claim: Claim) -> Proven:
        """What the actor's server has told us, once, and nothing of what came without a signature that holds."""
        end = {"id": f"{actor_uri}#delete", "type": "Delete", "actor": actor_uri, "object": actor_uri}
        moment = claim.created or self._clock()
        return Proven(actor_uri, end["id"], "Delete", orjson.dumps(end), claim, moment, None)

    async def _passed_on(
        self, claim: Claim, signer: str, activity: Activity, kind: str, document: Mapping[str, object]
    ) -> Proven:
        """What somebody else than its actor delivered."""
        if not isinstance(activity, Create | Update | Delete | Announce) or same_origin(signer, activity.actor):
            raise SignatureRejected("signed by another than its actor")
        signed = await self._self_proven(document, activity)
        if signed is not None:
            return self._proven(claim, signer, activity, kind, orjson.dumps(signed))
        uri = activity.object_uri if isinstance(activity, Delete) else activity.object.uri
        if uri is None or isinstance(activity, Announce) or not same_origin(uri, activity.actor):
            raise SignatureRejected("signed by another than its actor")
        hint = orjson.dumps({"id": activity.uri, "type": HINT, "actor": activity.actor, "object": uri})
        return Proven(signer, activity.uri, HINT, hint, claim, claim.created or self._clock(), signer)

    async def _fit_to_pass_on(self, body: bytes, document: Mapping[str, object], activity: Activity) -> bytes:
        """The activity without a proof that does not hold.

        Only of what we may have to pass on to our people's followers, in which others have to believe: of all else a
        proof is not looked at.
        """
        if document.keys().isdisjoint(_PROOFS) or not any(map(self._are_our_followers, addressed_uris(document))):
            return body
        try:
            async with self._reading.line.wait(host_of(activity.actor), PATIENCE):
                signed = await self._self_proven(document, activity)
        except (MalformedActivity, NotAllowed, SignatureRejected, RemoteUnavailable, TooLarge) as error:
            _log.info("a proof does not hold: %s", error)
            signed = None
        if signed is not None:
            return body
        return orjson.dumps({name: value for name, value in document.items() if name not in _PROOFS})

    def _are_our_followers(self, uri: str) -> bool:
        try:
            return uri.endswith("/followers") and _host_of(uri) in self._authorities
        except MalformedActivity:
            return False

    async def _self_proven(self, document: Mapping[str, object], activity: Activity) -> Mapping[str, object] | None:
        """The part of a document that its actor signed inside it, or None without such a signature."""
        now = self._clock()
        proof = proof_claim(document)
        if proof is not None and _is_recent(proof.created, now):
            key = await self._key_of(proof.verification_method, activity.actor)
            return self._same(verify_proof(document, key, now), activity)
        linked = ld_claim(document)
        if linked is not None and _is_recent(linked.created, now):
            key = await self._key_of(linked.creator, activity.actor)
            return self._same(await verify_ld_signature(document, key, now, self._linked_data), activity)
        return None

    @staticmethod
    def _same(signed: Mapping[str, object], activity: Activity) -> Mapping[str, object]:
        meant = parse_activity(signed)
        if (meant.actor, meant.uri, type(meant)) != (activity.actor, activity.uri, type(activity)):
            raise SignatureRejected("what was signed is not what is said")
        return signed

    async def _key_of(self, key_id: str, owner: str) -> PublicKey:
        self._check_host(key_id)
        key = self._actors.cached_key(key_id) or await self._key(key_id, _host_of(owner))
        if key.owner != owner:
            raise SignatureRejected("the proof is by another than the actor")
        return key

    async def _key(self, key_id: str, asker: str, *, refetch: bool = False) -> PublicKey:
        try:
            return await self._actors.key(key_id, refetch=refetch, asker=asker)
        except Gone as error:  # an answer 410 would tell the other server that our inbox is gone
            raise SignatureRejected("the signer has been deleted") from error

    def _check_host(self, uri: str) -> None:
        try:
            host = _host_of(uri)
        except MalformedActivity as error:
            raise SignatureRejected("the key's id is no address") from error
        if not self._is_host_allowed(host):
            raise NotAllowed(f"we do not talk to {host}")

    def _proven(self, claim: Claim, signer: str | None, activity: Activity, kind: str, body: bytes) -> Proven:
        if kind in OF_OUR_OWN:
            raise MalformedActivity("a type that only we give")
        return Proven(activity.actor, activity.uri, kind, body, claim, claim.created or self._clock(), signer)


_host_of = lru_cache(4096)(host_of)


def _is_farewell(activity: Activity) -> bool:
    return isinstance(activity, Delete) and activity.object_uri == activity.actor


def _changes_nothing(connection: Connection, activity: Activity) -> bool:
    """Whether what an actor says about itself is of nobody we know, or a farewell after everything is gone.

    That is so whoever has signed it: with the account its key is gone, so that no second farewell could be proven.
    """
    actor = find_actor(connection, activity.actor)
    if actor is None:
        return True
    return _is_farewell(activity) and actor.deleted_at is not None and has_left_nothing(connection, actor)


def _is_about_itself(activity: Activity) -> bool:
    """A Delete or Update of the sender: of somebody unknown these come in waves, and mean nothing here."""
    is_update = isinstance(activity, Update) and activity.object.uri == activity.actor
    return is_update or _is_farewell(activity)


def _is_recent(created: datetime | None, now: datetime) -> bool:
    return created is not None and created >= now - OLDEST_PASSED_ON
