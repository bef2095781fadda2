"""To which servers a post went, where it still waits and where it failed: for its author, and for administrators."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.db.ids import parse_id
from usi_fed.errors import NotFound
from usi_fed.outbox.departures_store import Journey, journey_of
from usi_fed.outbox.store import WaitingDelivery, delivery_state
from usi_fed.pages.administration.reasons import why
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members
from usi_fed.posts.model import Post
from usi_fed.posts.store import get_post
from usi_fed.translation import span


@for_members
async def show_journey(request: Request, member: Member) -> Response:
    """GET /@{name}/{id}/departures

    Raises:
        NotFound: there is no such post of ours, or it is somebody else's.
    """
    house, post_id = house_of(request), parse_id(request.path_params["id"])
    post, author, journey, waiting = await house.database.read(_read, post_id, member)
    if not author.is_local or author.username != request.path_params["name"].lower():
        raise NotFound("no such post of this member")
    now = house.clock()
    told = {one.host: (span(now - one.since), why(one.last_error)) for one in reversed(waiting)}
    return await html_page(
        request,
        "pages/journey.html",
        is_private=True,
        back=f"/@{author.username}/{post.id}",
        arrived=journey.arrived,
        waiting=[(host, *told[host]) for host in journey.waiting if host in told],
        failed=[(host, why(reason)) for host, reason in sorted(journey.failed.items())],
        is_known=journey.is_known,
    )


def _read(connection: Connection, post_id: int, member: Member) -> tuple[Post, Actor, Journey, list[WaitingDelivery]]:
    post = get_post(connection, post_id)
    if post.author_id != member.actor.id and member.account.role != "admin":
        raise NotFound("a post of somebody else")
    author = get_actor(connection, post.author_id)
    return post, author, journey_of(connection, post_id), delivery_state(connection, post_id)
