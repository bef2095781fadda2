from datetime import timedelta

import pytest
import pytest_asyncio

from tests.activitypub.signing import ACTOR, NOW, ed25519_key, other_rsa_key, rsa_key
from tests.activitypub.wire_fixtures import fixture
from usi_fed.activitypub.contexts import ACTIVITYSTREAMS, SECURITY
from usi_fed.activitypub.keys import parse_actor_keys
from usi_fed.activitypub.ld_signatures import create_ld_signature, ld_claim, verify_ld_signature
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.proofs import create_proof, verify_proof
from usi_fed.errors import MalformedActivity, SignatureRejected

CREATE = {
    "@context": ACTIVITYSTREAMS,
    "id": f"{ACTOR}/creates/1",
    "type": "Create",
    "actor": ACTOR,
    "object": {"id": f"{ACTOR}/notes/1", "type": "Note", "content": "Strike!", "attributedTo": ACTOR},
}


@pytest_asyncio.fixture(loop_scope="function")
async def linked_data():
    one = LinkedData(timeout=timedelta(seconds=20))
    yield one
    await one.close()


def mastodon_key():
    (key,) = parse_actor_keys(fixture("mastodon/actor-person-ldsig-key.json"))
    return key


async def signed(linked_data, document=CREATE, key=None):
    return await create_ld_signature(document, key or rsa_key(), NOW, linked_data)


async def test_a_captured_signature_of_mastodon_holds(linked_data):
    document = fixture("mastodon/create-note-ldsig-valid.json")
    proven = await verify_ld_signature(document, mastodon_key(), NOW, linked_data)
    assert proven["actor"] == document["actor"]
    assert proven["object"]["content"] == document["object"]["content"]
    assert "signature" not in proven


async def test_a_captured_document_that_was_tampered_with_is_refused(linked_data):
    document = fixture("security/create-note-ldsig-tampered.json")
    with pytest.raises(SignatureRejected, match="does not hold"):
        await verify_ld_signature(document, mastodon_key(), NOW, linked_data)


@pytest.mark.parametrize("name", ["accept-follow", "announce", "follow", "undo-follow", "delete-note-tombstone"])
async def test_captured_signatures_of_others_are_read_and_do_not_hold_with_this_key(linked_data, name):
    document = fixture(f"mastodon/{name}-ldsig.json")
    claim = ld_claim(document)
    assert claim is not None
    assert len(claim.signature) == 256
    with pytest.raises(SignatureRejected, match="another key"):
        await verify_ld_signature(document, mastodon_key(), NOW, linked_data)


async def test_our_own_signature_holds(linked_data):
    document = await signed(linked_data)
    assert document["@context"] == [ACTIVITYSTREAMS, SECURITY]
    proven = await verify_ld_signature(document, rsa_key().public, NOW, linked_data)
    assert proven["object"] == CREATE["object"]


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "https://evil.example/eve"},
        {"to": f"{ACTIVITYSTREAMS}#Public"},
        {"object": {**CREATE["object"], "content": "No strike"}},
        {"@context": [ACTIVITYSTREAMS, SECURITY, {"content": "as:summary"}]},
    ],
)
async def test_a_changed_document_is_refused(linked_data, change):
    document = {**await signed(linked_data), **change}
    with pytest.raises(SignatureRejected, match="does not hold"):
        await verify_ld_signature(document, rsa_key().public, NOW, linked_data)


@pytest.mark.parametrize(
    "addition",
    [
        {"undefinedTerm": "added by somebody"},
        {"quote": "https://evil.example/1"},
        {"attachment": [{"id": "relative", "type": "Image", "url": "https://evil.example/i"}]},
        {"to": []},
        {"inReplyTo": "relative"},
    ],
)
async def test_what_the_signature_does_not_cover_is_not_in_the_result(linked_data, addition):
    document = await signed(linked_data)
    expected = await verify_ld_signature(document, rsa_key().public, NOW, linked_data)
    assert await verify_ld_signature({**document, **addition}, rsa_key().public, NOW, linked_data) == expected


async def test_an_undefined_type_is_not_in_the_result(linked_data):
    document = await signed(linked_data, {**CREATE, "type": ["Create", "Unheard"]})
    renamed = {**document, "type": ["Create", "Delicious"]}
    proven = await verify_ld_signature(renamed, rsa_key().public, NOW, linked_data)
    assert proven["type"] == "Create"


