import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.activitypub.hostile import POLICY, running_server
from tests.shared import FIXTURES, needs_fixtures
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.handles import Handle
from usi_fed.activitypub.host_meta import build_host_meta, parse_host_meta
from usi_fed.activitypub.webfinger import build_jrd, find_actor_uri, parse_jrd, verify_handle
from usi_fed.errors import MalformedActivity, RemoteRefused, RemoteUnavailable

JRD = "application/jrd+json"
ACTIVITY = "application/activity+json"


@pytest.fixture
async def home():
    """The server that the actor lives on."""
    async with running_server() as running:
        yield running


@pytest.fixture
async def front():
    """Another server, whose name the handle may have."""
    async with running_server("127.0.0.2") as running:
        yield running


@pytest.fixture
async def client():
    async with Client(POLICY) as opened:
        yield opened


def jrd(subject, actor_uri, link_type=ACTIVITY):
    return {"subject": subject, "links": [{"rel": "self", "type": link_type, "href": actor_uri}]}


def know(server, handle, document, path="/.well-known/webfinger?resource="):
    """Let a server answer WebFinger for one handle."""
    resource = f"acct:{handle}".replace(":", "%3A").replace("@", "%40")
    server.document(path + resource, document, JRD)


# ---- handles ----


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alice@example.org", "alice@example.org"),
        ("@alice@example.org", "alice@example.org"),
        ("acct:alice@example.org", "alice@example.org"),
        ("ACCT:Alice@EXAMPLE.org.", "Alice@example.org"),
        (" alice@example.org ", "alice@example.org"),
        ("a.b-c_d@example.org:8443", "a.b-c_d@example.org:8443"),
        ("alice@example.org:443", "alice@example.org"),
        ("alice@bücher.example", "alice@xn--bcher-kva.example"),
        ("example.org@example.org", "example.org@example.org"),
    ],
)
def test_a_handle_is_read_in_all_its_forms(text, expected):
    assert str(Handle.parse(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "@alice",
        "alice@",
        "@example.org",
        "alice@bob@example.org",
        ".alice@example.org",
        "alice.@example.org",
        "-alice@example.org",
        "al ice@example.org",
        "álice@example.org",
        "alice\n@example.org",
        "alice@exam ple.org",
        "alice@example.org/path",
        "alice@example.org?x",
        "alice@example.org:99999",
        "alice@user:word@example.org",
        "https://example.org/@alice",
        "a" * 2049 + "@example.org",
    ],
)
def test_what_is_no_handle_is_malformed(text):
    with pytest.raises(MalformedActivity):
        Handle.parse(text)


def test_handles_differ_by_more_than_case():
    assert Handle.parse("Alice@example.org").is_same_as(Handle.parse("alice@EXAMPLE.org"))
    assert not Handle.parse("alice@example.org").is_same_as(Handle.parse("alice@example.com"))


@given(st.one_of(st.text(), st.builds("a@{}".format, st.text()), st.builds("{}@a.b".format, st.text())))
def test_any_text_is_a_handle_or_a_malformed_one(text):
    try:
        handle = Handle.parse(text)
    except MalformedActivity:
        return
    assert Handle.parse(handle.acct) == handle


# ---- documents ----


@needs_fixtures
@pytest.mark.parametrize("software", ["mastodon", "lemmy", "friendica", "wordpress"])
def test_the_answers_of_known_software_are_read(software):
    document = orjson.loads((FIXTURES / software / "webfinger.json").read_bytes())
    [actor] = [link["href"] for link in document["links"] if link["rel"] == "self" and link["type"] == ACTIVITY]
    answer = parse_jrd(document)
    assert (f"acct:{answer.subject}", answer.actor_uri) == (document["subject"], actor)


def test_the_ld_json_type_with_profile_names_an_actor_too():
    kind = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    assert parse_jrd(jrd("acct:a@b.example", "https://b.example/a", kind)).actor_uri == "https://b.example/a"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"subject": "acct:a@b.example"},
        {"subject": "acct:a@b.example", "links": {}},
        {"subject": "acct:a@b.example", "links": [None, 1, "x", []]},
        {"subject": 1, "links": []},
        jrd("https://b.example/a", "https://b.example/a"),
        jrd("acct:a@b.example", None),
        jrd("acct:a@b.example", "https://b.example/a", "application/json"),
        jrd("acct:a@b.example", "https://b.example/a", "application/ld+json"),
        jrd("acct:a@b.example", "https://b.example/a", "text/html"),
        jrd("acct:a@b.example", "https://b.example/a", ["application/activity+json"]),
    ],
)
def test_an_answer_without_subject_or_self_link_is_malformed(document):
    with pytest.raises(MalformedActivity):
        parse_jrd(document)


