import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.activitypub.wire_fixtures import fixture
from usi_fed.activitypub.contexts import ACTIVITYSTREAMS, OUR_CONTEXT, context_for
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.errors import MalformedActivity, TooLarge

AS = f"{ACTIVITYSTREAMS}#"


@pytest_asyncio.fixture(loop_scope="function")
async def linked_data():
    one = LinkedData(timeout=timedelta(seconds=20))
    yield one
    await one.close()


def bomb(size: int) -> dict:
    """Blank nodes that all look alike: to name them canonically every order must be tried."""
    inner = {"type": "Note", "attachment": {"type": "Image", "tag": [{"type": "Link"}] * 2}}
    return {"@context": ACTIVITYSTREAMS, "type": "Note", "tag": [{"type": "Note", "tag": [inner] * size}] * size}


async def test_other_names_for_usual_terms_become_the_usual_names(linked_data):
    document = {
        "@context": [ACTIVITYSTREAMS, {"text": "as:content", "by": {"@id": "as:attributedTo", "@type": "@id"}}],
        "@id": "https://a.example/1",
        "@type": "as:Note",
        "text": "Hello",
        "by": "https://a.example/ana",
        f"{AS}summary": "short",
        "as:to": {"@id": f"{AS}Public"},
    }
    assert await linked_data.normalise(document) == {
        "@context": OUR_CONTEXT,
        "id": "https://a.example/1",
        "type": "Note",
        "content": "Hello",
        "attributedTo": "https://a.example/ana",
        "summary": "short",
        "to": "as:Public",
    }


async def test_a_term_with_another_meaning_does_not_pose_as_ours(linked_data):
    document = {
        "@context": [ACTIVITYSTREAMS, {"content": "https://evil.example/content"}],
        "id": "https://a.example/1",
        "type": "Note",
        "content": "not content",
    }
    normal = await linked_data.normalise(document)
    assert "content" not in normal
    assert normal["https://evil.example/content"] == "not content"


async def test_an_unknown_context_defines_nothing(linked_data):
    document = {"@context": [ACTIVITYSTREAMS, "https://unknown.example/c"], "type": "Note", "strange": 1, "name": "n"}
    assert await linked_data.normalise(document) == {"@context": OUR_CONTEXT, "type": "Note", "name": "n"}


async def test_an_unknown_context_has_no_hash(linked_data):
    with pytest.raises(MalformedActivity):
        await linked_data.hashes([{"@context": "https://unknown.example/c", "type": "Note"}])


@pytest.mark.parametrize(
    "context",
    [
        "https://w3id.org/security/data-integrity/v1",
        "https://w3id.org/security/data-integrity/v2",
        "https://w3id.org/security/multikey/v1",
        "https://w3id.org/identity/v1",
        "https://w3id.org/security/v1",
        "https://www.w3.org/ns/cid/v1",
        "https://www.w3.org/ns/did/v1",
        "https://purl.archive.org/socialweb/webfinger",
        "https://litepub.social/litepub/context.jsonld",
        "https://join-lemmy.org/context.json",
        "https://gotosocial.org/ns",
    ],
)
async def test_every_shipped_context_can_be_processed(linked_data, context):
    await linked_data.hashes([{"@context": [ACTIVITYSTREAMS, context], "id": "https://a.example/1", "type": "Note"}])


async def test_our_own_context_leaves_our_own_terms_alone(linked_data):
    document = {
        "@context": OUR_CONTEXT,
        "id": "https://a.example/ana",
        "type": "Organization",
        "discoverable": True,
        "quote": "https://b.example/1",
        "assertionMethod": [
            {
                "id": "https://a.example/ana#k",
                "type": "Multikey",
                "controller": "https://a.example/ana",
                "publicKeyMultibase": "z6Mk",
            }
        ],
        "attachment": [
            {"type": "PropertyValue", "name": "Web", "value": "https://a.example"},
            {"type": "Image", "focalPoint": [0.5, -0.5], "blurhash": "U"},
        ],
    }
    assert await linked_data.normalise(document) == document
    assert await linked_data.normalise({**document, "@context": context_for(document)}) == document


