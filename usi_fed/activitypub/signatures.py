"""HTTP signatures: who sent this request, proven; and our own requests, signed.

The way of an incoming request: `parse_claim` reads the header, the caller finds the key that `key_id` names
(a key whose owner vouches for it, see `keys.parse_actor_keys`), `verify_claim` proves the claim with it. Then
the caller checks that the key's owner is the activity's actor and that the signature was not seen before
(`replay_key`).

Spec: draft-cavage-http-signatures-12; RFC 9421; `../shared/interop/mastodon.md` section 1;
`../shared/interop/security.md` section 3
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import blake2b

from usi_fed.activitypub.cavage import cavage_base, parse_cavage, sign_cavage
from usi_fed.activitypub.digests import (
    body_digest,
    content_digest_header,
    digest_header,
    verify_content_digest_header,
    verify_digest_header,
)
from usi_fed.activitypub.keys import PublicKey
from usi_fed.activitypub.rfc9421 import ALGORITHMS, parse_rfc9421, rfc9421_base, sign_rfc9421
from usi_fed.activitypub.signed_request import (
    METHODS_WITHOUT_BODY,
    Claim,
    Request,
    SignatureMismatch,
    headers_from_asgi,
    normal_authority,
)
from usi_fed.errors import SignatureRejected

__all__ = [
    "CLOCK_SKEW",
    "MAX_LIFETIME",
    "REPLAY_WINDOW",
    "Claim",
    "Request",
    "SignatureMismatch",
    "body_digest",
    "content_digest_header",
    "digest_header",
    "headers_from_asgi",
    "parse_claim",
    "replay_key",
    "sign_cavage",
    "sign_rfc9421",
    "verify_claim",
    "verify_envelope",
]

CLOCK_SKEW = timedelta(hours=1)
DEFAULT_LIFETIME = timedelta(minutes=5)
MAX_LIFETIME = timedelta(hours=12)
# How long one signature can be valid, from the earliest moment we take it to the last.
REPLAY_WINDOW = CLOCK_SKEW + MAX_LIFETIME + CLOCK_SKEW

_CAVAGE_ALGORITHMS = {"rsa": ("", "hs2019", "rsa-sha256"), "ed25519": ("", "hs2019", "ed25519")}


def parse_claim(request: Request) -> Claim:
    """Read what the signature of a request claims; RFC 9421 when there is a `Signature-Input`.

    Raises:
        SignatureRejected: there is no signature, a signature header is repeated, or too little is covered.
        MalformedActivity: a header that does not follow its specification.
    """
    if "signature-input" in request.headers:
        return parse_rfc9421(request)
    return parse_cavage(request)


def verify_claim(
    claim: Claim,
    request: Request,
    key: PublicKey,
    now: datetime,
    authorities: Collection[str],
    digest: bytes | None = None,
) -> None:
    """Prove that the owner of `key` sent exactly this request, to us, now.

    `authorities` are the hosts (with port, if not the default one) under which we are known, lower-case.
    `digest` is `body_digest` of the body, when the caller already has it.

    Raises:
        SignatureMismatch: all else is right, but another key signed this.
        SignatureRejected: too old, from the future, for another host, with another body, or the header names
            an algorithm that is not the key's.
        MalformedActivity: a digest header that cannot be read.
    """
    verify_envelope(claim, request, now, authorities, digest)
    _verify_algorithm(claim, key)
    if claim.dialect == "rfc9421":
        is_proven = key.verify(claim.signature, rfc9421_base(claim.covered, claim.parameters, request))
    else:
        is_proven = _is_proven_by_cavage(claim, request, key)
    if not is_proven:
        raise SignatureMismatch(f"signature does not hold with {claim.key_id}")


def verify_envelope(
    claim: Claim,
    request: Request,
    now: datetime,
    authorities: Collection[str],
    digest: bytes | None = None,
) -> None:
    """The part of `verify_claim` that needs no key: ask this before fetching an unknown one.

    Raises:
        SignatureRejected, MalformedActivity: as `verify_claim`.
    """
    _verify_times(claim, now)
    if not _names_us(claim, request, authorities):
        raise SignatureRejected("signed for another host")
    if request.method not in METHODS_WITHOUT_BODY:
        _verify_digests(request, digest)


def replay_key(claim: Claim) -> bytes:
    """16 bytes that are the same for every copy of a signed request, for a memory of `REPLAY_WINDOW`.

    Made of the signature alone: draft-cavage does not sign the keyId, so a copy may come with another name of
    the same key. Two honest requests share it only when all that is covered is the same, as with two GETs of
    one URL in one second: keep the memory for requests that act.
    """
    return blake2b(claim.signature, digest_size=16).digest()


def _verify_times(claim: Claim, now: datetime) -> None:
    if claim.created is None:
        raise SignatureRejected("no time is signed")
    if claim.created > now + CLOCK_SKEW:
        raise SignatureRejected("signed in the future")
    expires = claim.expires or claim.created + DEFAULT_LIFETIME
    if now > min(expires, claim.created + MAX_LIFETIME) + CLOCK_SKEW:
        raise SignatureRejected("signed too long ago")


def _names_us(claim: Claim, request: Request, authorities: Collection[str]) -> bool:
    ours = request.normal_authority()
    # The signed text is the Host header in draft-cavage, the authority in RFC 9421: they must be one.
    signed = ours if "host" not in claim.covered else normal_authority(request.header("host"), request.scheme)
    return signed == ours and ours in authorities


def _verify_digests(request: Request, digest: bytes | None) -> None:
    actual = body_digest(request.body or b"") if digest is None else digest
    if "digest" in request.headers:
        verify_digest_header(request.header("digest"), actual)
    if "content-digest" in request.headers:
        verify_content_digest_header(request.header("content-digest"), actual)


def _verify_algorithm(claim: Claim, key: PublicKey) -> None:
    if claim.dialect == "rfc9421":
        fitting: tuple[str, ...] = ("", ALGORITHMS[key.algorithm])
    else:
        fitting = _CAVAGE_ALGORITHMS[key.algorithm]
    if claim.algorithm not in fitting:
        raise SignatureRejected("the header names an algorithm that is not the key's")


def _is_proven_by_cavage(claim: Claim, request: Request, key: PublicKey) -> bool:
    if key.verify(claim.signature, cavage_base(claim, request, request.target)):
        return True
    # Some servers leave the query out of (request-target); Mastodon takes that too.
    path, mark, _ = request.target.partition("?")
    return bool(mark) and key.verify(claim.signature, cavage_base(claim, request, path))