def test_what_we_build_is_what_we_read():
    handle = Handle.parse("alice@example.org")
    document = build_jrd(
        handle,
        "https://example.org/users/alice",
        profile_url="https://example.org/@alice",
        subscribe_template="https://example.org/follow?uri={uri}",
        avatar=("https://media.example.org/a.png", "image/png"),
    )
    answer = parse_jrd(document)
    assert (answer.subject, answer.actor_uri) == (handle, "https://example.org/users/alice")
    assert [link["rel"] for link in document["links"]] == [
        "http://webfinger.net/rel/profile-page",
        "self",
        "http://ostatus.org/schema/1.0/subscribe",
        "http://webfinger.net/rel/avatar",
    ]
    assert document["aliases"] == ["https://example.org/@alice", "https://example.org/users/alice"]


def test_our_host_meta_is_read_back():
    template = "https://example.org/.well-known/webfinger?resource={uri}"
    assert parse_host_meta(build_host_meta("https://example.org")) == template


XRD = 'xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "<XRD",
        f"<XRD {XRD}/>",
        f'<XRD {XRD}><Link rel="lrdd" template="https://a.example/"/></XRD>',
        f'<XRD {XRD}><Link rel="other" template="https://a.example/{{uri}}"/></XRD>',
        '<XRD><Link rel="lrdd" template="https://a.example/{uri}"/></XRD>',
        f'<!DOCTYPE XRD><XRD {XRD}><Link rel="lrdd" template="https://a.example/{{uri}}"/></XRD>',
        f'<!DOCTYPE XRD [<!ENTITY a "x">]><XRD {XRD}><Link rel="lrdd" template="&a;{{uri}}"/></XRD>',
        f'<?xml version="1.0" encoding="nonsense"?><XRD {XRD}/>',
    ],
)
def test_a_host_meta_that_cannot_be_used_is_malformed(text):
    with pytest.raises(MalformedActivity):
        parse_host_meta(text.encode())


@given(st.binary())
def test_any_bytes_are_no_host_meta(raw):
    with pytest.raises(MalformedActivity):
        parse_host_meta(raw)


# ---- from a handle to an actor ----


async def test_a_handle_leads_to_its_actor(home, client):
    handle = f"alice@{home.authority}"
    know(home, handle, jrd(f"acct:Alice@{home.authority}", home.url("/users/alice")))
    answer = await find_actor_uri(Handle.parse(handle), client)
    assert str(answer.subject) == f"Alice@{home.authority}"
    assert answer.actor_uri == home.url("/users/alice")
    assert home.seen[0].headers["Accept"] == "application/jrd+json, application/json"


async def test_one_change_of_subject_is_followed_to_the_domain_that_has_the_word(home, front, client):
    know(home, f"alice@{home.authority}", jrd(f"acct:alice@{front.authority}", home.url("/claimed")))
    know(front, f"alice@{front.authority}", jrd(f"acct:alice@{front.authority}", home.url("/true")))
    answer = await find_actor_uri(Handle.parse(f"alice@{home.authority}"), client)
    assert (str(answer.subject), answer.actor_uri) == (f"alice@{front.authority}", home.url("/true"))


async def test_a_second_change_of_subject_is_refused(home, front, client):
    know(home, f"alice@{home.authority}", jrd(f"acct:alice@{front.authority}", home.url("/a")))
    know(front, f"alice@{front.authority}", jrd(f"acct:alice@{home.authority}", home.url("/a")))
    with pytest.raises(RemoteRefused):
        await find_actor_uri(Handle.parse(f"alice@{home.authority}"), client)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_missing_or_deleted_account_keeps_its_status(home, client, status):
    home.answer(f"/.well-known/webfinger?resource=acct%3Aalice%40{home.authority.replace(':', '%3A')}", status=status)
    with pytest.raises(RemoteRefused) as caught:
        await find_actor_uri(Handle.parse(f"alice@{home.authority}"), client)
    assert caught.value.http_status == status


async def test_host_meta_is_asked_after_a_404(home, client):
    handle = f"alice@{home.authority}"
    know(home, handle, jrd(f"acct:{handle}", home.url("/users/alice")), "/moved?r=")
    host_meta = build_host_meta(home.url("")).replace(b"/.well-known/webfinger?resource=", b"/moved?r=")
    home.answer("/.well-known/host-meta", host_meta, headers={"Content-Type": "application/xrd+xml"})
    answer = await find_actor_uri(Handle.parse(handle), client)
    assert answer.actor_uri == home.url("/users/alice")


@pytest.mark.parametrize("status", [410, 401, 500])
async def test_host_meta_is_not_asked_after_another_refusal(home, client, status):
    home.answer("/.well-known/host-meta", build_host_meta(home.url("")))
    home.answer(f"/.well-known/webfinger?resource=acct%3Aalice%40{home.authority.replace(':', '%3A')}", status=status)
    with pytest.raises((RemoteRefused, RemoteUnavailable)):
        await find_actor_uri(Handle.parse(f"alice@{home.authority}"), client)
    assert len(home.seen) == 1


