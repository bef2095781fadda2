"""From a handle or an address that somebody types to the page that its thing has here."""

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.errors import NotFound
from usi_fed.groups.knowing import may_know
from usi_fed.inbox.resolving import is_address, parse_typed_handle
from usi_fed.pages.house import House
from usi_fed.pages.members import Member
from usi_fed.pages.views import page_of
from usi_fed.posts.model import Post
from usi_fed.posts.visibility import visible_ids


async def find_page(house: House, member: Member, typed: str) -> str | None:
    """The path of our page of whom or what a member names; asked for at its own server when it is unknown here.

    None: it is not for this member, or `typed` is neither.

    Raises:
        One of `resolving.NOT_TO_BE_HAD`: there is nothing, or it cannot be had.
    """
    found = await house.resolver.fetch_address(typed) if is_address(typed) else await _person(house, typed)
    if isinstance(found, Actor):
        if not await house.database.read(may_know, found, member.actor):
            raise NotFound("nobody of whom this member may know")
        return None if found.is_shut_out else page_of(found)
    if found is None or not await house.database.read(visible_ids, [found.id], member.actor.id):
        raise NotFound("nothing that this member may see")
    return await _page_of_post(house, found)


async def _page_of_post(house: House, post: Post) -> str:
    author = await house.database.read(get_actor, post.author_id)
    return f"{page_of(author)}/{post.id}"


async def _person(house: House, typed: str) -> Actor | None:
    handle = parse_typed_handle(typed, house.urls)
    if handle is None:
        return None
    return await house.resolver.fetch_person(handle)
