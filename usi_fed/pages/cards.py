"""Share cards of profiles and posts: the picture that other programs show beside a link to them."""

import hashlib
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.model import Actor
from usi_fed.db.ids import parse_id
from usi_fed.errors import NotFound
from usi_fed.media.card import Card
from usi_fed.pages.house import House, house_of
from usi_fed.pages.reading import get_shown_actor, read_open_post
from usi_fed.pages.views import description_of, person_view, post_view
from usi_fed.translation import find_language, speaking

CACHE_SECONDS = 3600


async def get_profile_card(request: Request) -> Response:
    """GET /@{name}/card.png

    Raises:
        NotFound, Gone, NotAllowed: the profile has no page.
        TooManyRequests: many other cards are being drawn.
    """
    house = house_of(request)
    actor = await house.database.read(get_shown_actor, request.path_params["name"])
    card = _card(house, actor, person_view(actor, house.urls).plain_name)
    return await _answer(request, replace(card, picture=_picture(house, actor)))


async def get_post_card(request: Request) -> Response:
    """GET /@{name}/{id}/card.png: its first words, or its content warning; whatever language the asker speaks.

    Raises:
        NotFound, Gone, NotAllowed: the post has no page.
        TooManyRequests: many other cards are being drawn.
    """
    house = house_of(request)
    name, post_id = request.path_params["name"], parse_id(request.path_params["id"])
    shown = await house.database.read(read_open_post, name, post_id, house.urls)
    usual = house.instance.face.usual_reader
    with speaking(replace(usual, language=find_language(shown.details.post.language) or usual.language)):
        view = post_view(shown, house.urls, house.clock())
        words = description_of(view) if view.warning or not view.title else view.title
    return await _answer(request, _card(house, shown.details.author, words or view.author.plain_name))


def _card(house: House, author: Actor, words: str) -> Card:
    colour = hashlib.sha256(author.uri.encode()).digest()[0]
    return Card(words, person_view(author, house.urls).handle, house.instance.face.name, colour)


def _picture(house: House, actor: Actor) -> str:
    try:
        return str(house.media.stored(actor.icon_url)) if actor.icon_url else ""
    except NotFound:
        return ""


async def _answer(request: Request, card: Card) -> Response:
    etag = f'"{card.key[:24]}"'
    headers = {
        "Cache-Control": f"public, max-age={CACHE_SECONDS}",
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(await house_of(request).cards.png(card), media_type="image/png", headers=headers)
