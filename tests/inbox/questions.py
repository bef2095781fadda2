"""Short questions that tests of the inbox ask of our database."""

from typing import Any

from sqlalchemy import select

from tests.inbox.conftest import House
from usi_fed.actors.follows_store import find_follow
from usi_fed.actors.model import Actor, Follow
from usi_fed.actors.tables import blocks
from usi_fed.clock import now
from usi_fed.posts.model import Draft, Post
from usi_fed.posts.reactions_store import liker_ids
from usi_fed.posts.service import Limits, compose_post
from usi_fed.timelines.tables import home_entries, notifications


async def home_of(house: House, owner: Actor) -> list[int]:
    """The posts in somebody's home timeline."""
    statement = select(home_entries.c.post_id).where(home_entries.c.owner_id == owner.id)
    rows: list[int] = await house.read(lambda connection: list(connection.execute(statement).scalars()))
    return rows


async def told(house: House, owner: Actor) -> list[str]:
    """The kinds of notifications somebody has, in order."""
    statement = select(notifications.c.kind).where(notifications.c.owner_id == owner.id).order_by(notifications.c.id)
    rows: list[str] = await house.read(lambda connection: list(connection.execute(statement).scalars()))
    return rows


async def follow_between(house: House, follower_uri: str, target_uri: str) -> Follow | None:
    follower, target = await house.actor(follower_uri), await house.actor(target_uri)
    if follower is None or target is None:
        return None
    found: Follow | None = await house.read(find_follow, follower.id, target.id)
    return found


async def likes_of(house: House, post: Post) -> int:
    return len(await house.read(liker_ids, post.id, 100))


async def has_block(house: House, actor_id: int, target_id: int) -> bool:
    statement = select(blocks.c.id).where(blocks.c.actor_id == actor_id, blocks.c.target_id == target_id)
    return await house.read(lambda connection: connection.execute(statement).first()) is not None


async def write_post(house: House, author: Actor, text: str = "Our words", **more: Any) -> Post:
    """A post by one of ours."""
    draft = Draft(text=text, **more)
    post: Post = await house.write(compose_post, author, draft, urls=house.urls, limits=Limits(), now=now())
    return post


async def reasons(house: House) -> list[tuple[str, str, str | None]]:
    """Kind, state and reason of every receipt."""
    return [(receipt.kind, receipt.state, receipt.reason) for receipt in await house.receipts()]
