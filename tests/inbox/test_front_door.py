"""Every refusal, tried from outside with a real HTTP request; and the honest delivery after it still lands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, web

from tests.activitypub.hostile import endless_body, raw_server, slow_drip
from tests.inbox.conftest import House, open_house
from tests.inbox.questions import write_post
from tests.peer import ACTIVITY, PUBLIC, Peer, PeerActor, new_key
from tests.servers import in_thread
from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.plain_reading import MAX_NORMALISED_PER_HOST, MAX_WAITING_PER_HOST, PlainReading
from usi_fed.activitypub.turnstile import Line, Turnstile
from usi_fed.actors.model import Actor
from usi_fed.actors.store import update_actor
from usi_fed.clock import now
from usi_fed.db.database import Database
from usi_fed.db.migrate import upgrade
from usi_fed.errors import MalformedActivity, StorageFull, TooManyRequests
from usi_fed.inbox.bodies import Bodies
from usi_fed.inbox.limits import Backlog, Buckets
from usi_fed.queue import Job

WRONG_SIGNATURES: dict[str, dict[str, Any]] = {
    "unsigned": {"headers": {"Signature": None}},
    "without a digest": {"headers": {"Digest": None}},
    "with the digest of another body": {"signed_body": b"{}"},
    "without a date": {"headers": {"Date": None}},
    "with a stale date": {"when": timedelta(hours=-2)},
    "with a future date": {"when": timedelta(hours=2)},
    "for another host": {"signed_url": "http://elsewhere.example/inbox"},
    "for another path": {"signed_url": "/users/bo/inbox"},
    "with a header that is no signature": {"headers": {"Signature": "nonsense"}},
    "with another body than was signed": {"signed_body": b'{"type":"Like"}', "headers": {}},
}


@pytest.fixture(autouse=True)
async def honest_delivery_still_lands(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> AsyncIterator[None]:
    """Bo follows Ana; whatever a test did, her next note arrives."""
    await house.follow(bo, ana)
    yield
    note = ana.note("<p>after all that</p>")
    assert await peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    assert await house.post(note["id"]) is not None


async def _assert_nothing_came_of(house: House, note: dict[str, Any]) -> None:
    await house.settle()
    assert await house.post(note["id"]) is None
    assert await house.receipts() == []


# ---- signatures ----


@pytest.mark.parametrize("wrong", WRONG_SIGNATURES)
@pytest.mark.parametrize("rfc9421", [False, True])
async def test_a_delivery_is_refused(house: House, peer: Peer, ana: PeerActor, wrong: str, rfc9421: bool) -> None:
    given = dict(WRONG_SIGNATURES[wrong])
    if "when" in given:
        given["when"] = datetime.now(UTC) + given["when"]
    if given.get("signed_url", "").startswith("/"):
        given["signed_url"] = house.settings.origin + given["signed_url"]
    if rfc9421 and "headers" in given:
        renamed = {"Digest": "Content-Digest", "Date": "Signature-Input", "Signature": "Signature"}
        given["headers"] = {renamed[name]: value for name, value in given["headers"].items()}
    note = ana.note()
    status = await peer.post(house.inbox, ana.create(note), ana, rfc9421=rfc9421, **given)
    assert status in (400, 401)
    await _assert_nothing_came_of(house, note)


async def test_an_unsigned_delivery_is_told_why_in_one_fixed_sentence(house: House, peer: Peer, ana: PeerActor) -> None:
    answer = await peer.deliver(house.inbox, ana.create(ana.note()), ana, headers={"Signature": None})
    assert answer[0] == 401
    assert orjson.loads(answer[1]) == {"error": "Request not signed, or the signature does not hold."}


async def test_both_dialects_are_taken(house: House, peer: Peer, ana: PeerActor) -> None:
    for rfc9421 in (False, True):
        note = ana.note()
        assert await peer.post(house.inbox, ana.create(note), ana, rfc9421=rfc9421) == 202
        await house.settle()
        assert await house.post(note["id"]) is not None


async def test_another_key_under_the_actors_key_id_is_refused(house: House, peer: Peer, ana: PeerActor) -> None:
    forged = PrivateKey.generate_rsa(ana.key.key_id, ana.uri)
    note = ana.note()
    assert await peer.post(house.inbox, ana.create(note), ana, key=forged) == 401
    await _assert_nothing_came_of(house, note)


async def test_somebody_else_of_the_same_server_cannot_sign(house: House, peer: Peer, ana: PeerActor) -> None:
    mallory, note = peer.actor("mallory"), ana.note()
    assert await peer.post(house.inbox, ana.create(note), mallory) == 401
    await _assert_nothing_came_of(house, note)


async def test_what_another_server_signs_is_believed_only_as_far_as_the_origin_confirms_it(
    house: House, peer: Peer, ana: PeerActor, eva: PeerActor
) -> None:
    forged = {**ana.note(), "content": "<p>never said</p>"}
    del peer.documents[forged["id"]]
    assert await eva.peer.post(house.inbox, ana.create(forged), eva) == 202
    await house.settle()
    assert await house.post(forged["id"]) is None


async def test_another_server_cannot_follow_undo_or_like_in_somebodys_name(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    for kind in ("Follow", "Undo", "Like", "Block", "Accept", "Reject", "Move", "Flag"):
        more = {"target": eva.uri} if kind == "Move" else {}
        assert await eva.peer.post(house.inbox, ana.activity(kind, bo.uri, **more), eva) == 401
    assert await house.receipts() == []


async def test_a_key_whose_document_lies_on_another_host_is_refused(
    house: House, peer: Peer, ana: PeerActor, eva: PeerActor
) -> None:
    """The key is at Eva's server and says that it is Ana's."""
    key_id = eva.peer.url("/keys/1")
    key = new_key(key_id, ana.uri)
    eva.peer.documents[key_id] = {
        "@context": "https://w3id.org/security/v1",
        "id": key_id,
        "owner": ana.uri,
        "publicKeyPem": key.public.to_pem(),
    }
    note = ana.note()
    assert await peer.post(house.inbox, ana.create(note), ana, key=key) == 401
    await _assert_nothing_came_of(house, note)


async def test_a_key_that_its_owner_does_not_list_is_refused(house: House, peer: Peer, ana: PeerActor) -> None:
    key = new_key(f"{ana.uri}#stolen", ana.uri)
    note = ana.note()
    assert await peer.post(house.inbox, ana.create(note), ana, key=key) == 401
    await _assert_nothing_came_of(house, note)


async def test_a_new_key_of_the_actor_is_looked_up_once(house: House, peer: Peer, ana: PeerActor) -> None:
    await peer.post(house.inbox, ana.create(ana.note()), ana)
    ana.key = PrivateKey.generate_rsa(ana.key.key_id, ana.uri)
    await house.settle()
    await asyncio.sleep(0)
    note = ana.note()
    assert await peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    assert await house.post(note["id"]) is not None


async def test_a_copy_of_a_request_changes_nothing(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    moment = datetime.now(UTC)
    follow = ana.activity("Follow", bo.uri)
    assert await peer.post(house.inbox, follow, ana, when=moment) == 202
    undo = ana.activity("Undo", follow)
    assert await peer.post(house.inbox, undo, ana) == 202
    await house.settle()
    assert await peer.post(house.inbox, follow, ana, when=moment) == 202
    await house.settle()
    local = await house.actor(bo.uri)
    assert local is not None
    assert local.followers_count == 0


# ---- bodies ----

BODIES: dict[str, tuple[bytes, int]] = {
    "of 2 MB": (b'{"a":"' + b"x" * 2_000_000 + b'"}', 413),
    "a thousand levels deep": (b'{"a":' * 1000 + b"1" + b"}" * 1000, 413),
    "with NaN": (b'{"type":"Create","n":NaN}', 400),
    "with a huge number": (b'{"n":' + b"9" * 5000 + b"}", 400),
    "with an exponent beyond a double": (b'{"n":1e999}', 400),
    "of invalid UTF-8": (b'{"content":"\xff\xfe"}', 400),
    "with a lone surrogate": (b'{"content":"\\ud800"}', 400),
    "that is a list": (b"[]", 400),
    "that is null": (b"null", 400),
    "that is empty": (b"", 400),
    "that is no JSON": (b"<html>", 400),
    "with twenty thousand values": (b'{"a":[' + b"1," * 20_000 + b"1]}", 413),
}


@pytest.mark.parametrize("which", BODIES)
async def test_a_body_is_refused(house: House, peer: Peer, ana: PeerActor, which: str) -> None:
    body, expected = BODIES[which]
    assert await peer.post(house.inbox, None, ana, body=body) == expected
    assert await house.receipts() == []


async def test_a_body_in_chunks_is_counted_while_it_comes(house: House, ana: PeerActor) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000:
            sent += 1
            yield b" " * 10_000

    async with ClientSession() as session:
        with suppress(ConnectionError):  # our server may close while the rest is still coming
            async with session.post(house.inbox, data=chunks(), headers={"Content-Type": ACTIVITY}) as answer:
                assert answer.status == 413
    assert sent < 5000
    assert await house.receipts() == []


async def test_of_two_keys_of_one_name_the_last_one_counts_everywhere(
    house: House, peer: Peer, ana: PeerActor, eva: PeerActor
) -> None:
    """Another reader could take the first `actor`, who has not signed."""
    note = ana.note()
    body = orjson.dumps(ana.create(note)).replace(b'"type":"Create"', f'"type":"Create","actor":"{eva.uri}"'.encode())
    body = body.replace(f'"actor":"{ana.uri}",'.encode(), b"", 1)
    assert await peer.post(house.inbox, None, ana, body=body) == 400  # its id is not of the last actor's host
    await house.settle()
    assert await house.post(note["id"]) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": ["https://a.example/1", 2]},
        {"id": "not a uri"},
        {"id": "javascript:alert(1)"},
        {"id": 5},
        {"type": None},
        {"type": {}},
        {"type": []},
        {"actor": None},
        {"actor": 7},
        {"actor": {"name": "nobody"}},
        {"actor": []},
        {"object": None},
        {"object": []},
        {"object": [None, 5, []]},
        {"object": "nonsense"},
        {"object": True},
    ],
)
async def test_an_activity_without_what_it_needs_is_refused(
    house: House, peer: Peer, ana: PeerActor, changes: dict[str, Any]
) -> None:
    note = ana.note()
    assert await peer.post(house.inbox, {**ana.create(note), **changes}, ana) == 400
    await _assert_nothing_came_of(house, note)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": 7},
        {"to": None, "cc": None, "tag": None, "attachment": None, "content": None, "published": None, "url": None},
        {"to": 5, "cc": {}, "tag": "tag", "attachment": 7, "content": ["a"], "published": [], "url": {}, "name": []},
        {"tag": [None, 5, [], {"type": "Mention"}, {"type": "Mention", "href": 5}, {"type": ["Emoji"], "icon": []}]},
        {"attachment": [None, "x", {"url": None}, {"type": "Image", "url": [{"href": 5}]}, {"focalPoint": "a"}]},
        {"replies": [], "likes": "x", "shares": {"totalItems": -1}, "oneOf": {"name": 5}, "contentMap": [1]},
        {"published": "never", "updated": "99999-01-01", "sensitive": "yes", "inReplyTo": [[]], "conversation": {}},
        {"attributedTo": [None]},
        {"attributedTo": {}},
    ],
)
async def test_odd_values_in_an_object_harm_nobody(
    house: House, peer: Peer, ana: PeerActor, changes: dict[str, Any]
) -> None:
    note = {**ana.note(), **changes}
    assert await peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    [receipt] = await house.receipts()
    assert receipt.state == "done" or receipt.reason == "MalformedActivity: the object has no usable id"


async def test_a_compressed_body_is_refused(house: House, peer: Peer, ana: PeerActor) -> None:
    answer = await peer.post(house.inbox, ana.create(ana.note()), ana, headers={"Content-Encoding": "gzip"})
    assert answer == 400


async def test_a_form_is_refused(house: House, peer: Peer, ana: PeerActor) -> None:
    assert await peer.post(house.inbox, ana.create(ana.note()), ana, content_type="text/plain") == 400


# ---- who may speak ----


async def test_a_blocked_server_is_refused(house: House, other_peer: Peer, eva: PeerActor, bo: Actor) -> None:
    house.blocked.add(other_peer.authority)
    assert await other_peer.post(house.inbox, eva.activity("Follow", bo.uri), eva) == 403
    assert other_peer.asked == []


async def test_a_suspended_actor_may_only_take_back(house: House, other_peer: Peer, eva: PeerActor, bo: Actor) -> None:
    known = await house.follow(bo, eva)
    await house.write(update_actor, known.id, suspended_at=now())
    note = eva.note()
    assert await other_peer.post(house.inbox, eva.create(note), eva) == 202
    await house.settle()
    assert await house.post(note["id"]) is None
    assert [receipt.reason for receipt in await house.receipts()] == ["the sender is suspended"]


async def test_somebody_unknown_who_leaves_is_neither_fetched_nor_stored(
    house: House, other_peer: Peer, eva: PeerActor
) -> None:
    for kind in ("Delete", "Update"):
        assert await other_peer.post(house.inbox, eva.activity(kind, eva.uri), eva) == 202
    assert other_peer.asked == []
    assert await house.receipts() == []


async def test_somebody_known_who_left_with_the_key_is_believed_when_the_server_says_gone(
    house: House, other_peer: Peer, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, eva)
    other_peer.gone.add(eva.uri)
    eva.key = PrivateKey.generate_rsa(eva.key.key_id, eva.uri)
    assert await other_peer.post(house.inbox, eva.activity("Delete", eva.uri), eva) == 202
    await house.settle()
    actor = await house.actor(eva.uri)
    assert actor is not None
    assert actor.deleted_at is not None


@pytest.mark.parametrize("is_signed", [True, False])
async def test_the_farewell_of_who_is_gone_already_is_neither_stored_nor_counted(
    house: House, other_peer: Peer, eva: PeerActor, bo: Actor, is_signed: bool
) -> None:
    """Anybody can write one, and the 410 of the honest server makes it as true as the first."""
    await house.follow(bo, eva)
    note = eva.note()
    assert await other_peer.post(house.inbox, eva.create(note), eva) == 202
    await house.settle()
    other_peer.gone.add(eva.uri)
    if not is_signed:
        eva.key = PrivateKey.generate_rsa(eva.key.key_id, eva.uri)
    assert await other_peer.post(house.inbox, eva.activity("Delete", eva.uri) | {"pad": "x" * 5000}, eva) == 202
    body = (await house.receipts())[-1].body
    assert body is not None and (b"xxxxx" in body) is is_signed
    await house.settle()
    assert await house.post(note["id"]) is None
    before = await house.receipts()
    rung = len(house.bells.rings)
    eva.key = PrivateKey.generate_rsa(eva.key.key_id, eva.uri)
    for _ in range(3):
        assert await other_peer.post(house.inbox, eva.activity("Delete", eva.uri), eva) == 202
    assert await house.receipts() == before
    assert len(house.bells.rings) == rung
    assert await other_peer.post(house.inbox, eva.activity("Delete", eva.uri), eva, signed_body=b"{}") == 401
    assert await other_peer.post(house.inbox, eva.activity("Delete", note["id"]), eva) == 401


async def test_who_is_known_to_be_gone_with_posts_still_here_is_taken_at_the_word(
    house: House, other_peer: Peer, eva: PeerActor, bo: Actor
) -> None:
    """When their profile was asked for, say: what they wrote goes with the Delete that follows, stored once."""
    known = await house.follow(bo, eva)
    note = eva.note()
    assert await other_peer.post(house.inbox, eva.create(note), eva) == 202
    await house.settle()
    other_peer.gone.add(eva.uri)
    await house.write(update_actor, known.id, deleted_at=now())
    eva.key = PrivateKey.generate_rsa(eva.key.key_id, eva.uri)
    for _ in range(3):
        assert await other_peer.post(house.inbox, eva.activity("Delete", eva.uri), eva) == 202
    assert [receipt.kind for receipt in await house.receipts()] == ["Create", "Delete"]
    await house.settle()
    assert await house.post(note["id"]) is None


async def test_a_missing_actor_is_no_proof_of_a_deletion(
    house: House, other_peer: Peer, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, eva)
    del other_peer.actors["eva"]
    eva.key = PrivateKey.generate_rsa(eva.key.key_id, eva.uri)
    assert await other_peer.post(house.inbox, eva.activity("Delete", eva.uri), eva) == 401
    actor = await house.actor(eva.uri)
    assert actor is not None
    assert actor.deleted_at is None


async def test_the_inbox_of_nobody_is_not_found(house: House, peer: Peer, ana: PeerActor) -> None:
    assert await peer.post(f"{house.settings.origin}/users/nobody/inbox", ana.create(ana.note()), ana) == 404


async def test_the_inbox_of_a_deleted_account_is_gone(house: House, peer: Peer, ana: PeerActor) -> None:
    former = await house.actors.create_local("former")
    await house.write(update_actor, former.id, deleted_at=now())
    assert await peer.post(former.inbox, ana.create(ana.note()), ana) == 410


# ---- key documents that cost ----


@pytest.mark.parametrize("speak", [endless_body, slow_drip])
async def test_an_endless_or_slow_key_document_is_given_up(
    house: House, peer: Peer, ana: PeerActor, speak: Any
) -> None:
    async with raw_server(speak) as origin:
        uri = f"{origin}/users/x"
        activity = {**ana.activity("Follow", "x"), "actor": uri, "id": f"{uri}/1"}
        status = await peer.post(house.inbox, activity, ana, key=new_key(f"{uri}#main-key", uri))
        assert status in (400, 401, 503)


async def test_a_key_document_that_redirects_for_ever_is_given_up(house: House, peer: Peer, ana: PeerActor) -> None:
    async def round_and_round(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"/users/loop?{len(peer.asked)}"})

    peer.handlers["/users/loop"] = round_and_round
    uri = peer.url("/users/loop")
    activity = {**ana.activity("Follow", "http://x.example/"), "actor": uri, "id": f"{uri}/1"}
    assert await peer.post(house.inbox, activity, ana, key=new_key(f"{uri}#main-key", uri)) == 401
    assert len([url for url in peer.asked if "/users/loop" in url]) <= 4


@pytest.mark.parametrize(
    "key_id",
    [
        "http://169.254.169.254/latest/meta-data#main-key",
        "http://10.0.0.1/users/x#main-key",
        "http://[::1]/users/x#main-key",
        "http://[::ffff:10.0.0.1]/users/x#main-key",
        "http://0.0.0.0:22/users/x#main-key",
        "http://localhost:22/users/x#main-key",
        "ftp://a.example/users/x#main-key",
        "file:///etc/passwd#main-key",
        "http://user@a.example/users/x#main-key",
    ],
)
async def test_a_key_id_does_not_lead_us_into_our_own_network(
    house: House, peer: Peer, ana: PeerActor, key_id: str
) -> None:
    owner = key_id.partition("#")[0]
    activity = {**ana.activity("Follow", "http://x.example/"), "actor": owner, "id": f"{owner}/1"}
    assert await peer.post(house.inbox, activity, ana, key=new_key(key_id, owner)) in (400, 401, 503)
    assert await house.receipts() == []


# ---- limits ----


async def test_what_was_accepted_rings_for_the_workers(house: House, peer: Peer, ana: PeerActor) -> None:
    await peer.post(house.inbox, ana.create(ana.note()), ana)
    assert Job.INBOX in house.bells.rings


# ---- when we cannot ----


@pytest.fixture
def second_sqlite_url(sqlite_url: str) -> str:
    """Another empty database beside the one of `house`."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    in_thread(upgrade, url := f"sqlite:///{path.with_name('second.db')}")
    return url


