import json
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld
from pyld.documentloader.frozen import BUNDLED_CONTEXTS

from tests.activitypub.wire_fixtures import FIXTURES, fixture
from usi_fed.activitypub.contexts import (
    ACTIVITYSTREAMS,
    CORE_TERMS,
    OUR_CONTEXT,
    OUR_NAMESPACE,
    OUR_TERMS,
    SHIPPED_CONTEXTS,
    context_for,
    is_plainly_usual,
    needs_normalising,
)

AS = f"{ACTIVITYSTREAMS}#"
# The old terms of relationships between people, which nobody sends.
UNUSED = {"IsContact", "IsFollowedBy", "IsFollowing", "IsMember"}


def note(*inline, **terms):
    return {"@context": [ACTIVITYSTREAMS, *inline], "type": "Note", "content": "x", **terms}


def test_our_core_terms_are_those_of_the_published_context():
    published = json.loads(BUNDLED_CONTEXTS[ACTIVITYSTREAMS].read_text())["@context"]
    iris = {name: value if isinstance(value, str) else value["@id"] for name, value in published.items()}
    assert {name for name, iri in iris.items() if iri == f"as:{name}"} - UNUSED == CORE_TERMS


def test_every_context_we_send_or_ship_is_known():
    known = {*BUNDLED_CONTEXTS, *SHIPPED_CONTEXTS}
    named = {entry for entry in OUR_CONTEXT if isinstance(entry, str)}
    for path in SHIPPED_CONTEXTS.values():
        context = json.loads(path.read_text())["@context"]
        named |= {entry for entry in (context if isinstance(context, list) else []) if isinstance(entry, str)}
    assert named <= known


@pytest.mark.parametrize(
    "document",
    [
        {"@context": ACTIVITYSTREAMS, "type": "Note"},
        {"type": "Note"},
        note(),
        note("https://unknown.example/context"),
        note({"toot": "http://joinmastodon.org/ns#", "Emoji": "toot:Emoji", "sensitive": "as:sensitive"}),
        note({"movedTo": {"@id": "as:movedTo", "@type": "@id"}, "likes": {"@id": f"{AS}likes"}}),
        note({"@language": "und"}),
        note({"as": AS, "id": "@id", "type": "@type"}),
        note({"sc": "http://schema.org#", "location": {"@id": "sc:location", "@type": "sc:Place"}}),
        note({"PropertyValue": "schema:PropertyValue", "schema": "http://schema.org/", "x": None}),
        {"@context": OUR_CONTEXT, "type": "Note"},
        note(5, None),
    ],
)
def test_usual_documents_are_read_plainly(document):
    assert not needs_normalising(document)


@pytest.mark.parametrize(
    "document",
    [
        note({"content": "https://evil.example/content"}),
        note({"content": {"@id": "https://evil.example/content"}}),
        note({"to": "as:bto"}),
        note({"actor": "as:object", "object": "as:actor"}),
        note({"content": None}),
        note({"content": {"@id": None}}),
        note({"id": "https://evil.example/id"}),
        note({"text": "as:content"}),
        note({"text": {"@id": f"{AS}content"}}),
        note({"activity": AS, "text": "activity:content"}),
        note({"a": "b:", "b": AS}),
        note({"uri": "@id"}),
        note({"kind": "@type"}),
        note({"@vocab": "https://evil.example/"}),
        note({"@base": "https://evil.example/"}),
        note({"@import": "https://evil.example/"}),
        note({"likedBy": {"@reverse": "as:object"}}),
        note({"Note": {"@id": "as:Note", "@context": {"content": "as:summary"}}}),
        note({"content": 5}),
        note(**{"as:content": "y"}),
        note(**{f"{AS}content": "y"}),
        note(**{"@id": "https://a.example/1"}),
        note(**{"@graph": []}),
        {**note(), "type": "as:Note"},
        {**note(), "type": ["Article", f"{AS}Note"]},
        note(attachment=[{"tag": [{"@context": {"name": "as:content"}}]}]),
    ],
)
def test_documents_that_play_with_names_need_normalising(document):
    assert needs_normalising(document)


