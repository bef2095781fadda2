"""An Undo that arrives before what it undoes, as when a sender's retries overtake each other."""

from datetime import timedelta
from typing import Any

import pytest

from tests.inbox.conftest import House
from tests.inbox.questions import follow_between, has_block, likes_of, write_post
from tests.peer import PeerActor
from usi_fed.actors.follows_store import remove_follow
from usi_fed.actors.model import Actor
from usi_fed.clock import now
from usi_fed.posts.store import dig_up


async def _deliver(house: House, activity: dict[str, Any], actor: PeerActor) -> None:
    assert await actor.peer.post(house.inbox, activity, actor) == 202
    await house.settle()


@pytest.mark.parametrize("is_embedded", [True, False])
async def test_what_was_undone_before_it_came_does_not_count(
    house: House, ana: PeerActor, bo: Actor, is_embedded: bool
) -> None:
    post = await write_post(house, bo)
    known = await house.remote_actors.get(ana.uri)
    follow, like, block = (ana.activity(*what) for what in (("Follow", bo.uri), ("Like", post.uri), ("Block", bo.uri)))
    for activity in (follow, like, block):
        await _deliver(house, ana.activity("Undo", activity if is_embedded else activity["id"]), ana)
        await _deliver(house, activity, ana)
    assert await follow_between(house, ana.uri, bo.uri) is None
    assert await likes_of(house, post) == 0
    assert not await has_block(house, known.id, bo.id)
    await _deliver(house, ana.activity("Follow", bo.uri), ana)
    assert await follow_between(house, ana.uri, bo.uri) is not None


async def test_after_a_while_an_id_that_never_came_may_be_used_again(house: House, ana: PeerActor, bo: Actor) -> None:
    follow = ana.activity("Follow", bo.uri)
    await _deliver(house, ana.activity("Undo", follow), ana)
    await house.write(dig_up, now() + timedelta(seconds=1))
    await _deliver(house, follow, ana)
    assert await follow_between(house, ana.uri, bo.uri) is not None


async def test_nobody_takes_back_beforehand_what_another_server_will_send(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    follow = ana.activity("Follow", bo.uri)
    await _deliver(house, eva.activity("Undo", {**follow, "actor": eva.uri}), eva)
    await _deliver(house, eva.activity("Undo", follow["id"]), eva)
    await _deliver(house, follow, ana)
    assert await follow_between(house, ana.uri, bo.uri) is not None


async def test_the_undo_of_a_follow_that_was_refused_does_not_end_the_next_one(
    house: House, ana: PeerActor, bo: Actor
) -> None:
    """Misskey gives every Follow of the same two the same id."""
    follow = ana.activity("Follow", bo.uri)
    known = await house.remote_actors.get(ana.uri)
    start = now() - timedelta(minutes=1)
    for number, activity in enumerate((follow, ana.activity("Undo", follow), follow)):
        assert await ana.peer.post(house.inbox, activity, ana, when=start + timedelta(seconds=number)) == 202
        await house.settle()
        if number == 0:
            await house.write(remove_follow, known.id, bo.id)  # Bo does not want Ana, then does
    assert await follow_between(house, ana.uri, bo.uri) is not None


@pytest.mark.parametrize("is_embedded", [True, False])
async def test_an_undo_that_comes_twice_does_not_bury_an_id_that_is_used_again(
    house: House, ana: PeerActor, bo: Actor, is_embedded: bool
) -> None:
    """Misskey gives every Follow of the same two the same id."""
    follow = ana.activity("Follow", bo.uri)
    what = follow if is_embedded else follow["id"]
    start = now() - timedelta(minutes=1)
    for number, activity in enumerate((follow, ana.activity("Undo", what), ana.activity("Undo", what), follow)):
        assert await ana.peer.post(house.inbox, activity, ana, when=start + timedelta(seconds=number)) == 202
        await house.settle()
    assert await follow_between(house, ana.uri, bo.uri) is not None
