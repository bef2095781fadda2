"""The examples of affiliation in `docs/vocabulary.md` are what we send, and hold for whoever verifies them."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from usi_fed.activitypub.affiliations import Claim, affiliation_document, claims_document, verify_affiliation
from usi_fed.activitypub.keys import PrivateKey, parse_actor_keys
from usi_fed.activitypub.proofs import create_proof
from usi_fed.unions.affiliation_documents import answer_activity, offer_activity
from usi_fed.unions.model import Affiliation

VOCABULARY = Path(__file__).parents[2] / "docs" / "vocabulary.md"
UNION, FEDERATION = "https://union.example/users/dockers", "https://federation.example/users/ports"
MADE = datetime(2026, 3, 1, 12, tzinfo=UTC)
ATTESTED = MADE + timedelta(hours=3)
STATEMENT, STAMP = f"{UNION}/affiliations/116153804390434867", f"{FEDERATION}/affiliations/116154512291946514"


def _key(owner, seed):
    secret = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    der = secret.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return PrivateKey.from_der(f"{owner}#ed25519-key", owner, der)


def _keys_shown(owner, seed):
    key = _key(owner, seed).public
    multikey = {"id": key.key_id, "type": "Multikey", "controller": owner, "publicKeyMultibase": key.to_multibase()}
    return {"id": owner, "type": "Organization", "assertionMethod": [multikey]}


def examples():
    """Every document of the section about affiliation, in its order."""
    statement = create_proof(affiliation_document(STATEMENT, UNION, FEDERATION, MADE, None), _key(UNION, 1), MADE)
    stamp = create_proof(
        affiliation_document(STAMP, UNION, FEDERATION, ATTESTED, FEDERATION), _key(FEDERATION, 2), ATTESTED
    )
    claims = claims_document(f"{UNION}/affiliations", [Claim(statement, STAMP)])
    values = dict.fromkeys(Affiliation._fields)
    values |= {"offer_uri": f"{UNION}/activities/116153804390434868", "offered_at": MADE, "statement": statement}
    values |= {"statement_uri": STATEMENT, "stamp": stamp, "reason": ""}
    asked = Affiliation(**values)
    answered = asked._replace(answer_uri=f"{FEDERATION}/activities/116154512291946515")
    subject, approver = SimpleNamespace(uri=UNION), SimpleNamespace(uri=FEDERATION)
    return [
        statement,
        stamp,
        claims,
        offer_activity(asked, subject, approver),
        answer_activity(answered, subject, approver),
        _keys_shown(UNION, 1),
        _keys_shown(FEDERATION, 2),
    ]


def _shown():
    section = VOCABULARY.read_text("utf-8").partition("\n## Affiliation\n")[2].partition("\n## Directories\n")[0]
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]


def test_the_examples_are_what_we_send():
    assert _shown() == json.loads(json.dumps(examples()))


def test_the_examples_hold_for_whoever_verifies_them():
    statement, stamp, claims, _, _, union, federation = _shown()
    assert claims["items"][0]["usi:statement"] == statement
    for document, actor in ((statement, union), (stamp, federation)):
        parsed = verify_affiliation(document, actor["id"], parse_actor_keys(actor), ATTESTED)
        assert (parsed.subject, parsed.approver) == (UNION, FEDERATION)
