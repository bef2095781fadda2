"""Who asks for a document: proven by the signature of the request.

Spec: `../shared/interop/mastodon.md` sections 1.3 and 1.5; `../shared/interop/security.md` section 8, "domain block".
"""

from starlette.requests import Request

from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.signatures import (
    Claim,
    SignatureMismatch,
    parse_claim,
    verify_claim,
    verify_envelope,
)
from usi_fed.activitypub.signatures import Request as SignedRequest
from usi_fed.activitypub.signed_request import normal_authority
from usi_fed.actors.house import House, house_of
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor
from usi_fed.errors import (
    Gone,
    MalformedActivity,
    NotAllowed,
    NotFound,
    RemoteRefused,
    RemoteUnavailable,
    SignatureRejected,
)


async def require_signed_fetch(request: Request) -> Actor | None:
    """Let a GET of a public document pass. The actor who asks, where a signature is demanded (authorized fetch).

    Where it is not, nobody is proven and None is returned; still, whoever says to be of a blocked host is refused.

    Raises:
        SignatureRejected: a signature is demanded, and it is missing or does not hold.
        NotAllowed: the asker, or their host, is blocked here.
        RemoteUnavailable: the asker's key cannot be had for now.
    """
    house = house_of(request)
    if house.settings.demands_signatures:
        return await verify_fetch(request)
    if is_signed(request):
        _refuse_blocked(house, request)
    return None


async def require_known(request: Request, uri: str) -> None:
    """See that the asker may know of an actor of ours; whether there is one is another question.

    Raises:
        NotFound: there is none for this asker, in the very words of there being none.
    """
    house = house_of(request)
    if await house.actors.served.is_open(uri):
        return
    # As much work for who is hidden as for who does not exist: the time of the answer tells nothing either.
    actor = await house.database.read(find_actor, uri)
    asker = await find_proven(request)
    if actor is None or not await house.database.read(house.actors.may_know, actor, asker):
        raise NotFound("no such actor here")


async def find_asker(request: Request) -> Actor | None:
    """The actor who asks, None when the request is not signed: for documents that not everybody may read.

    Raises:
        SignatureRejected, NotAllowed, RemoteUnavailable: as `verify_fetch`.
    """
    return await verify_fetch(request) if is_signed(request) else None


async def find_proven(request: Request) -> Actor | None:
    """As `find_asker`, but who cannot be proven is nobody: where an error would tell that there is something."""
    try:
        return await find_asker(request)
    except (SignatureRejected, MalformedActivity, NotAllowed, RemoteUnavailable):
        return None


async def verify_fetch(request: Request) -> Actor:
    """Prove who asks.

    Raises:
        SignatureRejected: there is no signature, or it does not hold.
        MalformedActivity: a signature header breaks its specification.
        NotAllowed: the asker, or their host, is blocked here.
        RemoteUnavailable: the asker's key cannot be had for now.
    """
    house = house_of(request)
    signed = SignedRequest.from_asgi(request.scope, house.settings.scheme, None)
    claim = parse_claim(signed)
    _check_host(house, claim.key_id)
    try:
        owner = await _prove(house, claim, signed)
        asker = await house.remote_actors.get(owner)
    except (Gone, RemoteRefused) as error:
        raise SignatureRejected("the signer is not to be found") from error
    if asker.is_shut_out:
        raise NotAllowed("the asker is suspended")
    return asker


def is_signed(request: Request) -> bool:
    """Whether a request carries a signature of either dialect, good or bad."""
    return "signature" in request.headers or "signature-input" in request.headers


async def _prove(house: House, claim: Claim, signed: SignedRequest) -> str:
    """The uri of the actor whose key signed the request; it is of the key's own origin."""
    authorities = (normal_authority(house.settings.domain, house.settings.scheme),)
    verify_envelope(claim, signed, house.clock(), authorities)
    people = house.remote_actors
    key = people.cached_key(claim.key_id) or await people.key(claim.key_id, asker=signed.came_from)
    try:
        verify_claim(claim, signed, key, house.clock(), authorities)
    except SignatureMismatch:
        key = await people.key(claim.key_id, refetch=True, asker=signed.came_from)
        verify_claim(claim, signed, key, house.clock(), authorities)
    return key.owner


def _refuse_blocked(house: House, request: Request) -> None:
    try:
        claim = parse_claim(SignedRequest.from_asgi(request.scope, house.settings.scheme, None))
    except (SignatureRejected, MalformedActivity):
        return  # no signature was asked for
    _check_host(house, claim.key_id)


def _check_host(house: House, uri: str) -> None:
    try:
        host = host_of(uri)
    except MalformedActivity as error:
        raise SignatureRejected("the key id is no http(s) URI") from error
    if not house.is_host_allowed(host):
        raise NotAllowed("the host of the asker is blocked")
