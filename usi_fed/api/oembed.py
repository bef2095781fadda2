"""oEmbed: how another site shows a post of ours inside of a page of its own.

Spec: oEmbed 1.0; `../shared/mastodon-api/openapi.json`, "/api/oembed"
"""

import re
from html import escape
from typing import Any

import msgspec
from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.api.call import Call, Reply
from usi_fed.api.methods import Method, open_to_all
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_post
from usi_fed.urls import Urls

USUAL_WIDTH, USUAL_HEIGHT = 400, 420
CACHE_AGE_SECONDS = 24 * 60 * 60

_PATH = re.compile(r"/(?:@(?P<page>\w+)/|users/(?P<actor>\w+)/statuses/)(?P<id>[0-9]{1,19})/?(?:[?#].*)?", re.ASCII)


class Wanted(msgspec.Struct):
    """What is to be embedded, and the room there is for it, in pixels."""

    url: str = ""
    maxwidth: int | None = None
    maxheight: int | None = None
    format: str = "json"


async def show(call: Call) -> Reply | dict[str, Any]:
    """GET /api/oembed

    Raises:
        InvalidInput: there is no `url`, or no room.
        NotFound: it is not the address of a post of ours that everybody may read.
    """
    wanted = await call.read(Wanted)
    if wanted.format != "json":
        return Reply({"error": "This server answers in JSON only."}, 501)  # oEmbed 1.0 section 2.3.1
    if not wanted.url:
        raise InvalidInput("url", "must be the address of a post here")
    width = _room("maxwidth", wanted.maxwidth, USUAL_WIDTH)
    height = _room("maxheight", wanted.maxheight, USUAL_HEIGHT)
    uri = _uri_of(wanted.url, call.house.urls)
    post, author = await call.house.database.read(_get_open, uri)
    # As in Mastodon, and unlike the specification, the height is null unless the asker limits it: it follows the text.
    shown_height = None if wanted.maxheight is None else height
    return _entity(post, author, call.house.urls, width, height) | {"height": shown_height}


def _room(field: str, most: int | None, usual: int) -> int:
    if most is not None and most < 1:
        raise InvalidInput(field, "must be a whole number of pixels, at least 1")
    return usual if most is None else min(most, usual)


def _uri_of(address: str, urls: Urls) -> str:
    """The identity of the post that an address of ours leads to, whether or not there is one."""
    found = _PATH.fullmatch(address.removeprefix(urls.origin)) if urls.is_ours(address) else None
    if found is None:
        raise NotFound("not the address of a post here")
    return urls.post((found["page"] or found["actor"]).lower(), int(found["id"]))


def _get_open(connection: Connection, uri: str) -> tuple[Post, Actor]:
    post = find_post(connection, uri)
    if post is None or not post.local or post.is_boost or not post.is_for_everybody:
        raise NotFound("no such post here that everybody may read")
    author = get_actor(connection, post.author_id)
    if author.is_shut_out or author.concealed:
        raise NotFound("its author is not shown")
    return post, author


def _entity(post: Post, author: Actor, urls: Urls, width: int, height: int) -> dict[str, Any]:
    """Nothing of the text is in it: what stands behind a content warning stays there, and what is deleted, goes."""
    name = author.name or author.username
    title = f"{name} (@{author.username}@{urls.handles})"
    frame = (
        f'<iframe src="{escape(urls.post_embed(author.username, post.id))}" title="{escape(title)}" width="{width}" '
        f'height="{height}" style="border: 0; max-width: 100%" loading="lazy" referrerpolicy="no-referrer"></iframe>'
    )
    return {
        "type": "rich",
        "version": "1.0",
        "title": title,
        "author_name": name,
        "author_url": urls.profile(author.username),
        "provider_name": urls.handles,
        "provider_url": f"{urls.origin}/",
        "cache_age": CACHE_AGE_SECONDS,
        "html": frame,
        "width": width,
    }


METHODS: list[Method] = [open_to_all("GET", "/api/oembed", show)]
