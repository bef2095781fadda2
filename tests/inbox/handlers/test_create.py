"""Create: what becomes a post, for whom, and on whose word."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.inbox.conftest import House
from tests.inbox.questions import home_of, reasons, told, write_post
from tests.peer import PUBLIC, Peer, PeerActor, stamp
from usi_fed.activitypub.ld_signatures import create_ld_signature
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.proofs import create_proof
from usi_fed.actors.blocks_store import add_block
from usi_fed.actors.model import Actor
from usi_fed.clock import now
from usi_fed.inbox import arrivals
from usi_fed.posts.model import PollDraft, Post
from usi_fed.posts.polls_store import find_poll
from usi_fed.posts.store import find_post, get_post
from usi_fed.posts.threads_store import ancestors, descendants
from usi_fed.posts.visibility import visible_ids


async def _deliver(house: House, activity: dict[str, Any], actor: PeerActor, inbox: str | None = None) -> None:
    assert await actor.peer.post(inbox or house.inbox, activity, actor) == 202
    await house.settle()


async def test_a_note_of_somebody_followed_is_in_the_home_timeline(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note("<p>Strike!</p><script>alert(1)</script>", contentMap={"en": "<p>Strike!</p>"})
    await _deliver(house, ana.create(note), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert (post.content, post.visibility, post.language) == ("<p>Strike!</p>", "public", "en")
    assert await home_of(house, bo) == [post.id]


@pytest.mark.parametrize(
    "target",
    [
        {"attachment": [{"type": "Link", "href": "https://news.example/strike?a=1&b=2"}]},  # Lemmy
        {"url": "https://news.example/strike?a=1&b=2"},  # Lemmy before 0.15, and others
    ],
)
async def test_a_link_post_shows_where_it_leads(
    house: House, ana: PeerActor, bo: Actor, target: dict[str, Any]
) -> None:
    await house.follow(bo, ana)
    page = ana.note("", type="Page", name="They strike", **target)
    del page["content"]
    await _deliver(house, ana.create(page), ana)
    post = await house.post(page["id"])
    assert post is not None
    assert post.title == "They strike"
    assert 'href="https://news.example/strike?a=1&amp;b=2"' in post.content
    edited = {**page, "content": "<p>And how</p>", "updated": stamp(timedelta(minutes=1))}
    await _deliver(house, ana.activity("Update", edited, to=[PUBLIC]), ana)
    post = await house.post(page["id"])
    assert post is not None and post.content.startswith("<p>And how</p><p><a ")
    assert post.content.count("href=") == 1


async def test_a_link_is_not_added_where_the_text_has_it_or_where_it_does_harm(
    house: House, ana: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    links = ("https://news.example/a?b&c", "javascript:alert(1)", 'https://x.example/"onclick="x', ana.uri, ana.uri)
    page = ana.note(
        '<p><a href="https://news.example/a?b&amp;c">Read</a></p>',
        type="Page",
        attachment=[{"type": "Link", "href": href} for href in links],
    )
    page["url"] = page["id"]
    await _deliver(house, ana.create(page), ana)
    post = await house.post(page["id"])
    assert post is not None
    assert [part.partition('"')[0] for part in post.content.split('href="')[1:]] == [
        "https://news.example/a?b&amp;c",
        "https://x.example/&quot;onclick=&quot;x",
        ana.uri,
    ]


async def test_the_same_note_twice_is_one_post(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note()
    await _deliver(house, ana.create(note), ana)
    await _deliver(house, ana.create(note), ana)
    author = await house.actor(ana.uri)
    assert author is not None
    assert author.posts_count == 1
    assert len(await home_of(house, bo)) == 1


async def test_a_note_that_concerns_nobody_here_is_not_kept(house: House, ana: PeerActor, bo: Actor) -> None:
    note = ana.note()
    await _deliver(house, ana.create(note), ana)
    assert await house.post(note["id"]) is None
    assert await reasons(house) == [("Create", "done", "concerns nobody here")]


async def test_a_note_to_one_of_ours_arrives_and_tells_them(house: House, ana: PeerActor, bo: Actor) -> None:
    note = ana.note(to=[bo.uri], cc=[], tag=[{"type": "Mention", "href": bo.uri, "name": "@bo"}])
    await _deliver(house, ana.create(note), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert post.visibility == "direct"
    assert await told(house, bo) == ["mention"]


async def test_what_comes_to_a_personal_inbox_is_kept(house: House, ana: PeerActor, bo: Actor) -> None:
    note = ana.note()
    await _deliver(house, ana.create(note), ana, bo.inbox)
    assert await house.post(note["id"]) is not None


async def test_an_object_of_another_server_is_not_taken(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = {**eva.note(), "attributedTo": ana.uri}
    await _deliver(house, ana.create(note), ana)
    assert await house.post(note["id"]) is None
    assert (await reasons(house))[0][2] == "an object of another server"


async def test_words_cannot_be_put_into_somebody_elses_mouth(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = ana.note(attributedTo=eva.uri)
    await _deliver(house, ana.create(note), ana)
    assert await house.post(note["id"]) is None
    assert (await reasons(house))[0][2] == "attributed to an actor of another server"


async def test_of_two_authors_of_one_server_their_server_says_who_it_was(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    group = peer.actor("group", type="Group")
    await house.follow(bo, ana)
    note = ana.note(attributedTo=group.uri)
    await _deliver(house, ana.create(note), ana)
    post, author = await house.post(note["id"]), await house.actor(group.uri)
    assert post is not None
    assert author is not None
    assert post.author_id == author.id


async def test_a_stored_post_of_another_actor_is_not_taken_over(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    mallory = peer.actor("mallory")
    await house.follow(bo, ana)
    await house.follow(bo, mallory)
    note = ana.note()
    await _deliver(house, ana.create(note), ana)
    stolen = {**note, "attributedTo": mallory.uri, "to": [bo.uri], "content": "<p>stolen</p>"}
    await _deliver(house, mallory.create(stolen), mallory)
    post = await house.post(note["id"])
    assert post is not None
    assert post.content == "<p>Hello</p>"
    assert await told(house, bo) == []
    assert (await reasons(house))[-1][2] == "the object belongs to another actor"


async def test_a_note_named_only_by_its_id_is_fetched_and_shown(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note()
    await _deliver(house, ana.activity("Create", note["id"], to=[PUBLIC]), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert await home_of(house, bo) == [post.id]


async def test_an_article_keeps_its_title(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note(type="Article", name="On <b>strikes</b>", content="<h2>Why</h2><p>Because.</p>")
    await _deliver(house, ana.create(note), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert (post.kind, post.title) == ("Article", "On strikes")


async def test_an_object_of_unknown_type_is_ignored(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    await _deliver(house, ana.create(ana.note(type="Quotation")), ana)
    assert await reasons(house) == [("Create", "done", "Quotation is no post here")]


async def test_a_deleted_note_cannot_come_back(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note()
    await _deliver(house, ana.activity("Delete", note["id"]), ana)
    await _deliver(house, ana.create(note), ana)
    assert await house.post(note["id"]) is None


async def test_people_named_whom_nobody_knew_are_looked_up(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = ana.note(tag=[{"type": "Mention", "href": eva.uri, "name": "@eva"}])
    await _deliver(house, ana.create(note), ana)
    assert await house.post(note["id"]) is not None
    assert await house.actor(eva.uri) is not None


async def test_people_named_who_cannot_be_had_do_not_stop_the_note(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    tags = [{"type": "Mention", "href": ana.peer.url(f"/users/ghost{number}")} for number in range(5000)]
    note = ana.note(tag=tags)
    await _deliver(house, ana.create(note), ana)
    assert await house.post(note["id"]) is not None
    assert len([url for url in ana.peer.asked if "ghost" in url]) <= 10


async def test_the_post_that_is_answered_is_fetched(house: House, ana: PeerActor, eva: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    first = eva.note("<p>first</p>")
    second = ana.note("<p>second</p>", inReplyTo=first["id"])
    await _deliver(house, ana.create(second), ana)
    parent, child = await house.post(first["id"]), await house.post(second["id"])
    assert parent is not None
    assert child is not None
    assert (child.in_reply_to_id, child.thread_id) == (parent.id, parent.thread_id)


async def test_a_post_that_another_process_fetches_meanwhile_is_shown(
    house: House, ana: PeerActor, bo: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not there when the Create looked for it, and is when the Create stores it."""
    await house.follow(bo, ana)
    note = ana.note()
    fetched = await house.fetching.fetch_post(note["id"])
    looks: list[str] = []

    def find_later(connection: Connection, uri: str) -> Post | None:
        looks.append(uri)
        return None if len(looks) == 1 else find_post(connection, uri)

    monkeypatch.setattr(arrivals, "find_post", find_later)
    await _deliver(house, ana.create(note), ana)
    assert await home_of(house, bo) == [fetched.id]