@pytest.mark.parametrize(
    "terms",
    [
        {"url": "https://a.example/> <https://a.example/p> <https://a.example/o"},
        {"to": "https://a.example/ b"},
        {"https://a.example/><https://a.example/p": "x"},
        {
            "name": {
                "@value": "x",
                "@language": "en .\n<https://a.example/s> <https://a.example/p> <https://a.example/o",
            }
        },
        {"name": {"@value": "x", "@type": "https://a.example/> <o"}},
    ],
)
async def test_a_name_that_could_pose_as_several_statements_is_refused(linked_data, terms):
    document = {**await signed(linked_data), **terms}
    with pytest.raises(MalformedActivity):
        await verify_ld_signature(document, rsa_key().public, NOW, linked_data)


async def test_a_changed_signature_time_is_refused(linked_data):
    document = await signed(linked_data)
    document["signature"] = {**document["signature"], "created": "2026-11-22T11:59:59Z"}
    with pytest.raises(SignatureRejected, match="does not hold"):
        await verify_ld_signature(document, rsa_key().public, NOW, linked_data)


async def test_another_key_of_the_same_name_is_refused(linked_data):
    with pytest.raises(SignatureRejected, match="does not hold"):
        await verify_ld_signature(await signed(linked_data), other_rsa_key().public, NOW, linked_data)


async def test_an_expired_or_future_signature_is_refused(linked_data):
    document = await signed(linked_data)
    document["signature"] = {**document["signature"], "expires": "2026-11-22T12:00:00Z"}
    with pytest.raises(SignatureRejected, match="expired"):
        await verify_ld_signature(document, rsa_key().public, NOW, linked_data)
    with pytest.raises(SignatureRejected, match="future"):
        await verify_ld_signature(document, rsa_key().public, NOW - timedelta(minutes=61), linked_data)


@pytest.mark.parametrize("terms", [{"@graph": []}, {"@included": []}, {"@reverse": {}}])
async def test_graph_included_and_reverse_are_refused(linked_data, terms):
    document = await signed(linked_data)
    with pytest.raises(MalformedActivity, match="refuse"):
        await verify_ld_signature({**document, **terms}, rsa_key().public, NOW, linked_data)
    nested = {**document, "object": {**document["object"], **terms}}
    with pytest.raises(MalformedActivity, match="refuse"):
        await verify_ld_signature(nested, rsa_key().public, NOW, linked_data)


async def test_an_unknown_context_is_refused(linked_data):
    document = await signed(linked_data)
    document["@context"] = [*document["@context"], "https://unknown.example/c"]
    with pytest.raises(MalformedActivity):
        await verify_ld_signature(document, rsa_key().public, NOW, linked_data)


@pytest.mark.parametrize("signature", [None, "x", {}, {"type": "Ed25519Signature2018"}])
async def test_a_document_without_our_kind_of_signature_is_refused(linked_data, signature):
    document = {**CREATE, "signature": signature}
    assert ld_claim(document) is None
    with pytest.raises(SignatureRejected, match="no Linked Data signature"):
        await verify_ld_signature(document, rsa_key().public, NOW, linked_data)


@pytest.mark.parametrize(
    "terms", [{"creator": None}, {"signatureValue": None}, {"signatureValue": "*"}, {"created": "now"}, {"expires": 1}]
)
async def test_an_unreadable_signature_is_malformed(linked_data, terms):
    document = await signed(linked_data)
    with pytest.raises(MalformedActivity):
        ld_claim({**document, "signature": {**document["signature"], **terms}})


async def test_a_signature_over_a_proof_leaves_both_valid(linked_data):
    document = await signed(linked_data, create_proof(CREATE, ed25519_key(), NOW))
    await verify_ld_signature(document, rsa_key().public, NOW, linked_data)
    assert verify_proof(document, ed25519_key().public, NOW)["object"] == CREATE["object"]


async def test_an_ed25519_key_cannot_make_this_signature(linked_data):
    with pytest.raises(ValueError, match="RSA"):
        await signed(linked_data, key=ed25519_key())
