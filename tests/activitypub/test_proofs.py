from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from tests.activitypub.signing import ACTOR, NOW, ed25519_key, rsa_key
from tests.activitypub.wire_fixtures import fixture, vector
from usi_fed.activitypub.jcs import canonical_json
from usi_fed.activitypub.keys import PrivateKey, PublicKey
from usi_fed.activitypub.multibase import encode_base58btc, parse_base58btc
from usi_fed.activitypub.proofs import DATA_INTEGRITY_CONTEXT, create_proof, proof_claim, verify_proof
from usi_fed.errors import MalformedActivity, SignatureRejected

AS2 = "https://www.w3.org/ns/activitystreams"
NOTE = {"@context": AS2, "id": f"{ACTOR}/notes/1", "type": "Note", "attributedTo": ACTOR, "content": "Strike!"}
PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")


def proven(document=NOTE, *, key=None, when=NOW):
    return create_proof(document, key or ed25519_key(), when)


def with_proof_terms(document, **terms):
    """The document with a changed proof, signed anew so that only the terms can be what is refused."""
    config = {**document["proof"], **terms}
    config = {name: value for name, value in config.items() if name != "proofValue" and value is not None}
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    data = sha256(canonical_json(config)).digest() + sha256(canonical_json(unsecured)).digest()
    return {**document, "proof": {**config, "proofValue": encode_base58btc(ed25519_key().sign(data))}}


class TestPublishedVectors:
    def key(self, example):
        seed = parse_base58btc(example["key"]["secretKeyMultibase"])[2:]
        method = example["proof"]["verificationMethod"]
        return PrivateKey.from_der(method, method.partition("#")[0], PKCS8_ED25519 + seed)

    def test_we_make_the_proof_of_the_fep(self):
        example = vector("fep-8b32.json")
        created = datetime.fromisoformat(example["created"])
        assert create_proof(example["document"], self.key(example), created) == {
            **example["document"],
            "proof": example["proof"],
        }

    def test_we_accept_the_proof_of_the_fep(self):
        example = vector("fep-8b32.json")
        method = example["proof"]["verificationMethod"]
        key = PublicKey.from_multibase(method, method.partition("#")[0], example["key"]["publicKeyMultibase"])
        assert verify_proof({**example["document"], "proof": example["proof"]}, key, NOW) == example["document"]

    def test_we_accept_the_proof_of_the_w3c(self):
        example = vector("eddsa-jcs-2022.json")
        method = example["proof"]["verificationMethod"]
        key = PublicKey.from_multibase(method, method.partition("#")[0], example["publicKeyMultibase"])
        assert canonical_json(example["document"]).decode() == example["canonical"]
        assert verify_proof({**example["document"], "proof": example["proof"]}, key, NOW) == example["document"]


def test_our_proof_verifies_and_gives_the_document_back():
    assert verify_proof(proven(), ed25519_key().public, NOW) == {**NOTE, "@context": [AS2, DATA_INTEGRITY_CONTEXT]}


def test_the_context_is_left_alone_when_it_defines_proof():
    document = {**NOTE, "@context": [AS2, "https://w3id.org/security/data-integrity/v1"]}
    assert proven(document)["@context"] == document["@context"]


@pytest.mark.parametrize(
    "change",
    [
        {"content": "No strike"},
        {"id": f"{ACTOR}/notes/2"},
        {"summary": "new"},
        {"@context": [DATA_INTEGRITY_CONTEXT, AS2]},
    ],
)
def test_a_changed_document_is_refused(change):
    with pytest.raises(SignatureRejected):
        verify_proof({**proven(), **change}, ed25519_key().public, NOW)


def test_a_changed_proof_is_refused():
    document = proven()
    document["proof"]["created"] = "2026-11-22T11:59:59Z"
    with pytest.raises(SignatureRejected, match="does not hold"):
        verify_proof(document, ed25519_key().public, NOW)


