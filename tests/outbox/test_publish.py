"""What local actors do, seen at the other servers."""

from datetime import timedelta

import pytest

from tests.outbox.newsroom import Newsroom, kinds
from tests.outbox.receivers import receivers
from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.proofs import verify_proof
from usi_fed.actors.follows_store import add_follow, find_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import add_actor, update_actor
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.outbox import store
from usi_fed.posts.model import Draft, PollDraft, Post
from usi_fed.posts.polls_store import Poll, add_vote, find_poll, put_poll
from usi_fed.posts.reactions_store import add_like
from usi_fed.posts.store import find_posts
from usi_fed.queue import Job

MINUTE = timedelta(minutes=1)

# ---- posts ----


async def test_a_public_post_goes_once_to_each_server_with_followers(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(3) as [one, two, three]:
        for name in ("bob", "eve"):
            await newsroom.follower(ada, one, name)
        await newsroom.follower(ada, two, "kim", shared_inbox=None)
        await newsroom.stranger(three, "nobody")
        post = await newsroom.write(ada, "Meeting tonight")
        await newsroom.send()
        assert (one.inboxes, two.inboxes, three.inboxes) == (["/inbox"], ["/users/kim/inbox"], [])
        [create] = one.received
        assert (create["type"], create["actor"], create["to"]) == ("Create", ada.uri, [PUBLIC])
        assert create["object"]["id"] == post.uri
        assert create["object"]["content"] == "<p>Meeting tonight</p>"
        assert newsroom.queue_bell.jobs == [Job.OUTBOX]


async def test_nothing_goes_to_an_inbox_that_is_not_on_the_host_of_its_actor(newsroom: Newsroom) -> None:
    """Such inboxes were taken once, and stay stored until their actors are fetched again."""
    ada = await newsroom.person("ada")
    async with receivers(2) as [there, victim]:
        eve = await newsroom.follower(ada, there, "eve", inbox=victim.inbox(), shared_inbox=None)
        await newsroom.follower(ada, there, "kim", inbox=victim.inbox())
        bob = await newsroom.stranger(there, "bob", inbox=victim.inbox(), shared_inbox=victim.inbox())
        await newsroom.write(ada, "For followers", visibility="private")
        post = await newsroom.write(ada, "For all")
        await newsroom.send()
        await newsroom.database.write(add_like, bob.id, post.id, f"{bob.uri}#likes/1", newsroom.clock())
        await newsroom.publisher.edit_post(ada, post.id, Draft(text="For all people"))
        await newsroom.publisher.update_profile(ada, ProfileChange(name="Ada"))
        await newsroom.publisher.block(ada, bob.id)
        await newsroom.publisher.remove_follower(ada, eve.id)
        await newsroom.send()
        assert there.inboxes == ["/inbox"] * 4 and victim.inboxes == []


async def test_public_activities_carry_a_proof_and_others_none(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    key = PrivateKey.generate_ed25519(f"{ada.uri}#ed25519-key", ada.uri)
    newsroom.signers.proof_keys[ada.id] = key
    async with receivers(1) as [other]:
        await newsroom.follower(ada, other)
        await newsroom.write(ada, "For all")
        await newsroom.write(ada, "For followers", visibility="private")
        await newsroom.send()
        public, private = other.received
        verify_proof(public, key.public, newsroom.clock())
        assert "proof" not in private


async def test_a_local_only_post_never_leaves(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [other]:
        await newsroom.follower(ada, other)
        post = await newsroom.write(ada, "For us", local_only=True)
        await newsroom.publisher.edit_post(ada, post.id, Draft("For us only", local_only=True))
        await newsroom.publisher.pin(ada, post.id)
        await newsroom.publisher.announce(ada, post.id)
        await newsroom.publisher.delete_post(ada, post.id)
        assert await newsroom.database.read(store.count_waiting) == 0


async def test_a_direct_post_goes_only_to_those_it_names(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(2) as [named, followed]:
        await newsroom.follower(ada, followed)
        kim = await newsroom.stranger(named, "kim", domain="kim.example")
        post = await newsroom.write(ada, "Hi @kim@kim.example", visibility="direct")
        await newsroom.send()
        assert followed.received == []
        assert named.received[0]["to"] == [kim.uri]
        await newsroom.publisher.delete_post(ada, post.id)
        await newsroom.send()
        assert (kinds(named), followed.received) == (["Create", "Delete"], [])


async def test_a_followers_only_post_carries_the_synchronisation_header(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [other]:
        await newsroom.follower(ada, other)
        await newsroom.write(ada, "For followers", visibility="private")
        await newsroom.write(ada, "For all")
        await newsroom.send()
        assert ["Collection-Synchronization" in headers for headers in other.headers] == [True, False]


async def test_an_answer_goes_to_whom_it_answers_and_nobody_who_is_suspended_gets_anything(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(2) as [answered, suspended]:
        kim = await newsroom.stranger(answered, "kim")
        await newsroom.follower(ada, suspended, suspended_at=newsroom.clock())
        question = await newsroom.foreign_post(kim)
        await newsroom.write(ada, "Yes", in_reply_to_id=question.id)
        await newsroom.send()
        assert answered.received[0]["object"]["inReplyTo"] == question.uri
        assert suspended.tries == 0


async def test_people_who_are_named_and_unknown_are_looked_for(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    post = await newsroom.write(ada, "Hi @new@far.example and @ada@home.example")
    assert newsroom.people.asked == ["new@far.example"]
    assert "@new@far.example" in post.content


async def test_an_edit_and_a_deletion_reach_everybody_who_has_the_post(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(4) as [fan, liker, former, bystander]:
        await newsroom.follower(ada, fan)
        gone = await newsroom.follower(ada, former)
        reader = await newsroom.stranger(liker, "reader")
        await newsroom.stranger(bystander, "nobody")
        post = await newsroom.write(ada, "One")
        await newsroom.database.write(add_like, reader.id, post.id, f"{reader.uri}#l", newsroom.clock())
        await newsroom.database.write(update_actor, gone.id, name="renamed")
        newsroom.clock.advance(MINUTE)
        await newsroom.publisher.edit_post(ada, post.id, Draft("Two"))
        await newsroom.send()
        await newsroom.publisher.delete_post(ada, post.id)
        await newsroom.send()
        assert kinds(fan) == ["Create", "Update", "Delete"]
        assert kinds(liker) == ["Update", "Delete"]
        assert kinds(former) == ["Create", "Update", "Delete"]
        assert bystander.received == []
        update, delete = fan.received[1:]
        assert update["object"]["updated"] > update["object"]["published"]
        assert delete["object"] == {"id": post.uri, "type": "Tombstone"}


async def test_a_server_whose_people_left_still_hears_of_the_deletion(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [other]:
        fan = await newsroom.follower(ada, other)
        post = await newsroom.write(ada, "One")
        await newsroom.send()
        await newsroom.publisher.remove_follower(ada, fan.id)
        await newsroom.publisher.delete_post(ada, post.id)
        await newsroom.send()
        assert kinds(other) == ["Create", "Reject", "Delete"]


async def test_somebody_else_cannot_edit_or_delete(newsroom: Newsroom) -> None:
    ada, bob = await newsroom.person("ada"), await newsroom.person("bob")
    post = await newsroom.write(ada)
    with pytest.raises(NotFound):
        await newsroom.publisher.delete_post(bob, post.id)
    with pytest.raises(NotFound):
        await newsroom.publisher.edit_post(bob, post.id, Draft("mine"))
    assert (await newsroom.post(post.id)).content == "<p>Hello</p>"


async def test_a_pin_is_added_and_removed_at_once(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [other]:
        await newsroom.follower(ada, other)
        post = await newsroom.write(ada)
        await newsroom.publisher.pin(ada, post.id)
        await newsroom.send()
        await newsroom.publisher.unpin(ada, post.id)
        await newsroom.send()
        assert kinds(other) == ["Create", "Add", "Remove"]
        assert other.received[1]["object"] == post.uri
        assert other.received[1]["target"] == ada.featured_uri


async def test_no_more_than_five_posts_are_pinned(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    for _ in range(5):
        await newsroom.publisher.pin(ada, (await newsroom.write(ada)).id)
    with pytest.raises(InvalidInput):
        await newsroom.publisher.pin(ada, (await newsroom.write(ada)).id)


# ---- boosts, likes, votes ----


async def test_a_boost_goes_to_followers_and_author_and_can_be_taken_back(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(2) as [fans, origin]:
        await newsroom.follower(ada, fans)
        author = await newsroom.stranger(origin, "author")
        post = await newsroom.foreign_post(author)
        boost = await newsroom.publisher.announce(ada, post.id)
        assert (await newsroom.publisher.announce(ada, post.id)).id == boost.id
        await newsroom.send()
        await newsroom.publisher.unannounce(ada, post.id)
        await newsroom.publisher.unannounce(ada, post.id)
        await newsroom.send()
        assert kinds(fans) == kinds(origin) == ["Announce", "Undo"]
        announce, undo = fans.received
        assert announce["object"] == post.uri
        assert (undo["object"]["id"], undo["object"]["type"]) == (announce["id"], "Announce")
        assert await newsroom.database.read(find_posts, [boost.id]) == {}


async def test_followers_of_a_local_booster_hear_of_the_deletion_too(newsroom: Newsroom) -> None:
    ada, bob = await newsroom.person("ada"), await newsroom.person("bob")
    async with receivers(1) as [other]:
        await newsroom.follower(bob, other)
        post = await newsroom.write(ada)
        await newsroom.publisher.announce(bob, post.id)
        await newsroom.send()
        await newsroom.publisher.delete_post(ada, post.id)
        await newsroom.send()
        assert kinds(other) == ["Announce", "Delete"]


async def test_a_like_goes_to_the_author_and_its_undo_embeds_it(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(2) as [origin, fans]:
        await newsroom.follower(ada, fans)
        post = await newsroom.foreign_post(await newsroom.stranger(origin, "author"))
        assert (await newsroom.publisher.like(ada, post.id)).likes_count == 1
        await newsroom.publisher.like(ada, post.id)
        await newsroom.send()
        assert (await newsroom.publisher.unlike(ada, post.id)).likes_count == 0
        await newsroom.publisher.unlike(ada, post.id)
        await newsroom.send()
        assert fans.received == []
        like, undo = origin.received
        assert (like["type"], like["object"]) == ("Like", post.uri)
        assert undo["object"] == {"id": like["id"], "type": "Like", "actor": ada.uri, "object": post.uri}


async def test_a_vote_is_one_note_for_each_choice(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [origin]:
        author = await newsroom.stranger(origin, "author")
        post = await newsroom.foreign_post(author, kind="Question")
        poll = Poll(post.id, True, False, None, None, 0, [{"title": title, "votes": 0} for title in ("A", "B", "C")])
        await newsroom.database.write(put_poll, poll)
        await newsroom.publisher.vote(ada, post.id, [0, 2])
        await newsroom.send()
        assert [activity["object"]["name"] for activity in origin.received] == ["A", "C"]
        assert all("content" not in activity["object"] for activity in origin.received)
        assert all(activity["to"] == [author.uri] for activity in origin.received)
        assert all(activity["object"]["inReplyTo"] == post.uri for activity in origin.received)


async def poll_of(newsroom: Newsroom, author: Actor) -> Post:
    poll = PollDraft(("Yes", "No"), multiple=False, ends_at=newsroom.clock() + timedelta(hours=1))
    return await newsroom.write(author, "Strike?", poll=poll)


async def test_new_counts_of_our_polls_are_told_every_three_minutes_at_most(newsroom: Newsroom) -> None:
    ada, bob, eve = [await newsroom.person(name) for name in ("ada", "bob", "eve")]
    async with receivers(1) as [other]:
        await newsroom.follower(ada, other)
        post = await poll_of(newsroom, ada)
        newsroom.clock.advance(MINUTE)
        await newsroom.publisher.vote(bob, post.id, [0])
        await newsroom.publisher.close_polls()
        await newsroom.send()
        newsroom.clock.advance(MINUTE)
        await newsroom.publisher.vote(eve, post.id, [1])
        await newsroom.publisher.close_polls()
        await newsroom.send()
        assert kinds(other) == ["Create", "Update"]
        newsroom.clock.advance(3 * MINUTE)
        await newsroom.publisher.close_polls()
        await newsroom.publisher.close_polls()
        await newsroom.send()
        assert kinds(other) == ["Create", "Update", "Update"]
        assert other.received[-1]["object"]["votersCount"] == 2


async def test_the_end_of_a_poll_is_told_once(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(2) as [fans, voters]:
        await newsroom.follower(ada, fans)
        voter = await newsroom.stranger(voters, "voter")
        post = await poll_of(newsroom, ada)
        poll = await newsroom.database.read(find_poll, post.id)
        await newsroom.database.write(add_vote, poll, voter.id, 1, f"{voter.uri}#v", newsroom.clock())
        newsroom.clock.advance(timedelta(hours=2))
        await newsroom.publisher.close_polls()
        await newsroom.publisher.close_polls()
        await newsroom.send()
        assert kinds(fans) == ["Create", "Update"]
        assert kinds(voters) == ["Update"]
        assert "closed" in fans.received[1]["object"]


# ---- relations ----


async def test_a_follow_of_a_stranger_waits_for_the_answer_and_can_be_taken_back(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [other]:
        kim = await newsroom.stranger(other, "kim")
        follow = await newsroom.publisher.follow(ada, kim.id, notify=True)
        assert (follow.accepted, follow.notify) == (False, True)
        again = await newsroom.publisher.follow(ada, kim.id, show_boosts=False)
        assert (again.uri, again.show_boosts, again.notify) == (follow.uri, False, False)
        await newsroom.send()
        await newsroom.publisher.unfollow(ada, kim.id)
        await newsroom.send()
        assert other.inboxes == ["/users/kim/inbox"] * 2
        asked, undo = other.received
        assert (asked["type"], asked["id"], asked["object"]) == ("Follow", follow.uri, kim.uri)
        assert undo["object"] == {"id": follow.uri, "type": "Follow", "actor": ada.uri, "object": kim.uri}
        assert await newsroom.database.read(find_follow, ada.id, kim.id) is None


async def test_a_local_follow_needs_no_other_server(newsroom: Newsroom) -> None:
    ada, bob = await newsroom.person("ada"), await newsroom.person("bob")
    shy = await newsroom.person("shy", locked=True)
    assert (await newsroom.publisher.follow(ada, bob.id)).accepted
    assert not (await newsroom.publisher.follow(ada, shy.id)).accepted
    await newsroom.publisher.accept_follow(shy, ada.id)
    follow = await newsroom.database.read(find_follow, ada.id, shy.id)
    assert follow is not None
    assert follow.accepted
    assert await newsroom.database.read(store.count_waiting) == 0


@pytest.mark.parametrize("verb", ["accept_follow", "reject_follow"])
async def test_a_request_is_answered_with_the_follow_in_it(newsroom: Newsroom, verb: str) -> None:
    shy = await newsroom.person("shy", locked=True)
    async with receivers(1) as [other]:
        kim = await newsroom.stranger(other, "kim")
        await newsroom.database.write(add_follow, kim.id, shy.id, f"{kim.uri}#f", accepted=False, at=newsroom.clock())
        await getattr(newsroom.publisher, verb)(shy, kim.id)
        await newsroom.send()
        [answer] = other.received
        assert answer["type"] == {"accept_follow": "Accept", "reject_follow": "Reject"}[verb]
        assert answer["object"] == {"id": f"{kim.uri}#f", "type": "Follow", "actor": kim.uri, "object": shy.uri}
        follow = await newsroom.database.read(find_follow, kim.id, shy.id)
        assert (follow is not None and follow.accepted) == (verb == "accept_follow")


async def test_a_block_ends_follows_both_ways_and_says_so(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [other]:
        kim = await newsroom.follower(ada, other, "kim")
        await newsroom.database.write(add_follow, ada.id, kim.id, "https://home.example/f", accepted=True,
                                      at=newsroom.clock())  # fmt: skip
        await newsroom.publisher.block(ada, kim.id)
        await newsroom.publisher.block(ada, kim.id)
        await newsroom.send()
        assert sorted(kinds(other)) == ["Block", "Reject", "Undo"]
        with pytest.raises(NotAllowed):
            await newsroom.publisher.follow(ada, kim.id)
        await newsroom.publisher.unblock(ada, kim.id)
        await newsroom.send()
        assert (other.received[-1]["type"], other.received[-1]["object"]["type"]) == ("Undo", "Block")


# ---- the actor itself ----


async def test_a_changed_profile_is_told_once_and_only_in_its_newest_form(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [other]:
        await newsroom.follower(ada, other)
        await newsroom.publisher.update_profile(ada, ProfileChange(name="Ada L."))
        changed = await newsroom.publisher.update_profile(ada, ProfileChange(name="Ada"))
        await newsroom.publisher.update_profile(changed, ProfileChange(name="Ada"))
        await newsroom.send()
        [update] = other.received
        assert (update["type"], update["object"]["name"], update["object"]["id"]) == ("Update", "Ada", ada.uri)


async def test_a_move_needs_the_new_account_to_name_the_old_one(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(2) as [fans, elsewhere]:
        await newsroom.follower(ada, fans)
        liar = await newsroom.stranger(elsewhere, "liar")
        with pytest.raises(InvalidInput):
            await newsroom.publisher.move_to(ada, liar.id)
        new = await newsroom.stranger(elsewhere, "ada", also_known_as=[ada.uri])
        bob = await newsroom.person("bob")
        await newsroom.publisher.follow(bob, ada.id)
        moved = await newsroom.publisher.move_to(ada, new.id)
        assert moved.moved_to_uri == new.uri
        await newsroom.send()
        assert kinds(fans) == ["Update", "Move"]
        assert (fans.received[1]["object"], fans.received[1]["target"]) == (ada.uri, new.uri)
        assert fans.received[0]["object"]["movedTo"] == new.uri
        assert kinds(elsewhere) == ["Follow"]
        assert await newsroom.database.read(find_follow, bob.id, ada.id) is None
        with pytest.raises(NotAllowed):
            await newsroom.publisher.move_to(moved, new.id)


async def test_a_deleted_actor_is_announced_to_all_and_nothing_else_of_it_is_sent(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(2) as [fans, former]:
        await newsroom.follower(ada, fans)
        left = await newsroom.follower(ada, former)
        await newsroom.write(ada, "One")
        await newsroom.send()
        await newsroom.publisher.remove_follower(ada, left.id)
        await newsroom.send()
        await newsroom.write(ada, "never sent")
        gone = await newsroom.publisher.delete_actor(ada)
        assert gone.deleted_at == newsroom.clock()
        await newsroom.send()
        assert kinds(fans) == ["Create", "Delete"]
        assert kinds(former) == ["Create", "Reject", "Delete"]
        assert fans.received[1]["object"] == ada.uri


async def test_a_report_goes_out_in_the_name_of_the_server(newsroom: Newsroom) -> None:
    await newsroom.database.write(
        add_actor,
        {"uri": newsroom.urls.instance_actor, "kind": "Application", "username": "home.example",
         "inbox": "https://home.example/actor/inbox", "published": newsroom.clock()},
    )  # fmt: skip
    async with receivers(1) as [other]:
        kim = await newsroom.stranger(other, "kim")
        await newsroom.publisher.flag(kim.id, [f"{kim.uri}/statuses/1"], "Insults")
        await newsroom.send()
        [flag] = other.received
        assert (flag["type"], flag["actor"], flag["content"]) == ("Flag", newsroom.urls.instance_actor, "Insults")
        assert flag["object"] == [kim.uri, f"{kim.uri}/statuses/1"]


# ---- quotes ----


async def test_quoting_another_server_asks_first_and_a_local_quote_is_stamped(newsroom: Newsroom) -> None:
    ada, bob = await newsroom.person("ada"), await newsroom.person("bob")
    async with receivers(1) as [origin]:
        author = await newsroom.follower(bob, origin, "author")
        quoted = await newsroom.foreign_post(author, quote_policy="public")
        quote = await newsroom.write(ada, "Look", quote_of_id=quoted.id)
        await newsroom.send()
        assert kinds(origin) == ["Create", "QuoteRequest"]
        request = origin.received[1]
        assert (request["object"], request["instrument"]["id"]) == (quoted.uri, quote.uri)
        assert request["id"] == f"{quote.uri}#quote-request"
        own = await newsroom.write(ada, "Mine")
        local_quote = await newsroom.write(bob, "Hers", quote_of_id=own.id)
        assert local_quote.quote_stamp_uri is not None
        await newsroom.send()
        assert origin.received[-1]["object"]["quoteAuthorization"] == local_quote.quote_stamp_uri
        revoked = await newsroom.publisher.revoke_quote(ada, own.id, local_quote.id)
        assert (revoked.quote_state, revoked.quote_stamp_uri) == ("revoked", None)


async def test_a_new_quote_policy_reaches_whoever_has_the_post_and_only_once(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [other]:
        await newsroom.follower(ada, other)
        post = await newsroom.write(ada, "Hello", quote_policy="public")
        await newsroom.send()
        for _ in range(2):
            await newsroom.publisher.change_quote_policy(ada, post.id, "nobody")
            await newsroom.send()
        assert kinds(other) == ["Create", "Update"]
        before, after = (sent["object"]["interactionPolicy"]["canQuote"] for sent in other.received)
        assert (before, after) == ({"automaticApproval": [PUBLIC]}, {"automaticApproval": [ada.uri]})


async def test_a_revoked_quote_is_told_to_whoever_has_the_quote_or_the_post(newsroom: Newsroom) -> None:
    ada, bo = await newsroom.person("ada"), await newsroom.person("bo")
    async with receivers(2) as [of_ada, of_bo]:
        await newsroom.follower(ada, of_ada)
        await newsroom.follower(bo, of_bo)
        post = await newsroom.write(ada, "Hello", quote_policy="public")
        quote = await newsroom.write(bo, "Look", quote_of_id=post.id)
        stamp = (await newsroom.post(quote.id)).quote_stamp_uri
        await newsroom.publisher.revoke_quote(ada, post.id, quote.id)
        await newsroom.send()
        for receiver in (of_ada, of_bo):
            [delete] = [sent for sent in receiver.received if sent["type"] == "Delete"]
            assert delete["actor"] == ada.uri
            assert stamp in (delete["object"], delete["object"].get("id"))


# ---- posts for few, and who may not read them any more ----


async def test_a_removed_follower_gets_the_end_of_a_post_for_followers_and_none_of_its_new_words(
    newsroom: Newsroom,
) -> None:
    ada = await newsroom.person("ada")
    async with receivers(2) as [former, still]:
        eve = await newsroom.follower(ada, former, "eve")
        await newsroom.follower(ada, still, "bob")
        post = await newsroom.write(ada, "For followers", visibility="private")
        await newsroom.send()
        await newsroom.database.write(add_like, eve.id, post.id, f"{eve.uri}#likes/1", newsroom.clock())
        await newsroom.publisher.remove_follower(ada, eve.id)
        await newsroom.publisher.edit_post(ada, post.id, Draft(text="New words", visibility="private"))
        await newsroom.publisher.edit_post(ada, post.id, Draft(text="Newer words", visibility="private"))
        await newsroom.send()
        assert kinds(former) == ["Create", "Reject", "Delete"]
        assert "ords" not in str(former.received)
        end = former.received[-1]
        assert (end["object"]["id"], end["to"], end["cc"]) == (post.uri, [ada.followers_uri], [])
        assert kinds(still)[:2] == ["Create", "Update"]


async def test_the_end_of_a_post_for_followers_reaches_a_former_follower(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [former]:
        eve = await newsroom.follower(ada, former, "eve")
        post = await newsroom.write(ada, "For followers", visibility="private")
        await newsroom.send()
        await newsroom.publisher.remove_follower(ada, eve.id)
        await newsroom.publisher.delete_post(ada, post.id)
        await newsroom.send()
        assert kinds(former) == ["Create", "Reject", "Delete"]


async def test_what_waits_for_a_removed_follower_is_not_sent_with_new_words(newsroom: Newsroom) -> None:
    """The Create waits, for the server is away; an edit rewrites what waits."""
    ada = await newsroom.person("ada")
    async with receivers(1) as [away]:
        eve = await newsroom.follower(ada, away, "eve")
        post = await newsroom.write(ada, "For followers", visibility="private")
        await newsroom.publisher.remove_follower(ada, eve.id)
        await newsroom.publisher.edit_post(ada, post.id, Draft(text="New words", visibility="private"))
        await newsroom.send()
        assert kinds(away) == ["Reject", "Delete"]


async def test_a_name_taken_out_of_a_direct_post_gets_its_end_and_learns_no_other_name(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(2) as [first, second]:
        await newsroom.stranger(first, "kim", domain="kim.example")
        await newsroom.stranger(second, "lea", domain="lea.example")
        post = await newsroom.write(ada, "Hi @kim@kim.example", visibility="direct")
        await newsroom.send()
        await newsroom.publisher.edit_post(ada, post.id, Draft(text="Hi @lea@lea.example", visibility="direct"))
        await newsroom.send()
        assert kinds(first) == ["Create", "Delete"]
        assert "lea" not in str(first.received)
        assert kinds(second) == ["Update"]
        await newsroom.publisher.delete_post(ada, post.id)
        await newsroom.send()
        assert (kinds(first), kinds(second)) == (["Create", "Delete"], ["Update", "Delete"])


async def test_whom_the_author_has_blocked_is_sent_nothing_for_few_that_names_them(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [there]:
        kim = await newsroom.stranger(there, "kim", domain="kim.example")
        post = await newsroom.write(ada, "About @kim@kim.example", visibility="private")
        await newsroom.send()
        await newsroom.publisher.block(ada, kim.id)
        await newsroom.publisher.edit_post(ada, post.id, Draft(text="Still @kim@kim.example", visibility="private"))
        await newsroom.write(ada, "Again @kim@kim.example", visibility="direct")
        await newsroom.send()
        assert kinds(there) == ["Create", "Block", "Delete"]


async def test_the_end_of_an_account_reaches_who_only_got_a_direct_post(newsroom: Newsroom) -> None:
    ada = await newsroom.person("ada")
    async with receivers(1) as [there]:
        await newsroom.stranger(there, "kim", domain="kim.example")
        await newsroom.write(ada, "Hi @kim@kim.example", visibility="direct")
        await newsroom.send()
        await newsroom.publisher.delete_actor(ada)
        await newsroom.send()
        assert kinds(there) == ["Create", "Delete"]


async def test_a_server_where_somebody_may_still_read_a_post_keeps_it(newsroom: Newsroom) -> None:
    """It has one copy for all its people, though each has an inbox of their own."""
    ada = await newsroom.person("ada")
    async with receivers(1) as [there]:
        eve = await newsroom.follower(ada, there, "eve", shared_inbox=None)
        await newsroom.follower(ada, there, "kim", shared_inbox=None)
        post = await newsroom.write(ada, "For followers", visibility="private")
        await newsroom.send()
        await newsroom.publisher.remove_follower(ada, eve.id)
        await newsroom.publisher.edit_post(ada, post.id, Draft(text="New words", visibility="private"))
        await newsroom.send()
        assert sorted(kinds(there)) == ["Create", "Create", "Reject", "Update"]
        await newsroom.publisher.delete_post(ada, post.id)
        await newsroom.send()
        assert kinds(there).count("Delete") == 2
