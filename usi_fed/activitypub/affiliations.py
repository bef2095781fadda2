"""Statements and stamps: that one organisation belongs to another, each signed by one of the two.

A statement is the subject's word and lies on the subject's server, a stamp is the approver's and lies on the
approver's. Whoever has both, each from its own origin and proven by its maker's key, needs to ask nobody else.

Spec: `docs/vocabulary.md`; FEP-044f (the pattern of stamps), FEP-8b32 (proofs), FEP-fe34 (origins)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.contexts import context_for
from usi_fed.activitypub.keys import PublicKey
from usi_fed.activitypub.lenient import each, has_type, is_uri, mapping_of, moment_of, text_of, uri_of
from usi_fed.activitypub.proofs import proof_claim, verify_proof
from usi_fed.clock import iso
from usi_fed.errors import MalformedActivity, SignatureRejected

AFFILIATED_TO: Final = "https://w3id.org/usi-fed/ns#affiliatedTo"
MAX_BYTES = 20_000
MAX_CLAIMS = 10

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class ParsedAffiliation:
    """A statement or a stamp, read. `maker` is whose word it is: a stamp's `attributedTo`, a statement's subject."""

    uri: str
    maker: str
    subject: str
    approver: str
    published: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """What a subject shows to everybody: its statement, and where the approver's stamp is."""

    statement: Mapping[str, object]
    stamp_uri: str


def affiliation_document(uri: str, subject: str, approver: str, published: datetime, maker: str | None) -> Document:
    """A statement (`maker` None) or a stamp (the approver), to be signed."""
    document: Document = {
        "id": uri,
        "type": "Relationship",
        "usi:kind": "Affiliation",
        "subject": subject,
        "relationship": AFFILIATED_TO,
        "object": approver,
        "published": iso(published),
    }
    if maker is not None:
        document["attributedTo"] = maker
    return {"@context": context_for(document), **document}


def claims_document(uri: str, claims: Iterable[Claim]) -> Document:
    """The collection that an actor names as `usi:affiliations`."""
    items = [{"type": "usi:Claim", "usi:statement": claim.statement, "usi:stamp": claim.stamp_uri} for claim in claims]
    document: Document = {"id": uri, "type": "Collection", "totalItems": len(items), "items": items}
    return {"@context": context_for(document), **document}


def parse_claims(document: Mapping[str, object]) -> list[Claim]:
    """The usable claims of such a collection, at most ten."""
    entries = [*each(document.get("items")), *each(document.get("orderedItems"))][:MAX_CLAIMS]
    found = []
    for entry in map(mapping_of, entries):
        statement, stamp_uri = mapping_of(entry.get("usi:statement")), uri_of(entry.get("usi:stamp"))
        if statement and stamp_uri is not None:
            found.append(Claim(statement, stamp_uri))
    return found


def is_affiliation(document: Mapping[str, object] | None) -> bool:
    """Whether a document says that it is a statement or a stamp."""
    return document is not None and has_type(document, "Relationship") and document.get("usi:kind") == "Affiliation"


def verify_affiliation(
    document: Mapping[str, object], maker: str, keys: Iterable[PublicKey], now: datetime
) -> ParsedAffiliation:
    """Prove that `maker`, whose keys these are, has made a statement or a stamp; read from what was proven only.

    Raises:
        MalformedActivity: it is too large, or is no affiliation.
        SignatureRejected: it is another's, lies on another server than its maker, or the proof does not hold.
    """
    if len(orjson.dumps(document)) > MAX_BYTES:
        raise MalformedActivity("a statement or a stamp of more than 20 kB")
    claim = proof_claim(document)
    key = None if claim is None else next((key for key in keys if key.key_id == claim.verification_method), None)
    if key is None or key.owner != maker:
        raise SignatureRejected("the affiliation has no proof by a key of its maker")
    parsed = _parse(verify_proof(document, key, now))
    if parsed.maker != maker or not same_origin(parsed.uri, maker):
        raise SignatureRejected("the affiliation is another's, or lies on another server")
    return parsed


def _parse(document: Mapping[str, object]) -> ParsedAffiliation:
    uri, subject, approver = (document.get(term) for term in ("id", "subject", "object"))
    published = moment_of(document.get("published"))
    if not is_affiliation(document) or text_of(document.get("relationship")) != AFFILIATED_TO or published is None:
        raise MalformedActivity("the document is no affiliation")
    if not (isinstance(uri, str) and isinstance(subject, str) and isinstance(approver, str)):
        raise MalformedActivity("the affiliation does not say whose it is")
    if not (is_uri(uri) and is_uri(subject) and is_uri(approver)) or subject == approver:
        raise MalformedActivity("the affiliation does not say whose it is")
    return ParsedAffiliation(uri, uri_of(document.get("attributedTo")) or subject, subject, approver, published)