async def test_an_answer_of_another_type_is_refused(home, client):
    handle = f"alice@{home.authority}"
    path = f"/.well-known/webfinger?resource=acct%3Aalice%40{home.authority.replace(':', '%3A')}"
    home.document(path, jrd(f"acct:{handle}", home.url("/users/alice")), "text/plain")
    with pytest.raises(RemoteRefused):
        await find_actor_uri(Handle.parse(handle), client)


async def test_looking_up_handles_spends_the_budget(home, client):
    handle = f"alice@{home.authority}"
    know(home, handle, jrd(f"acct:{handle}", home.url("/users/alice")))
    with pytest.raises(RemoteRefused):
        await find_actor_uri(Handle.parse(handle), client, FetchBudget(max_fetches=0))
    assert home.seen == []


# ---- which handle an actor carries ----


async def test_an_actor_carries_the_handle_that_leads_back_to_it(home, client):
    handle = f"alice@{home.authority}"
    know(home, handle, jrd(f"acct:{handle}", home.url("/users/alice")))
    assert str(await verify_handle(home.url("/users/alice"), "alice", None, client)) == handle


async def test_an_actor_may_carry_another_domain_that_confirms_it(home, front, client):
    handle = f"alice@{front.authority}"
    know(home, f"alice@{home.authority}", jrd(f"acct:{handle}", home.url("/users/alice")))
    know(front, handle, jrd(f"acct:{handle}", home.url("/users/alice")))
    assert str(await verify_handle(home.url("/users/alice"), "alice", None, client)) == handle


async def test_a_domain_that_does_not_confirm_the_actor_is_refused(home, front, client):
    """A server claims a handle of another domain, where it belongs to somebody else."""
    handle = f"minister@{front.authority}"
    know(home, f"minister@{home.authority}", jrd(f"acct:{handle}", home.url("/users/evil")))
    know(front, handle, jrd(f"acct:{handle}", front.url("/users/minister")))
    with pytest.raises(RemoteRefused):
        await verify_handle(home.url("/users/evil"), "minister", None, client)


async def test_a_handle_of_another_actor_is_refused(home, client):
    handle = f"alice@{home.authority}"
    know(home, handle, jrd(f"acct:{handle}", home.url("/users/alice/")))
    with pytest.raises(RemoteRefused):
        await verify_handle(home.url("/users/alice"), "alice", None, client)


async def test_a_handle_with_another_user_name_than_the_actor_is_refused(home, client):
    know(home, f"alice@{home.authority}", jrd(f"acct:bob@{home.authority}", home.url("/users/alice")))
    know(home, f"bob@{home.authority}", jrd(f"acct:bob@{home.authority}", home.url("/users/alice")))
    with pytest.raises(RemoteRefused):
        await verify_handle(home.url("/users/alice"), "alice", None, client)


async def test_the_webfinger_property_is_tried_first(home, front, client):
    handle = f"press@{front.authority}"
    know(front, handle, jrd(f"acct:{handle}", home.url("/ap/users/1")))
    assert str(await verify_handle(home.url("/ap/users/1"), "alice", handle, client)) == handle
    assert home.seen == []


@pytest.mark.parametrize("claim", ["nonsense", "minister@{front}", "unknown@{front}"])
async def test_a_webfinger_property_that_does_not_hold_falls_back_to_the_user_name(home, front, client, claim):
    minister, handle = f"minister@{front.authority}", f"alice@{home.authority}"
    know(front, minister, jrd(f"acct:{minister}", front.url("/users/minister")))
    know(home, handle, jrd(f"acct:{handle}", home.url("/users/alice")))
    claim = claim.format(front=front.authority)
    assert str(await verify_handle(home.url("/users/alice"), "alice", claim, client)) == handle


async def test_a_webfinger_property_whose_domain_names_another_handle_does_not_hold(home, front, client):
    claim, handle = f"press@{front.authority}", f"alice@{home.authority}"
    know(front, claim, jrd(f"acct:{handle}", home.url("/users/alice")))
    know(home, handle, jrd(f"acct:{handle}", home.url("/users/alice")))
    assert str(await verify_handle(home.url("/users/alice"), "alice", claim, client)) == handle
    with pytest.raises(MalformedActivity):
        await verify_handle(home.url("/users/alice"), None, claim, client)


@pytest.mark.parametrize("username", [None, "", "a b", "álice"])
async def test_an_actor_without_a_usable_name_has_no_handle(home, client, username):
    with pytest.raises(MalformedActivity):
        await verify_handle(home.url("/users/alice"), username, None, client)
    assert home.seen == []
