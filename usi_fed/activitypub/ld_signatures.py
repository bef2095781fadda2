"""Linked Data signatures (RsaSignature2017): what relays and forwarded replies of Mastodon carry.

Spec: `../shared/interop/mastodon.md` section 8, "LD signatures"; `../shared/interop/security.md` section 3
"""

from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from usi_fed.activitypub.contexts import ACTIVITYSTREAMS, IDENTITY, SECURITY, entries_of
from usi_fed.activitypub.keys import PrivateKey, PublicKey
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.errors import MalformedActivity, SignatureRejected

SIGNATURE_TYPE = "RsaSignature2017"

_CLOCK_SKEW = timedelta(hours=1)
# What of the signature is not among the signed options.
_NOT_OPTIONS = ("type", "id", "signatureValue", "@context")


@dataclass(frozen=True, slots=True)
class LdClaim:
    """What a Linked Data signature says; nothing in it is proven. `creator` is the URI of the key."""

    creator: str
    created: datetime | None
    expires: datetime | None
    signature: bytes
    options: Mapping[str, object]


def ld_claim(document: Mapping[str, object]) -> LdClaim | None:
    """What the document's signature claims, or None when it has none of our kind.

    Raises:
        MalformedActivity: such a signature without creator, value or readable times.
    """
    signature = document.get("signature")
    if not isinstance(signature, Mapping) or signature.get("type") != SIGNATURE_TYPE:
        return None
    creator, value = signature.get("creator"), signature.get("signatureValue")
    if not isinstance(creator, str) or not isinstance(value, str):
        raise MalformedActivity("a Linked Data signature needs creator and signatureValue")
    return LdClaim(
        creator=creator,
        created=_moment(signature.get("created")),
        expires=_moment(signature.get("expires")),
        signature=_parse_base64(value),
        options={name: option for name, option in signature.items() if name not in _NOT_OPTIONS},
    )


async def verify_ld_signature(
    document: Mapping[str, object], key: PublicKey, now: datetime, linked_data: LinkedData
) -> dict[str, object]:
    """Prove that the owner of `key` signed this document; returns what was proven, in our usual terms.

    Use the result, not the document: what is signed is the meaning under its contexts, and a plain reading of
    the same text may find another one. The caller still checks that the key's owner is the `actor` of the
    result.

    Raises:
        SignatureRejected: no signature of our kind, expired, from the future, another key than it names, or it
            does not hold.
        MalformedActivity: it cannot be processed: an unknown context, a refused keyword, or too slow.
        TooLarge: over 64 kB.
    """
    claim = ld_claim(document)
    if claim is None:
        raise SignatureRejected("no Linked Data signature")
    if key.algorithm != "rsa" or key.key_id != claim.creator:
        raise SignatureRejected("the Linked Data signature names another key")
    if claim.expires is not None and claim.expires <= now:
        raise SignatureRejected("the Linked Data signature has expired")
    if claim.created is not None and claim.created > now + _CLOCK_SKEW:
        raise SignatureRejected("the Linked Data signature was made in the future")
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    hashes, compacted = await linked_data.hashes_and_compacted(_signed_options(claim.options), unsigned)
    if not key.verify(claim.signature, "".join(hashes).encode()):
        raise SignatureRejected("the Linked Data signature does not hold")
    return compacted


async def create_ld_signature(
    document: Mapping[str, object], key: PrivateKey, created: datetime, linked_data: LinkedData
) -> dict[str, object]:
    """The document with a signature by `key` (RSA). A `proof` must already be in it, it is signed too.

    Raises:
        ValueError: the key is not RSA.
        MalformedActivity, TooLarge: as `verify_ld_signature`.
    """
    if key.algorithm != "rsa":
        raise ValueError("RsaSignature2017 needs an RSA key")
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    unsigned["@context"] = _with_security_context(document.get("@context"))
    options: dict[str, object] = {
        "creator": key.key_id,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    hashes = await linked_data.hashes([_signed_options(options), unsigned])
    value = b64encode(key.sign("".join(hashes).encode())).decode()
    return {**unsigned, "signature": {"type": SIGNATURE_TYPE, **options, "signatureValue": value}}


def _signed_options(options: Mapping[str, object]) -> dict[str, object]:
    return {**options, "@context": IDENTITY}


def _with_security_context(context: object) -> list[object]:
    """A context in which `signature` means something; it must come after the one that is there."""
    entries = entries_of(context) or [ACTIVITYSTREAMS]
    return list(entries) if SECURITY in entries else [*entries, SECURITY]


def _parse_base64(text: str) -> bytes:
    try:
        return a2b_base64("".join(text.split()), strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise MalformedActivity("signatureValue is not base64") from error


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise MalformedActivity("a time of the signature is not text")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise MalformedActivity("a time of the signature is not a date") from error
    # Old servers leave the zone out and mean UTC.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