def test_prefixes_in_a_circle_come_to_an_end():
    assert not needs_normalising(note({"a": "b:x", "b": "a:x", "term": "a:y"}))


def test_endless_nesting_is_looked_through():
    document = note()
    for _ in range(50_000):
        document = {"object": [document]}
    assert not needs_normalising(document)


def test_all_captured_documents_but_one_kind_are_read_plainly():
    fixture("mastodon/like.json")
    unusual = []
    for path in sorted(FIXTURES.glob("*/*.json")):
        document = json.loads(path.read_text())
        if "@context" in document and needs_normalising(document):
            unusual.append(path.relative_to(FIXTURES).as_posix())
    # Friendica writes the address of a profile as vCard, with @type.
    assert unusual == ["friendica/actor-organization.json"]


class TestContextFor:
    def test_a_plain_note_needs_activitystreams_only(self):
        assert context_for({"type": "Note", "content": "x"}) == [ACTIVITYSTREAMS]

    def test_terms_come_with_their_prefixes_and_from_any_depth(self):
        document = {"type": "Create", "object": {"type": "Note", "tag": [{"type": ["Emoji"]}], "quoteUrl": "u"}}
        assert context_for(document) == [
            ACTIVITYSTREAMS,
            {"toot": "http://joinmastodon.org/ns#", "Emoji": "toot:Emoji", "quoteUrl": "as:quoteUrl"},
        ]

    def test_keys_proofs_and_multikeys_bring_their_contexts(self):
        urls = [entry for entry in OUR_CONTEXT if isinstance(entry, str)]
        document = {"type": "Person", "publicKey": {"id": "k"}, "proof": {}, "x": [{"type": "Multikey"}]}
        assert context_for(document) == urls


@pytest.mark.parametrize(
    "context", [ACTIVITYSTREAMS, OUR_CONTEXT, [ACTIVITYSTREAMS, {"as": "https://www.w3.org/ns/activitystreams#"}]]
)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"as:content": "x"},
        {"@type": "Note"},
        {"type": "as:Note"},
        {"object": {"@context": {"content": "https://elsewhere.example/ns#content"}}},
        {"https://www.w3.org/ns/activitystreams#content": "x"},
        {"to": ["https://www.w3.org/ns/activitystreams#Public"]},
        {"content": '<p>\u00fc \u0040 "@type"</p>'},
    ],
)
def test_what_the_bytes_show_to_be_usual_needs_no_normalising(context: object, more: dict[str, object]) -> None:
    document = {"@context": context, "id": "https://a.example/1", "type": "Note", **more}
    for raw in (orjson.dumps(document), json.dumps(document).encode()):
        if is_plainly_usual(raw, document):
            assert not needs_normalising(document)
    assert is_plainly_usual(orjson.dumps(document), document) or more


def test_marks_that_hide_behind_escapes_are_not_taken_for_usual() -> None:
    raw = b'{"@context": "https://www.w3.org/ns/activitystreams", "\\u0040type": "Note", "as\\u003acontent": "x"}'
    assert needs_normalising(orjson.loads(raw))
    assert not is_plainly_usual(raw, orjson.loads(raw))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"object": {"@context": {"content": "https://elsewhere.example/ns#content"}}}',
        b'{"@type": "Note"}',
        b'{"@context": ["https://a.example/\\u0022@b"], "@type": "Note"}',
        b'{"@context": {"t": "x\\u0022as:"}, "as:type": "Note"}',
        b'{"@context": null, "https://www.w3.org/ns/\\u0061ctivitystreams#type": "Note"}',
        b'{"@context": null, "https://www.w3.org/ns/a\\u0063tivitystreams#type": "Note"}',
        b'{"@context": null, "https://www.w3.org/ns/activitystreams\\u0023type": "Note"}',
        b'{"@context": {"Public": "https://www.w3.org/ns/activitystreams#Public"},'
        b' "type": "https://www.w3.org/ns/activitystreams#Note"}',
    ],
)
def test_what_needs_normalising_is_not_taken_for_usual(raw: bytes) -> None:
    assert needs_normalising(orjson.loads(raw))
    assert not is_plainly_usual(raw, orjson.loads(raw))


