"""The button that has a post translated by a machine; the post's page then shows both."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.actors.store import get_actor
from usi_fed.db.ids import parse_id
from usi_fed.errors import InvalidInput, RemoteUnavailable, TooManyRequests
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, form_of_readers
from usi_fed.pages.views import page_of
from usi_fed.posts.store import get_post
from usi_fed.translation import reader


@form_of_readers
async def translate_post(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /posts/{id}/translate: into the language of the reader.

    Raises:
        NotFound: there is no such post for the member, or nothing is translated here.
        NotAllowed: the post is not for everybody.
    """
    house, post_id = house_of(request), parse_id(request.path_params["id"])
    told = "yes"
    try:
        await house.translator.translate(post_id, member.actor.id, reader().language.tag)
    except RemoteUnavailable:
        told = "failed"
    except TooManyRequests:
        told = "later"
    except InvalidInput:
        told = "impossible"
    post = await house.database.read(get_post, post_id)
    author = await house.database.read(get_actor, post.author_id)
    return RedirectResponse(f"{page_of(author)}/{post_id}?translated={told}#p{post_id}", 303)
