"""Object integrity proofs: an actor's signature inside a document, so that others may pass it on.

Only `eddsa-jcs-2022` is spoken. Finding the key (listed by the actor who owns the document) is the caller's
part, as is checking that the key's owner is the document's `actor` or `attributedTo`.

Spec: FEP-8b32; Verifiable Credential Data Integrity 1.0 sections 4.2 and 4.4; Data Integrity EdDSA
Cryptosuites 1.0 section 3.3
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from usi_fed.activitypub.jcs import canonical_json
from usi_fed.activitypub.keys import PrivateKey, PublicKey
from usi_fed.activitypub.multibase import encode_base58btc, parse_base58btc
from usi_fed.errors import MalformedActivity, SignatureRejected

CRYPTOSUITE = "eddsa-jcs-2022"
DATA_INTEGRITY_CONTEXT = "https://w3id.org/security/data-integrity/v2"

_PROOF_TYPE = "DataIntegrityProof"
_CONTEXTS_WITH_PROOF = (DATA_INTEGRITY_CONTEXT, "https://w3id.org/security/data-integrity/v1")
_CLOCK_SKEW = timedelta(hours=1)
_MAX_PROOFS = 5
# A Linked Data signature is made after the proof and is no part of what the proof covers.
_NOT_COVERED = ("proof", "signature")


@dataclass(frozen=True, slots=True)
class ProofClaim:
    """What a proof says; nothing in it is proven. `verification_method` is the URI of the key."""

    verification_method: str
    created: datetime | None
    expires: datetime | None
    signature: bytes
    config: Mapping[str, object]


def create_proof(document: Mapping[str, object], key: PrivateKey, created: datetime) -> dict[str, object]:
    """The document with a proof by `key` (Ed25519), and with the context that defines `proof`.

    An earlier `proof` or Linked Data `signature` is dropped: the proof comes first, the signature after it.

    Raises:
        ValueError: the key is not Ed25519.
        MalformedActivity: the document has no canonical form.
    """
    if key.algorithm != "ed25519":
        raise ValueError("eddsa-jcs-2022 needs an Ed25519 key")
    unsecured = _without_proofs(document)
    context = _with_proof_context(document.get("@context"))
    unsecured["@context"] = context
    config: dict[str, object] = {
        "@context": context,
        "type": _PROOF_TYPE,
        "cryptosuite": CRYPTOSUITE,
        "verificationMethod": key.key_id,
        "proofPurpose": "assertionMethod",
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    signature = key.sign(_hash_data(config, unsecured))
    return {**unsecured, "proof": {**config, "proofValue": encode_base58btc(signature)}}


def proof_claim(document: Mapping[str, object]) -> ProofClaim | None:
    """What the document's first `eddsa-jcs-2022` proof claims, or None when it has none.

    Proofs of other kinds are passed over: FEP-8b32 wants them ignored, not refused.

    Raises:
        MalformedActivity: such a proof without key, signature or readable times.
    """
    proofs = document.get("proof")
    for proof in (proofs if isinstance(proofs, list) else [proofs])[:_MAX_PROOFS]:
        if isinstance(proof, Mapping) and (proof.get("type"), proof.get("cryptosuite")) == (_PROOF_TYPE, CRYPTOSUITE):
            return _parse_proof(proof)
    return None


def verify_proof(document: Mapping[str, object], key: PublicKey, now: datetime) -> dict[str, object]:
    """Prove that the owner of `key` made this document; returns exactly what was proven.

    The result lacks `proof` and `signature`, and its `@context` is the one that was signed: somebody who
    passes a document on may append to the context, and must not change its meaning by that. Use the result,
    not the document.

    Raises:
        SignatureRejected: no proof of our kind, another purpose, expired, from the future, another key than it
            names, or it does not hold.
        MalformedActivity: the proof or the document cannot be read.
    """
    claim = proof_claim(document)
    if claim is None:
        raise SignatureRejected("no proof that we can check")
    if claim.config.get("proofPurpose") != "assertionMethod":
        raise SignatureRejected("the proof was made for another purpose")
    if key.algorithm != "ed25519" or key.key_id != claim.verification_method:
        raise SignatureRejected("the proof names another key")
    if claim.expires is not None and claim.expires <= now:
        raise SignatureRejected("the proof has expired")
    if claim.created is not None and claim.created > now + _CLOCK_SKEW:
        raise SignatureRejected("the proof was made in the future")
    unsecured = _with_signed_context(_without_proofs(document), claim.config)
    if not key.verify(claim.signature, _hash_data(claim.config, unsecured)):
        raise SignatureRejected("the proof does not hold")
    return unsecured


def _parse_proof(proof: Mapping[str, object]) -> ProofClaim:
    method, value = proof.get("verificationMethod"), proof.get("proofValue")
    if not isinstance(method, str) or not isinstance(value, str):
        raise MalformedActivity("a proof needs verificationMethod and proofValue")
    return ProofClaim(
        verification_method=method,
        created=_moment(proof.get("created")),
        expires=_moment(proof.get("expires")),
        signature=parse_base58btc(value),
        config={name: value for name, value in proof.items() if name != "proofValue"},
    )


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise MalformedActivity("a time of the proof is not text")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise MalformedActivity("a time of the proof is not a date") from error
    if moment.tzinfo is None:
        raise MalformedActivity("a time of the proof has no zone")
    return moment


def _hash_data(config: Mapping[str, object], unsecured: Mapping[str, object]) -> bytes:
    return sha256(canonical_json(config)).digest() + sha256(canonical_json(unsecured)).digest()


def _without_proofs(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in _NOT_COVERED}


def _with_proof_context(context: object) -> object:
    entries = _as_list(context)
    if any(entry in _CONTEXTS_WITH_PROOF for entry in entries):
        return context
    return [*entries, DATA_INTEGRITY_CONTEXT]


def _with_signed_context(unsecured: dict[str, object], config: Mapping[str, object]) -> dict[str, object]:
    if "@context" not in config:
        return unsecured
    signed = _as_list(config["@context"])
    if _as_list(unsecured.get("@context"))[: len(signed)] != signed:
        raise SignatureRejected("the document's context does not begin with the one of the proof")
    return {**unsecured, "@context": config["@context"]}


def _as_list(context: object) -> list[object]:
    if context is None:
        return []
    return context if isinstance(context, list) else [context]