MARKS = ["@", "@context", "@type", "as:", "as:content", AS, f"{AS}Public", f"{AS}content", "content", "type", "Public"]
TEXTS = st.one_of(st.sampled_from(MARKS), st.lists(st.sampled_from([*MARKS, '"', "x", " "]), max_size=3).map("".join))
DOCUMENTS = st.dictionaries(
    TEXTS,
    st.recursive(
        TEXTS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
    ),
    max_size=4,
)


@settings(max_examples=2000, deadline=None)
@given(document=DOCUMENTS, has_context=st.booleans(), escaped=st.sampled_from(["", *"@#ascP"]))
def test_no_document_is_plainly_usual_that_needs_normalising(document, has_context, escaped):
    document = {"@context": ACTIVITYSTREAMS, **document} if has_context else document
    raw = orjson.dumps(document).replace(b'\\"', b"\\u0022")
    if escaped:
        raw = raw.replace(escaped.encode(), f"\\u00{ord(escaped):02x}".encode())
    assert orjson.loads(raw) == document
    assert not (is_plainly_usual(raw, document) and needs_normalising(document))


def test_usual_documents_are_usual_at_first_sight():
    activity = note(to=[f"{AS}Public"], object={"cc": f"{AS}Public", "content": '<a href="x">\u00fc</a>'})
    assert is_plainly_usual(orjson.dumps(activity), activity)
    escaped = orjson.dumps(activity).replace(b"<", b"\\u003c").replace(b">", b"\\u003E").replace(b'\\"', b"\\u0022")
    assert is_plainly_usual(escaped, orjson.loads(escaped))


def _ours():
    return json.loads(SHIPPED_CONTEXTS[OUR_NAMESPACE].read_text())["@context"]


def test_the_context_that_is_served_says_of_our_terms_what_our_documents_say():
    sent = {name: definition for name, definition in OUR_TERMS.items() if name.partition(":")[0] == "usi"}
    assert sent == {name: _ours()[name] for name in sent}


def test_every_term_of_ours_stands_in_the_vocabulary():
    text = (Path(__file__).parents[2] / "docs" / "vocabulary.md").read_text("utf-8")
    assert [name for name in _ours() if f"`{name}`" not in text] == []


@pytest.mark.parametrize("context", [OUR_CONTEXT, [ACTIVITYSTREAMS, OUR_NAMESPACE]])
def test_an_organisation_of_ours_means_the_same_under_both_contexts(context):
    shipped = {**BUNDLED_CONTEXTS, **SHIPPED_CONTEXTS}
    union, branch = "https://union.example/users/dockers", "https://union.example/users/port"
    terms = {"usi:kind": "Branch", "usi:parent": union, "usi:sector": ["transport"], "usi:listed": True}

    def load(url, _options):
        document = json.loads(shipped[url].read_text())
        return {"contentType": None, "contextUrl": None, "documentUrl": url, "document": document}

    [node] = jsonld.expand({"@context": context, "id": branch, "type": "Group", **terms}, {"documentLoader": load})
    namespace = f"{OUR_NAMESPACE}#"
    assert node == {
        "@id": branch,
        "@type": [f"{AS}Group"],
        f"{namespace}kind": [{"@value": "Branch"}],
        f"{namespace}parent": [{"@id": union}],
        f"{namespace}sector": [{"@value": "transport"}],
        f"{namespace}listed": [{"@value": True}],
    }
