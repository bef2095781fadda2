"""What members do with a post or a person at the press of a button."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.actors.blocks_store import add_mute, remove_mute
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.db.ids import parse_id
from usi_fed.errors import InvalidInput
from usi_fed.groups.knowing import get_known
from usi_fed.pages.house import House, house_of
from usi_fed.pages.interaction import local_path
from usi_fed.pages.members import Member, form_of_hosts, form_of_members
from usi_fed.pages.views import page_of
from usi_fed.posts.model import Post
from usi_fed.posts.reactions_store import add_bookmark, mute_thread, remove_bookmark, unmute_thread
from usi_fed.posts.store import get_post
from usi_fed.posts.visibility import get_visible
from usi_fed.search.store import put_words
from usi_fed.timelines.service import person_muted

Act = Callable[[House, Actor, int], Awaitable[object]]


@form_of_members
async def act_on_post(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /posts/{id}?next=: the button `act`, one of those of `POST_ACTS`, or `vote` with `choice` numbers.

    Who deletes a post on its own page comes to their profile, which says so.

    Raises:
        InvalidInput: there is no such button, or the vote does not count.
        NotFound: there is no such post, or not for this member.
        NotAllowed: this cannot be done with this post.
    """
    house, post_id = house_of(request), parse_id(request.path_params["id"])
    if fields.get("act") == "vote":
        await house.publisher.vote(member.actor, post_id, _choices(fields))
    else:
        await _chosen(POST_ACTS, fields)(house, member.actor, post_id)
    if fields.get("act") == "delete" and str(post_id) in urlsplit(_next(request)).path.split("/"):
        return RedirectResponse(f"{page_of(member.actor)}?deleted", 303)  # there is no page of its own any more
    return _back(request)


@form_of_hosts
async def act_on_person(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /people/{id}?next=: the button `act`, one of those of `PERSON_ACTS`.

    Raises:
        InvalidInput: there is no such button, or nobody does this to themselves.
        NotFound: there is nobody of this id.
        NotAllowed: one has blocked the other, or the member's office does not suffice.
    """
    if fields.get("act") not in ABOUT_FOLLOWERS:
        member.require("publish")
    house, person_id = house_of(request), parse_id(request.path_params["id"])
    act = _chosen(PERSON_ACTS, fields)
    await house.database.read(get_known, person_id, member.person.id)
    await act(house, member.actor, person_id)
    return _back(request)


def _chosen(acts: Mapping[str, Act], fields: dict[str, str]) -> Act:
    act = acts.get(fields.get("act", ""))
    if act is None:
        raise InvalidInput("act", f"must be one of {', '.join(acts)}")
    return act


def _choices(fields: dict[str, str]) -> list[int]:
    """The ticked options; a poll of one choice names its field without a number."""
    numbers = [name.removeprefix("choice-") for name in fields if name.startswith("choice-")]
    numbers += [fields["choice"]] if "choice" in fields else []
    if not all(number.isascii() and number.isdigit() and len(number) <= 3 for number in numbers):
        raise InvalidInput("choice", "must be the number of an option")
    return [int(number) for number in numbers]


def _back(request: Request) -> Response:
    return RedirectResponse(_next(request), 303)


def _next(request: Request) -> str:
    return local_path(request.query_params.get("next", ""))


# ---- posts ----


def _marking(change: Callable[[Connection, int, Post], object]) -> Act:
    """A change that only the member sees."""

    def unit(connection: Connection, actor_id: int, post_id: int) -> None:
        post = get_visible(connection, post_id, actor_id)
        change(connection, actor_id, post if post.boost_of_id is None else get_post(connection, post.boost_of_id))

    async def act(house: House, actor: Actor, post_id: int) -> None:
        await house.database.write(unit, actor.id, post_id)

    return act


def _bookmark(connection: Connection, actor_id: int, post: Post) -> None:
    add_bookmark(connection, actor_id, post.id)
    put_words(connection, post)  # what is kept is found by its words


POST_ACTS: Mapping[str, Act] = {
    "like": lambda house, actor, post_id: house.publisher.like(actor, post_id),
    "unlike": lambda house, actor, post_id: house.publisher.unlike(actor, post_id),
    "boost": lambda house, actor, post_id: house.publisher.announce(actor, post_id),
    "unboost": lambda house, actor, post_id: house.publisher.unannounce(actor, post_id),
    "bookmark": _marking(_bookmark),
    "unbookmark": _marking(lambda connection, actor_id, post: remove_bookmark(connection, actor_id, post.id)),
    "pin": lambda house, actor, post_id: house.publisher.pin(actor, post_id),
    "unpin": lambda house, actor, post_id: house.publisher.unpin(actor, post_id),
    "mute": _marking(lambda connection, actor_id, post: mute_thread(connection, actor_id, post.thread_id)),
    "unmute": _marking(lambda connection, actor_id, post: unmute_thread(connection, actor_id, post.thread_id)),
    "delete": lambda house, actor, post_id: house.publisher.delete_post(actor, post_id),
}


# ---- people ----


ABOUT_FOLLOWERS = frozenset({"accept", "refuse", "remove"})
"""What officers do, too, who only look after who belongs to an organisation."""


async def _mute(house: House, actor: Actor, person_id: int) -> None:
    def unit(connection: Connection) -> None:
        target = get_actor(connection, person_id)
        if target.id == actor.id:
            raise InvalidInput("act", "nobody mutes themselves")
        add_mute(connection, actor.id, target.id, at=house.clock())
        person_muted(connection, actor, target)

    await house.database.write(unit)


async def _unmute(house: House, actor: Actor, person_id: int) -> None:
    await house.database.write(remove_mute, actor.id, person_id)


PERSON_ACTS: Mapping[str, Act] = {
    "follow": lambda house, actor, person_id: house.publisher.follow(actor, person_id),
    "unfollow": lambda house, actor, person_id: house.publisher.unfollow(actor, person_id),
    "accept": lambda house, actor, person_id: house.publisher.accept_follow(actor, person_id),
    "refuse": lambda house, actor, person_id: house.publisher.reject_follow(actor, person_id),
    "remove": lambda house, actor, person_id: house.publisher.remove_follower(actor, person_id),
    "mute": _mute,
    "unmute": _unmute,
    "block": lambda house, actor, person_id: house.publisher.block(actor, person_id),
    "unblock": lambda house, actor, person_id: house.publisher.unblock(actor, person_id),
}