def test_a_context_that_somebody_appended_is_taken_away_again():
    document = proven()
    document["@context"] = [*document["@context"], {"content": "https://evil.example/x"}]
    assert verify_proof(document, ed25519_key().public, NOW)["@context"] == [AS2, DATA_INTEGRITY_CONTEXT]


def test_a_linked_data_signature_beside_the_proof_does_not_count():
    document = {**proven(), "signature": {"type": "RsaSignature2017"}}
    assert "signature" not in verify_proof(document, ed25519_key().public, NOW)


def test_signing_drops_an_earlier_proof_and_signature():
    again = proven({**proven(), "signature": {"type": "RsaSignature2017"}})
    assert again == proven()


def test_a_proof_by_another_key_of_the_same_name_is_refused():
    other = PrivateKey.generate_ed25519(ed25519_key().key_id, ACTOR)
    with pytest.raises(SignatureRejected, match="does not hold"):
        verify_proof(proven(), other.public, NOW)


def test_a_key_that_the_proof_does_not_name_is_refused():
    other = PrivateKey.generate_ed25519(f"{ACTOR}#other", ACTOR)
    with pytest.raises(SignatureRejected, match="names another key"):
        verify_proof(proven(), other.public, NOW)


def test_another_purpose_is_refused():
    document = with_proof_terms(proven(), proofPurpose="authentication")
    with pytest.raises(SignatureRejected, match="purpose"):
        verify_proof(document, ed25519_key().public, NOW)


def test_an_expired_proof_is_refused():
    document = with_proof_terms(proven(), expires="2026-11-22T13:00:00+01:00")
    verify_proof(document, ed25519_key().public, NOW - timedelta(seconds=1))
    with pytest.raises(SignatureRejected, match="expired"):
        verify_proof(document, ed25519_key().public, NOW)


def test_a_proof_from_the_future_is_refused():
    with pytest.raises(SignatureRejected, match="future"):
        verify_proof(proven(), ed25519_key().public, NOW - timedelta(hours=1, seconds=1))


def test_a_proof_without_created_or_context_holds():
    document = with_proof_terms(proven(), **{"created": None, "@context": None})
    verify_proof(document, ed25519_key().public, NOW)


@pytest.mark.parametrize(
    "proof", [None, "x", [], {}, {"type": "DataIntegrityProof", "cryptosuite": "mldsa44-jcs-2024"}]
)
def test_other_proofs_are_passed_over(proof):
    assert proof_claim({**NOTE, "proof": proof}) is None
    with pytest.raises(SignatureRejected, match="no proof"):
        verify_proof({**NOTE, "proof": proof}, ed25519_key().public, NOW)


def test_our_kind_is_found_among_several():
    document = proven()
    document["proof"] = [{"type": "DataIntegrityProof", "cryptosuite": "other"}, document["proof"]]
    verify_proof(document, ed25519_key().public, NOW)


@pytest.mark.parametrize(
    "terms",
    [
        {"verificationMethod": {"id": "x"}},
        {"created": "yesterday"},
        {"created": "2026-11-22T12:00:00"},
        {"expires": 5},
    ],
)
def test_an_unreadable_proof_is_malformed(terms):
    with pytest.raises(MalformedActivity):
        proof_claim(with_proof_terms(proven(), **terms))


@pytest.mark.parametrize("value", ["", "u1234", None, "zO"])
def test_a_proof_value_that_is_not_base58btc_is_malformed(value):
    document = proven()
    document["proof"]["proofValue"] = value
    with pytest.raises(MalformedActivity):
        proof_claim(document)


def test_an_rsa_key_cannot_make_a_proof():
    with pytest.raises(ValueError, match="Ed25519"):
        create_proof(NOTE, rsa_key(), NOW)


def test_a_captured_proof_of_mitra_is_read():
    claim = proof_claim(fixture("mitra/create-note.json"))
    assert claim is not None
    assert len(claim.signature) == 64