async def test_a_thread_that_runs_in_a_circle_has_each_post_once(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    one, other, alone = ana.note(), ana.note(), ana.note()
    one["inReplyTo"], other["inReplyTo"], alone["inReplyTo"] = other["id"], one["id"], alone["id"]
    below = ana.note(inReplyTo=one["id"])
    ana.peer.documents.clear()
    posts: list[Post] = []
    for note in (one, other, alone, below):
        await _deliver(house, ana.create(note), ana)
        post = await house.post(note["id"])
        assert post is not None
        posts.append(post)
    first, second, third, fourth = [await house.read(get_post, post.id) for post in posts]

    async def above_and_below(post: Post) -> tuple[set[int], set[int]]:
        above, under = await house.read(ancestors, post, bo.id), await house.read(descendants, post, bo.id)
        assert len(above) + len(under) == len({found.id for found in above}) + len({found.id for found in under})
        return {found.id for found in above}, {found.id for found in under}

    assert await above_and_below(third) == (set(), set())
    assert await above_and_below(first) == ({second.id}, {second.id, fourth.id})
    assert await above_and_below(fourth) == ({first.id, second.id}, set())


async def test_no_replies_are_fetched_when_none_are_listed(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    asked = len(ana.peer.asked)
    uri = ana.peer.url("/replies/1")
    page = {"type": "CollectionPage", "partOf": uri, "next": f"{uri}?page=true", "items": []}
    note = ana.note(replies={"id": uri, "type": "Collection", "first": page})
    await _deliver(house, ana.create(note), ana)
    assert ana.peer.asked[asked:] == []


async def test_listed_replies_of_the_same_server_are_fetched(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note()
    replies = [ana.note("<p>reply</p>", inReplyTo=note["id"]) for _ in range(7)]
    page = {"type": "CollectionPage", "items": [reply["id"] for reply in replies]}
    note["replies"] = {"id": f"{note['id']}/replies", "type": "Collection", "first": page}
    await _deliver(house, ana.create(note), ana)
    found = [await house.post(reply["id"]) for reply in replies]
    assert sum(post is not None for post in found) == 5


# ---- polls ----


async def test_a_vote_counts_once(house: House, ana: PeerActor, bo: Actor) -> None:
    poll = PollDraft(("Yes", "No"), multiple=False, ends_at=now() + timedelta(days=1))
    question = await write_post(house, bo, "Strike?", poll=poll)
    for number, choice in enumerate(("Yes", "Yes", "No", "Perhaps")):
        vote = {
            "id": f"{ana.uri}#votes/{number}",
            "type": "Note",
            "attributedTo": ana.uri,
            "inReplyTo": question.uri,
            "name": choice,
            "to": [bo.uri],
            "published": stamp(),
        }
        await _deliver(house, ana.activity("Create", vote, to=[bo.uri]), ana)
    found = await house.read(find_poll, question.id)
    assert [option["votes"] for option in found.options] == [1, 0]
    assert found.voters_count == 1
    assert await told(house, bo) == []


async def test_a_vote_in_another_servers_poll_is_no_post(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    vote = ana.note("", name="Yes", inReplyTo=eva.note()["id"])
    await _deliver(house, ana.create(vote), ana)
    assert await house.post(vote["id"]) is None


@pytest.mark.parametrize("relation", ["stranger", "follower", "blocked"])
async def test_only_who_sees_a_poll_votes_in_it(house: House, ana: PeerActor, bo: Actor, relation: str) -> None:
    ends_at = now() + timedelta(days=1)
    poll = PollDraft(("Yes", "No"), multiple=False, ends_at=ends_at)
    visibility = "public" if relation == "blocked" else "private"
    question = await write_post(house, bo, "Strike?", poll=poll, visibility=visibility)
    if relation == "follower":
        await _deliver(house, ana.activity("Follow", bo.uri), ana)
    if relation == "blocked":
        blocked = await house.remote_actors.get(ana.uri)
        await house.write(add_block, bo.id, blocked.id, f"{bo.uri}#block", now())
    vote = ana.note("", name="Yes", inReplyTo=question.uri, to=[bo.uri], cc=[])
    await _deliver(house, ana.create(vote), ana)
    found = await house.read(find_poll, question.id)
    assert found.voters_count == (1 if relation == "follower" else 0)


# ---- forwarding, and who may answer at all ----


async def _proven(activity: dict[str, Any], ana: PeerActor, proof: str) -> dict[str, Any]:
    if proof == "signature":
        linked_data = LinkedData()
        try:
            return await create_ld_signature(activity, ana.key, now(), linked_data)
        finally:
            await linked_data.close()
    if proof == "proof":
        return create_proof(activity, ana.proof_key(), now())
    false = {"type": "RsaSignature2017", "creator": ana.key.key_id, "signatureValue": "AA==", "created": stamp()}
    return {**activity, **{"none": {}, "junk": {"signature": {"type": "junk"}}, "false": {"signature": false}}[proof]}


async def _reply_to_followers(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, proof: str, *, block: bool = False, **draft: Any
) -> list[dict[str, Any]]:
    """Ana answers Bo and names his followers; gives what reaches Eva, who is one."""
    assert await eva.peer.post(house.inbox, eva.activity("Follow", bo.uri), eva) == 202
    await house.settle()
    if block:
        blocked = await house.remote_actors.get(ana.uri)
        await house.write(add_block, bo.id, blocked.id, f"{bo.uri}#block", now())
    ours = await write_post(house, bo, **draft)
    note = ana.note("<p>Well said</p>", inReplyTo=ours.uri, cc=[bo.followers_uri, bo.uri])
    activity = await _proven(ana.create(note), ana, proof)
    await _deliver(house, activity, ana)
    assert (await house.post(note["id"]) is None) == (block or draft.get("visibility") == "private")
    return [received for received in eva.peer.received if received["id"] == activity["id"]]


@pytest.mark.parametrize("proof", ["signature", "proof"])
async def test_a_reply_to_our_followers_is_passed_on_if_it_proves_itself(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, proof: str
) -> None:
    [passed_on] = await _reply_to_followers(house, ana, eva, bo, proof)
    assert passed_on["object"]["content"] == "<p>Well said</p>"
    assert proof in passed_on
    assert ana.peer.of_kind("Create") == []


@pytest.mark.parametrize("proof", ["none", "junk", "false"])
async def test_a_reply_that_proves_nothing_is_not_passed_on(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, proof: str
) -> None:
    assert await _reply_to_followers(house, ana, eva, bo, proof) == []


async def test_somebody_blocked_cannot_answer_and_is_not_passed_on(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    assert await _reply_to_followers(house, ana, eva, bo, "proof", block=True) == []
    assert (await reasons(house))[-1][2] == "an answer to a post that the sender may not answer"


async def test_nobody_answers_a_post_that_they_do_not_see(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    assert await _reply_to_followers(house, ana, eva, bo, "proof", visibility="private") == []
    assert (await reasons(house))[-1][2] == "an answer to a post that the sender may not answer"


async def test_a_followers_answer_to_a_post_for_followers_is_taken_and_not_passed_on(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    for follower in (ana, eva):
        assert await follower.peer.post(house.inbox, follower.activity("Follow", bo.uri), follower) == 202
    await house.settle()
    ours = await write_post(house, bo, visibility="private")
    note = ana.note("<p>Well said</p>", inReplyTo=ours.uri, cc=[bo.followers_uri, bo.uri])
    await _deliver(house, await _proven(ana.create(note), ana, "proof"), ana)
    assert await house.post(note["id"]) is not None
    assert eva.peer.of_kind("Create") == []


async def test_what_is_fetched_is_no_way_around_a_block(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    blocked = await house.remote_actors.get(ana.uri)
    await house.write(add_block, bo.id, blocked.id, f"{bo.uri}#block", now())
    ours = await write_post(house, bo)
    note = ana.note("<p>Well said</p>", inReplyTo=ours.uri)
    assert await eva.peer.post(house.inbox, ana.create(note), eva) == 202
    await house.settle()
    assert note["id"] in ana.peer.asked
    assert await house.post(note["id"]) is None


async def test_a_post_that_was_fetched_before_it_was_sent_reaches_its_readers_once(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    """An answer can be quicker than what it answers; then that was fetched for it."""
    await house.follow(bo, ana)
    mention = {"type": "Mention", "href": bo.uri, "name": "@bo"}
    note = ana.note(tag=[mention], cc=[bo.uri])
    answer = eva.note(inReplyTo=note["id"], tag=[mention], cc=[bo.uri])
    await _deliver(house, eva.create(answer), eva)
    post = await house.post(note["id"])
    assert post is not None
    assert await home_of(house, bo) == []
    for _ in range(2):
        await _deliver(house, ana.create(note), ana)
    assert await home_of(house, bo) == [post.id]
    assert await told(house, bo) == ["mention", "mention"]


@pytest.mark.parametrize(("summary", "warning"), [
    ("a<b & c>d, typed &amp; \"q\"", "a<b & c>d, typed &amp; \"q\""),
    ("<p>Injuries &amp; blood</p>", "Injuries & blood"),
])  # fmt: skip
async def test_a_warning_is_read_as_it_was_typed_unless_it_is_html(
    house: House, ana: PeerActor, bo: Actor, summary: str, warning: str
) -> None:
    await house.follow(bo, ana)
    note = ana.note(summary=summary, sensitive=True)
    await _deliver(house, ana.create(note), ana)
    post = await house.post(note["id"])
    assert post is not None
    assert post.warning == warning


async def test_who_is_addressed_out_of_sight_may_read_it_and_keeps_that(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    """`bto` and `bcc` are taken off before sending; the personal inbox says whom they named."""
    note = ana.note("<p>secretly</p>", to=[], cc=[])
    assert await peer.post(bo.inbox, ana.create(note), ana) == 202
    await house.settle()
    post = await house.post(note["id"])
    assert post is not None
    assert post.visibility == "direct"
    assert await house.read(visible_ids, [post.id], bo.id) == {post.id}
    edited = {**note, "content": "<p>still</p>", "updated": stamp(timedelta(minutes=1))}
    await _deliver(house, ana.activity("Update", edited, to=[]), ana)
    post = await house.post(note["id"])
    assert post is not None and "still" in post.content
    assert await house.read(visible_ids, [post.id], bo.id) == {post.id}
