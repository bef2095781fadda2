"""Like, EmojiReact, Announce, Add, Remove and Flag, and the Undo of each."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.inbox.conftest import House
from tests.inbox.questions import home_of, reasons, told, write_post
from tests.peer import PUBLIC, Peer, PeerActor
from usi_fed.actors.blocks_store import add_block
from usi_fed.actors.model import Actor
from usi_fed.actors.store import update_actor
from usi_fed.clock import now
from usi_fed.moderation.tables import reports
from usi_fed.posts.reactions_store import pinned_ids


async def _deliver(house: House, activity: dict[str, Any], actor: PeerActor) -> None:
    assert await actor.peer.post(house.inbox, activity, actor) == 202
    await house.settle()


@pytest.mark.parametrize("kind", ["Like", "EmojiReact"])
async def test_a_like_counts_once_and_tells_the_author(house: House, ana: PeerActor, bo: Actor, kind: str) -> None:
    ours = await write_post(house, bo)
    likes = [ana.activity(kind, ours.uri, content="👍") for _ in range(2)]
    for like in likes:
        await _deliver(house, like, ana)
    post = await house.post(ours.uri)
    assert post is not None
    assert post.likes_count == 1
    assert await told(house, bo) == ["favourite"]
    await _deliver(house, ana.activity("Undo", likes[0]), ana)
    post = await house.post(ours.uri)
    assert post is not None
    assert post.likes_count == 0
    assert await told(house, bo) == []


async def test_a_hidden_post_cannot_be_liked_or_passed_on(house: House, ana: PeerActor, bo: Actor) -> None:
    ours = await write_post(house, bo, visibility="private")
    await _deliver(house, ana.activity("Like", ours.uri), ana)
    await _deliver(house, ana.activity("Announce", ours.uri, to=[PUBLIC]), ana)
    post = await house.post(ours.uri)
    assert post is not None
    assert (post.likes_count, post.boosts_count) == (0, 0)
    assert await told(house, bo) == []


async def test_nobody_undoes_anothers_like(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    ours, mallory = await write_post(house, bo), peer.actor("mallory")
    like = ana.activity("Like", ours.uri)
    await _deliver(house, like, ana)
    for undone in (like, like["id"], {**like, "actor": mallory.uri}):
        await _deliver(house, mallory.activity("Undo", undone), mallory)
    post = await house.post(ours.uri)
    assert post is not None
    assert post.likes_count == 1


# ---- boosts ----


async def test_a_boost_of_an_unknown_post_fetches_it(house: House, ana: PeerActor, eva: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = eva.note("<p>from afar</p>")
    announce = ana.activity("Announce", note["id"], to=[PUBLIC], cc=[ana.followers])
    await _deliver(house, announce, ana)
    original, boost = await house.post(note["id"]), await house.post(announce["id"])
    assert original is not None
    assert boost is not None
    assert boost.boost_of_id == original.id
    assert await home_of(house, bo) == [boost.id]
    await _deliver(house, ana.activity("Undo", announce), ana)
    assert await house.post(announce["id"]) is None
    assert await home_of(house, bo) == []


async def test_an_embedded_post_of_another_server_is_fetched_not_believed(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = eva.note("<p>true</p>")
    await _deliver(house, ana.activity("Announce", {**note, "content": "<p>false</p>"}, to=[PUBLIC]), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert post.content == "<p>true</p>"


async def test_a_document_that_names_an_author_of_another_server_is_not_taken(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = ana.note(attributedTo=eva.uri)
    await _deliver(house, ana.activity("Announce", note["id"], to=[PUBLIC]), ana)
    assert await house.post(note["id"]) is None


async def test_a_private_post_of_ones_own_is_brought_along(house: House, ana: PeerActor, bo: Actor) -> None:
    """It cannot be fetched by whom it was not sent to; whoever may read the boost may read the post."""
    await house.follow(bo, ana)
    note = ana.note("<p>among us</p>", to=[ana.followers], cc=[])
    del ana.peer.documents[note["id"]]
    announce = ana.activity("Announce", note, to=[ana.followers])
    await _deliver(house, announce, ana)
    original, boost = await house.post(note["id"]), await house.post(announce["id"])
    assert original is not None
    assert (original.content, original.visibility) == ("<p>among us</p>", "private")
    assert boost is not None
    assert boost.visibility == "private"
    assert await home_of(house, bo) == [boost.id]


@pytest.mark.parametrize("author", ["another", "another of the same server"])
async def test_a_post_of_another_that_is_brought_along_is_not_believed(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, author: str
) -> None:
    await house.follow(bo, ana)
    named = eva if author == "another" else ana.peer.actor("cleo")
    note = ana.note(attributedTo=named.uri)
    del ana.peer.documents[note["id"]]
    await _deliver(house, ana.activity("Announce", note, to=[PUBLIC]), ana)
    assert await house.post(note["id"]) is None


@pytest.mark.parametrize("way", ["blocked", "not a follower", "vote"])
async def test_nobody_answers_by_a_boost_who_may_not_answer(house: House, ana: PeerActor, bo: Actor, way: str) -> None:
    known = await house.follow(bo, ana)
    ours = await write_post(house, bo, visibility="private" if way == "not a follower" else "public")
    if way == "blocked":
        await house.write(add_block, bo.id, known.id, f"{bo.uri}#block", now())
        carl = await house.actors.create_local("carl")
        await house.follow(carl, ana)
    more = {"name": "Yes", "content": None} if way == "vote" else {}
    note = ana.note(inReplyTo=ours.uri, to=[ana.followers], cc=[], **more)
    del ana.peer.documents[note["id"]]
    await _deliver(house, ana.activity("Announce", note, to=[ana.followers]), ana)
    assert await house.post(note["id"]) is None


async def test_a_private_post_of_another_is_not_passed_on(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = eva.note(to=[eva.followers], cc=[])
    announce = ana.activity("Announce", note["id"], to=[PUBLIC])
    await _deliver(house, announce, ana)
    assert await house.post(announce["id"]) is None


async def test_a_post_of_somebody_suspended_is_not_brought_back_by_a_boost(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    known = await house.remote_actors.get(eva.uri)
    await house.write(update_actor, known.id, suspended_at=now())
    note = eva.note()
    await _deliver(house, ana.activity("Announce", note["id"], to=[PUBLIC]), ana)
    assert await house.post(note["id"]) is None


async def test_a_boost_that_concerns_nobody_fetches_nothing(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await _deliver(house, ana.activity("Announce", eva.note()["id"], to=[PUBLIC]), ana)
    assert eva.peer.asked == []


async def test_a_boost_that_was_taken_back_before_it_came_does_not_come(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    announce = ana.activity("Announce", eva.note()["id"], to=[PUBLIC])
    await _deliver(house, ana.activity("Undo", announce), ana)
    await _deliver(house, announce, ana)
    assert await house.post(announce["id"]) is None


async def test_a_server_that_does_not_answer_is_asked_again_later(
    house: House, other_peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    announce = ana.activity("Announce", "http://127.0.0.3:65000/notes/1", to=[PUBLIC])
    await _deliver(house, announce, ana)
    [receipt] = await house.receipts()
    assert (receipt.state, receipt.attempts) == ("held", 1)
    assert receipt.next_attempt_at is not None
    assert receipt.next_attempt_at > now()


# ---- groups (FEP-1b12) ----


async def test_a_group_passes_on_a_thread_but_does_not_boost_its_answers(
    house: House, peer: Peer, eva: PeerActor, bo: Actor
) -> None:
    group = peer.actor("group", type="Group")
    await house.follow(bo, group)
    topic = eva.note("<p>topic</p>", name="A topic", audience=group.uri)
    answer = eva.note("<p>answer</p>", inReplyTo=topic["id"], audience=group.uri)
    for note in (topic, answer):
        await _deliver(house, group.activity("Announce", eva.create(note), to=[PUBLIC]), group)
    first, second = await house.post(topic["id"]), await house.post(answer["id"])
    assert first is not None
    assert second is not None
    assert (first.boosts_count, second.boosts_count) == (1, 0)


async def test_a_groups_word_is_not_enough_for_what_a_member_wrote(
    house: House, peer: Peer, eva: PeerActor, bo: Actor
) -> None:
    group = peer.actor("group", type="Group")
    await house.follow(bo, group)
    forged = {**eva.note(), "content": "<p>forged</p>"}
    del eva.peer.documents[forged["id"]]
    await _deliver(house, group.activity("Announce", eva.create(forged), to=[PUBLIC]), group)
    assert await house.post(forged["id"]) is None


async def test_a_wrapped_delete_is_confirmed_at_the_origin(house: House, peer: Peer, eva: PeerActor, bo: Actor) -> None:
    group = peer.actor("group", type="Group")
    await house.follow(bo, group)
    kept, gone = eva.note(), eva.note()
    for note in (kept, gone):
        await _deliver(house, group.activity("Announce", eva.create(note), to=[PUBLIC]), group)
    del eva.peer.documents[gone["id"]]
    for note in (kept, gone):
        await _deliver(house, group.activity("Announce", eva.activity("Delete", note["id"]), to=[PUBLIC]), group)
    assert await house.post(kept["id"]) is not None
    assert await house.post(gone["id"]) is None


async def test_a_wrapped_like_counts_for_nothing(house: House, peer: Peer, eva: PeerActor, bo: Actor) -> None:
    group, ours = peer.actor("group", type="Group"), await write_post(house, bo)
    await house.follow(bo, group)
    await _deliver(house, group.activity("Announce", eva.activity("Like", ours.uri), to=[PUBLIC]), group)
    post = await house.post(ours.uri)
    assert post is not None
    assert post.likes_count == 0


# ---- pins ----


async def test_pins_come_and_go(house: House, ana: PeerActor, bo: Actor) -> None:
    known, note = await house.follow(bo, ana), ana.note()
    featured = f"{ana.uri}/featured"
    await _deliver(house, ana.activity("Add", note["id"], target=featured), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert await house.read(pinned_ids, known.id) == [post.id]
    await _deliver(house, ana.activity("Remove", note["id"], target=featured), ana)
    assert await house.read(pinned_ids, known.id) == []


async def test_nobody_pins_to_anothers_profile_or_anothers_post(
    house: House, peer: Peer, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    known, mallory, note = await house.follow(bo, ana), peer.actor("mallory"), ana.note()
    other = await house.remote_actors.get(mallory.uri)
    await _deliver(house, mallory.activity("Add", note["id"], target=f"{ana.uri}/featured"), mallory)
    await _deliver(house, mallory.activity("Add", note["id"], target=f"{mallory.uri}/featured"), mallory)
    await _deliver(house, ana.activity("Add", eva.note()["id"], target=f"{ana.uri}/featured"), ana)
    assert await house.read(pinned_ids, known.id) == []
    assert await house.read(pinned_ids, other.id) == []


# ---- reports ----


async def test_a_report_is_kept_once_with_its_posts(house: House, ana: PeerActor, bo: Actor) -> None:
    ours = await write_post(house, bo)
    flag = ana.activity("Flag", [bo.uri, ours.uri, "http://elsewhere.example/1"], content="<b>Look</b>")
    await _deliver(house, flag, ana)
    await _deliver(house, {**flag}, ana)
    rows = await house.read(lambda connection: connection.execute(select(reports)).all())
    assert [(row.target_id, row.post_ids, row.comment) for row in rows] == [(bo.id, [ours.id], "Look")]


async def test_a_report_about_nothing_of_ours_is_ignored(house: House, ana: PeerActor, bo: Actor) -> None:
    await _deliver(house, ana.activity("Flag", "http://elsewhere.example/1"), ana)
    assert await reasons(house) == [("Flag", "done", "about nothing of ours")]


async def test_an_unknown_activity_is_accepted_counted_and_ignored(house: House, ana: PeerActor, bo: Actor) -> None:
    for kind in ("Dislike", "View", "Travel", "Listen"):
        await _deliver(house, ana.activity(kind, bo.uri), ana)
    assert await reasons(house) == [
        (kind, "done", "means nothing here") for kind in ("Dislike", "View", "Travel", "Listen")
    ]
