"""Quotes: asked for, allowed, looked up, taken back (FEP-044f)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.inbox.conftest import House
from tests.inbox.questions import follow_between, write_post
from tests.peer import Peer, PeerActor, stamp
from usi_fed.actors.blocks_store import add_block
from usi_fed.actors.model import Actor
from usi_fed.clock import now
from usi_fed.posts.model import Post, QuotePolicy


async def _deliver(house: House, activity: dict[str, Any], actor: PeerActor) -> None:
    assert await actor.peer.post(house.inbox, activity, actor) == 202
    await house.settle()


def _request(ana: PeerActor, ours: Post, note: dict[str, Any]) -> dict[str, Any]:
    return ana.activity("QuoteRequest", ours.uri, instrument=note)


def _stamp(eva: PeerActor, quote: str, quoted: str, **wrong: Any) -> str:
    """A QuoteAuthorization at Eva's server."""
    uri = f"{eva.uri}/stamps/1"
    eva.peer.documents[uri] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": eva.uri,
        "interactingObject": quote,
        "interactionTarget": quoted,
        **wrong,
    }
    return uri


# ---- our posts, quoted by others ----


async def test_a_quote_that_the_policy_allows_gets_a_stamp_and_the_same_one_again(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    ours = await write_post(house, bo)
    note = ana.note(quote=ours.uri)
    for _ in range(2):
        await _deliver(house, _request(ana, ours, note), ana)
    stamps = [answer["result"] for answer in peer.of_kind("Accept")]
    assert len(stamps) == 2
    assert len(set(stamps)) == 1
    assert stamps[0].startswith(f"{bo.uri}/quote_authorizations/")


@pytest.mark.parametrize(("policy", "follows", "answer"), [
    ("nobody", False, "Reject"),
    ("followers", False, "Reject"),
    ("followers", True, "Accept"),
])  # fmt: skip
async def test_the_authors_policy_decides(
    house: House, peer: Peer, ana: PeerActor, bo: Actor, policy: QuotePolicy, follows: bool, answer: str
) -> None:
    ours = await write_post(house, bo, quote_policy=policy)
    if follows:
        await _deliver(house, ana.activity("Follow", bo.uri), ana)
        assert await follow_between(house, ana.uri, bo.uri) is not None
        peer.received.clear()
    await _deliver(house, _request(ana, ours, ana.note()), ana)
    assert [received["type"] for received in peer.received] == [answer]


async def test_who_is_blocked_learns_nothing(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    ours = await write_post(house, bo)
    known = await house.remote_actors.get(ana.uri)
    await house.write(add_block, bo.id, known.id, "http://x.example/block", now())
    await _deliver(house, _request(ana, ours, ana.note()), ana)
    assert peer.of_kind("Accept") == []


async def test_nobody_asks_for_anothers_quote(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    ours, mallory = await write_post(house, bo), peer.actor("mallory")
    await _deliver(house, _request(mallory, ours, ana.note()), mallory)
    assert peer.received == []


async def test_a_hidden_post_is_as_if_it_were_not_there(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    ours = await write_post(house, bo, visibility="private")
    await _deliver(house, _request(ana, ours, ana.note()), ana)
    assert peer.received == []


# ---- others' quotes of others' posts ----


async def test_a_quote_with_a_stamp_of_the_quoted_author_stands(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    quoted = eva.note()
    note = ana.note(quote=quoted["id"])
    note["quoteAuthorization"] = _stamp(eva, note["id"], quoted["id"])
    await _deliver(house, ana.create(note), ana)
    post, target = await house.post(note["id"]), await house.post(quoted["id"])
    assert post is not None
    assert target is not None
    assert (post.quote_state, post.quote_of_id) == ("accepted", target.id)
    await _deliver(house, eva.activity("Delete", note["quoteAuthorization"]), eva)
    post = await house.post(note["id"])
    assert post is not None
    assert post.quote_state == "revoked"


@pytest.mark.parametrize("wrong", ["attributedTo", "interactingObject", "interactionTarget", "type", "host", "missing"])
async def test_a_quote_without_a_proper_stamp_stays_pending(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, wrong: str
) -> None:
    await house.follow(bo, ana)
    quoted = eva.note()
    note = ana.note(quote=quoted["id"])
    if wrong == "host":
        note["quoteAuthorization"] = f"{ana.uri}/stamps/1"
        forged = {"id": note["quoteAuthorization"], "type": "QuoteAuthorization", "attributedTo": eva.uri}
        named = {"interactingObject": note["id"], "interactionTarget": quoted["id"]}
        ana.peer.documents[note["quoteAuthorization"]] = {**forged, **named}
    elif wrong != "missing":
        note["quoteAuthorization"] = _stamp(eva, note["id"], quoted["id"], **{wrong: ana.uri})
    await _deliver(house, ana.create(note), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert post.quote_state == "pending"


async def test_quoting_oneself_needs_no_stamp(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note(quote=ana.note()["id"])
    await _deliver(house, ana.create(note), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert post.quote_state == "accepted"


# ---- our quotes of others' posts ----


async def _quote(house: House, bo: Actor, eva: PeerActor) -> tuple[Post, str]:
    quoted = await house.fetching.fetch_post(eva.note()["id"])
    return await write_post(house, bo, quote_of_id=quoted.id), quoted.uri


async def test_an_accept_with_a_stamp_lets_our_quote_stand(house: House, eva: PeerActor, bo: Actor) -> None:
    settled: list[int] = []

    async def tell(post_id: int) -> None:
        settled.append(post_id)

    house.quotes.when_settled.append(tell)
    ours, quoted = await _quote(house, bo, eva)
    request = {"id": f"{ours.uri}#quote-request", "type": "QuoteRequest", "actor": bo.uri, "instrument": ours.uri}
    accept = eva.activity("Accept", request, result=_stamp(eva, ours.uri, quoted))
    await _deliver(house, accept, eva)
    post = await house.post(ours.uri)
    assert post is not None
    assert (post.quote_state, settled) == ("accepted", [ours.id])


async def test_nobody_else_allows_or_refuses_our_quote(house: House, ana: PeerActor, eva: PeerActor, bo: Actor) -> None:
    ours, quoted = await _quote(house, bo, eva)
    request = {"id": f"{ours.uri}#quote-request", "type": "QuoteRequest", "actor": bo.uri, "instrument": ours.uri}
    await _deliver(house, ana.activity("Accept", request, result=_stamp(eva, ours.uri, quoted)), ana)
    await _deliver(house, ana.activity("Reject", request), ana)
    post = await house.post(ours.uri)
    assert post is not None
    assert post.quote_state == "pending"
    await _deliver(house, eva.activity("Reject", request), eva)
    post = await house.post(ours.uri)
    assert post is not None
    assert post.quote_state == "rejected"


async def test_a_quote_that_was_revoked_does_not_come_back_by_asking_or_by_an_edit(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    ours = await write_post(house, bo)
    note = ana.note(quote=ours.uri)
    await _deliver(house, _request(ana, ours, note), ana)
    stamped = {**note, "quoteAuthorization": peer.of_kind("Accept")[0]["result"]}
    await _deliver(house, ana.create(stamped), ana)
    quote = await house.post(note["id"])
    assert quote is not None and quote.quote_state == "accepted"
    await house.publisher.revoke_quote(bo, ours.id, quote.id)
    await _deliver(house, _request(ana, ours, note), ana)
    await _deliver(house, ana.activity("Update", {**stamped, "updated": stamp(timedelta(minutes=1))}), ana)
    assert len(peer.of_kind("Accept")) == 1
    assert len(peer.of_kind("Reject")) == 1
    quote = await house.post(note["id"])
    assert quote is not None and quote.quote_state == "revoked"


async def test_correcting_a_quote_that_stands_leaves_it_standing(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    quoted = eva.note()
    note = ana.note(quote=quoted["id"])
    note["quoteAuthorization"] = _stamp(eva, note["id"], quoted["id"])
    await _deliver(house, ana.create(note), ana)
    del eva.peer.documents[note["quoteAuthorization"]]  # its server answers nothing more
    edited = {**note, "content": "<p>No typo</p>", "updated": stamp(timedelta(minutes=1))}
    await _deliver(house, ana.activity("Update", edited), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert (post.content, post.quote_state) == ("<p>No typo</p>", "accepted")


async def test_a_stamp_that_comes_after_the_post_lets_it_stand(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    """So Mastodon and we tell followers of it: an Update in which nothing else is new."""
    await house.follow(bo, ana)
    quoted = eva.note()
    note = ana.note(quote=quoted["id"])
    await _deliver(house, ana.create(note), ana)
    pending = await house.post(note["id"])
    assert pending is not None and pending.quote_state == "pending"
    stamped = {**note, "quoteAuthorization": _stamp(eva, note["id"], quoted["id"])}
    await _deliver(house, ana.activity("Update", stamped), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert (post.quote_state, post.edited_at) == ("accepted", None)