async def test_a_captured_friendica_actor_is_normalised(linked_data):
    normal = await linked_data.normalise(fixture("friendica/actor-organization.json"))
    assert normal["preferredUsername"] == "informapirata"
    assert normal["publicKey"]["owner"] == normal["id"]


@pytest.mark.parametrize(
    "terms",
    [
        {"@graph": []},
        {"@included": []},
        {"@reverse": {}},
        {"@nest": {}},
        {"@index": "x"},
        {"attachment": [{"tag": {"@reverse": {}}}]},
        {"@context": {"g": "@graph"}},
        {"@context": {"r": {"@reverse": "as:object"}}},
        {"@context": {"i": "@included"}},
        {"@context": {"n": {"@id": "as:name", "@type": "@json"}}},
        {"@context": {"@import": "https://w3id.org/identity/v1"}},
        {"@context": {"t": {"@id": "as:tag", "@container": "@graph"}}},
        {"id": "_:b0"},
        {"tag": [{"_:x": 1}]},
    ],
)
async def test_rare_parts_of_json_ld_are_refused(linked_data, terms):
    document = {"@context": ACTIVITYSTREAMS, "type": "Note", **terms}
    with pytest.raises(MalformedActivity, match="refuse"):
        await linked_data.normalise(document)
    with pytest.raises(MalformedActivity, match="refuse"):
        await linked_data.hashes([document])


@pytest.mark.parametrize("document", [{"content": "x" * 70_000}, {"tag": [{}] * 2000}])
async def test_large_documents_are_refused(linked_data, document):
    with pytest.raises(TooLarge):
        await linked_data.normalise(document)


@pytest.mark.parametrize(
    "document", [{"@context": 5}, {"@context": ACTIVITYSTREAMS, "@id": 5}, {"@context": {"@vocab": 5}}, {"n": 2**70}]
)
async def test_what_is_not_json_ld_is_malformed(linked_data, document):
    with pytest.raises(MalformedActivity):
        await linked_data.normalise(document)


async def test_a_canonicalisation_bomb_is_killed_and_the_next_document_is_served():
    linked_data = LinkedData(timeout=timedelta(seconds=2))
    loop_turns = 0

    async def count_turns():
        nonlocal loop_turns
        while True:
            await asyncio.sleep(0.01)
            loop_turns += 1

    counter = asyncio.create_task(count_turns())
    with pytest.raises(MalformedActivity, match="in time"):
        await linked_data.hashes([bomb(9)])
    counter.cancel()
    assert loop_turns > 5
    assert len(await linked_data.hashes([{"@context": ACTIVITYSTREAMS, "type": "Note"}])) == 1
    await linked_data.close()


async def test_an_answer_nobody_waited_for_is_not_given_to_the_next(linked_data):
    first = {"@context": ACTIVITYSTREAMS, "type": "Note", "name": "first"}
    second = {"@context": ACTIVITYSTREAMS, "type": "Note", "name": "second"}
    await linked_data.normalise(first)
    task = asyncio.create_task(linked_data.normalise(first))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await linked_data.normalise(second))["name"] == "second"


async def test_several_callers_each_get_their_own_answer(linked_data):
    names = [f"n{number}" for number in range(5)]
    documents = [{"@context": ACTIVITYSTREAMS, "type": "Note", "name": name} for name in names]
    answers = await asyncio.gather(*(linked_data.normalise(document) for document in documents))
    assert [answer["name"] for answer in answers] == names


async def test_closing_twice_is_harmless(linked_data):
    await linked_data.normalise({"@context": ACTIVITYSTREAMS, "type": "Note"})
    await linked_data.close()
    await linked_data.close()
    await linked_data.normalise({"@context": ACTIVITYSTREAMS, "type": "Note"})