class FullDisk:
    """A database that can be read and takes nothing while `is_full`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.is_full = True

    async def read(self, unit: Any, *args: Any) -> Any:
        return await self.database.read(unit, *args)

    async def write(self, unit: Any, *args: Any) -> Any:
        if self.is_full:
            raise StorageFull("no room")
        return await self.database.write(unit, *args)


async def test_with_a_full_disk_a_peer_is_asked_to_come_back_and_then_its_delivery_lands(
    second_sqlite_url: str, peer: Peer, ana: PeerActor
) -> None:
    disks: list[FullDisk] = []

    def behind_the_door(database: Database) -> FullDisk:
        disks.append(FullDisk(database))
        return disks[0]

    async with open_house(second_sqlite_url, door_database=behind_the_door) as full:
        bo = await full.actors.create_local("bo")
        follow, moment = ana.activity("Follow", bo.uri), datetime.now(UTC)
        status, body, headers = await peer.deliver(full.inbox, follow, ana, when=moment)
        assert status == 503, body
        assert int(headers["Retry-After"]) > 0
        assert b"no room" not in body
        disks[0].is_full = False
        assert await peer.post(full.inbox, follow, ana, when=moment) == 202
        await full.settle()
        assert len(peer.of_kind("Accept")) == 1
        disks[0].is_full = True
        assert await peer.post(full.inbox, follow, ana, when=moment) == 202, "a copy must not reach the database"


async def test_a_host_that_sends_too_much_is_asked_to_slow_down() -> None:
    moment = 0.0
    buckets = Buckets(burst=2, per_second=0.5, seconds=lambda: moment)
    buckets.spend("a.example")
    buckets.spend("a.example")
    buckets.spend("b.example")
    with pytest.raises(TooManyRequests) as refused:
        buckets.spend("a.example")
    assert refused.value.retry_after == timedelta(seconds=2)
    moment = 2.0
    buckets.spend("a.example")


async def test_a_host_with_too_much_waiting_is_asked_to_slow_down() -> None:
    backlog = Backlog(most_of_sender=3, most_of_host=3)
    backlog.note({"https://a.example/1": 2, "https://a.example/2": 1, "https://b.example/1": 2})
    backlog.check("https://b.example/2")
    with pytest.raises(TooManyRequests):
        backlog.check("https://a.example/3")


async def test_a_sender_with_too_much_waiting_does_not_shut_out_its_host() -> None:
    backlog = Backlog(most_of_sender=2, most_of_host=4)
    backlog.note({"https://a.example/1": 2, "https://a.example/2": 1})
    backlog.check("https://a.example/2")
    with pytest.raises(TooManyRequests):
        backlog.check("https://a.example/1")


async def test_only_so_many_keys_of_one_host_are_fetched_at_once() -> None:
    turnstile = Turnstile(each=1, together=2)
    with turnstile.enter("a.example"):
        with pytest.raises(TooManyRequests), turnstile.enter("a.example"):
            pass
        with turnstile.enter("b.example"), pytest.raises(TooManyRequests), turnstile.enter("c.example"):
            pass
    with turnstile.enter("a.example"):
        pass


@pytest.mark.parametrize("kind", ["Announce", "Follow", "Like"])
async def test_nobody_takes_the_id_of_something_of_another_server(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, kind: str
) -> None:
    """Else the post, or the activity, whose id that is could not come in any more."""
    await house.follow(bo, eva)
    note, ours = ana.note(), await write_post(house, bo)
    about = bo.uri if kind == "Follow" else ours.uri
    squatter = {**eva.activity(kind, about, to=[PUBLIC]), "id": note["id"]}
    assert await eva.peer.post(house.inbox, squatter, eva) == 400
    assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    post = await house.post(note["id"])
    assert post is not None
    assert post.kind == "Note"


async def _parts(*sizes: int, pause: float = 0.0) -> AsyncIterator[dict[str, Any]]:
    for number, size in enumerate(sizes):
        await asyncio.sleep(pause)
        yield {"type": "http.request", "body": b"x" * size, "more_body": number + 1 < len(sizes)}


async def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    bodies = Bodies(patience=timedelta(seconds=0.05))
    assert await bodies.read(_parts(3, 4).__anext__) == b"x" * 7
    with pytest.raises(MalformedActivity, match="too slowly"):
        await bodies.read(_parts(1, 1, 1, pause=0.03).__anext__)


async def test_all_bodies_together_take_so_much_memory_and_no_more() -> None:
    """Whoever sends half of a delivery and waits keeps others out for a while, but the server does not grow."""
    bodies = Bodies(most_bytes=10)
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def half() -> dict[str, Any]:
        if began.is_set():
            await goes_on.wait()
            return {"type": "http.disconnect"}
        began.set()
        return {"type": "http.request", "body": b"x" * 8, "more_body": True}

    first = asyncio.create_task(bodies.read(half))
    await began.wait()
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests):
        await bodies.read(_parts(3).__anext__)
    assert await bodies.read(_parts(2).__anext__) == b"xx"
    goes_on.set()
    with pytest.raises(MalformedActivity, match="broke off"):
        await first
    assert await bodies.read(_parts(10).__anext__) == b"x" * 10


@pytest.mark.parametrize("alias", ["@type", "kind"])
async def test_an_activity_whose_type_has_another_name_is_read_as_linked_data(
    house: House, peer: Peer, ana: PeerActor, bo: Actor, alias: str
) -> None:
    await house.follow(bo, ana)
    activity = ana.create(ana.note("<p>In other words</p>"))
    activity[alias] = activity.pop("type")
    context = "https://www.w3.org/ns/activitystreams"
    activity["@context"] = [context, {"kind": "@type"}] if alias == "kind" else context
    assert await peer.post(house.inbox, activity, ana) == 202
    await house.settle()
    post = await house.post(activity["object"]["id"])
    assert post is not None and "In other words" in post.content


# ---- documents that have to be read as linked data ----

OTHER_WORDS = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", {"icons": "as:icon"}]


def _in_other_words(peer: Peer, *people: PeerActor) -> None:
    async def answer(request: web.Request) -> web.Response:
        document = peer.actors[request.path.rsplit("/", 1)[1]].document() | {"@context": OTHER_WORDS}
        return web.Response(body=orjson.dumps(document), headers={"Content-Type": ACTIVITY})

    for person in people:
        peer.handlers[f"/users/{person.name}"] = answer


async def test_many_of_one_server_whose_documents_are_dear_to_read_wait_in_line(
    house: House, other_peer: Peer, bo: Actor
) -> None:
    people = [other_peer.actor(f"u{number}") for number in range(8)]
    _in_other_words(other_peer, *people)
    follows = [other_peer.post(house.inbox, person.activity("Follow", bo.uri), person) for person in people]
    assert await asyncio.gather(*follows) == [202] * 8
    await house.settle()
    followed = await house.actor(bo.uri)
    assert followed is not None and followed.followers_count == 8
    dear = [person.activity("Undo", person.activity("Follow", bo.uri)) | {"@context": OTHER_WORDS} for person in people]
    undone = [other_peer.post(house.inbox, undo, person) for undo, person in zip(dear, people, strict=True)]
    assert await asyncio.gather(*undone) == [202] * 8


async def test_a_refusal_of_ours_is_not_held_against_the_server(house: House, other_peer: Peer, bo: Actor) -> None:
    eva = other_peer.actor("eva")
    _in_other_words(other_peer, eva)
    host = host_of(eva.uri)
    follow = eva.activity("Follow", bo.uri)
    async with AsyncExitStack() as busy:
        for _ in range(MAX_NORMALISED_PER_HOST):
            await busy.enter_async_context(house.reading.line.wait(host, timedelta()))
        for _ in range(MAX_WAITING_PER_HOST):
            task = asyncio.create_task(_stand(house.reading, host))
            busy.callback(task.cancel)
        await asyncio.sleep(0)
        for _ in range(6):  # more often than a host may fail before it is left alone
            assert await other_peer.post(house.inbox, follow, eva) == 503
    await asyncio.sleep(0)
    assert await other_peer.post(house.inbox, follow, eva) == 202


async def _stand(reading: PlainReading, host: str) -> None:
    async with reading.line.wait(host, timedelta(seconds=60)):
        pass


async def test_a_line_lets_in_who_came_first_and_forgets_who_left() -> None:
    line, order = Line(each=1, together=2, longest=2), list[str]()

    async def stand(name: str, who: str, seconds: float = 5) -> None:
        async with line.wait(name, timedelta(seconds=seconds)):
            order.append(who)
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group, line.wait("a", timedelta()):
        group.create_task(stand("a", "second"))
        impatient = asyncio.create_task(stand("a", "too late", 0.01))
        await asyncio.sleep(0)
        with pytest.raises(TooManyRequests):
            await stand("a", "too many")
        with pytest.raises(TooManyRequests), line.enter("a"):
            pass
        await stand("b", "elsewhere")
        with pytest.raises(TooManyRequests):
            await impatient
        cancelled = asyncio.create_task(stand("a", "cancelled"))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.sleep(0)
        group.create_task(stand("a", "third"))
        await asyncio.sleep(0)
    assert order == ["elsewhere", "second", "third"]
    with line.enter("a"), line.enter("b"):
        pass


async def test_who_gives_up_at_the_moment_of_being_let_in_leaves_no_place_taken() -> None:
    line = Line(each=1, together=1, longest=1)
    async with line.wait("a", timedelta()):
        task = asyncio.create_task(_wait_for(line))
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with line.enter("a"):
        pass


async def _wait_for(line: Line) -> None:
    async with line.wait("a", timedelta(seconds=5)):
        raise AssertionError("it was cancelled")
