"""Feeds of people, organisations and hashtags: what everybody may read, for feed readers and podcast programs.

A feed is the same for all who ask, so that anything between may keep it: nobody's session or language is looked at, and
our own words in it are in the language of the post that they stand at.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from usi_fed import web
from usi_fed.errors import NotFound
from usi_fed.pages.answers import older_than
from usi_fed.pages.house import House, house_of
from usi_fed.pages.reading import Listing, Shown, read_profile_feed, read_tag
from usi_fed.pages.syndication import ATOM_TYPE, RSS_TYPE, Enclosure, Entry, Feed, to_atom, to_rss
from usi_fed.pages.versions import short
from usi_fed.pages.views import PostView, description_of, person_view, post_view
from usi_fed.text.plain import to_text
from usi_fed.text.tags import find_tag_key
from usi_fed.translation import find_language, speaking

CACHE_SECONDS = 300
LONGEST_TITLE = 90
_NEVER = datetime.fromtimestamp(0, UTC)
"""When something happened last where nothing has happened yet: an empty feed must not change by itself."""


async def get_profile_atom(request: Request) -> Response:
    """GET /@{name}.atom"""
    return _answer(request, await _profile_feed(request, ".atom"), to_atom, ATOM_TYPE)


async def get_profile_rss(request: Request) -> Response:
    """GET /@{name}.rss"""
    return _answer(request, await _profile_feed(request, ".rss"), to_rss, RSS_TYPE)


async def get_tag_atom(request: Request) -> Response:
    """GET /tags/{name}.atom

    Raises:
        NotFound: this cannot be a hashtag.
    """
    return _answer(request, await _tag_feed(request, ".atom"), to_atom, ATOM_TYPE)


async def get_tag_rss(request: Request) -> Response:
    """GET /tags/{name}.rss

    Raises:
        NotFound: this cannot be a hashtag.
    """
    return _answer(request, await _tag_feed(request, ".rss"), to_rss, RSS_TYPE)


async def _profile_feed(request: Request, ending: str) -> Feed:
    house = house_of(request)
    found = await house.database.read(read_profile_feed, request.path_params["name"], older_than(request))
    person = person_view(found.actor, house.urls)
    address = f"{house.urls.profile(found.actor.username)}{ending}"
    return replace(
        _feed(house, address, found.listing, max_id=older_than(request)),
        page=person.url,
        title=f"{person.plain_name} ({person.handle})",
        description=to_text(found.actor.summary),
        picture=person.avatar,
        author=person.plain_name,
    )


async def _tag_feed(request: Request, ending: str) -> Feed:
    house = house_of(request)
    key = find_tag_key(request.path_params["name"])
    if key is None:
        raise NotFound("not a hashtag")
    found = await house.database.read(read_tag, key, older_than(request), house.clock())
    page = house.urls.tag(quote(key))
    feed = _feed(house, f"{page}{ending}", found, max_id=older_than(request))
    return replace(feed, page=page, title=f"#{key} – {house.instance.face.name}")


def _feed(house: House, address: str, found: Listing, *, max_id: int | None) -> Feed:
    """A feed of these posts that says nothing yet of where they are from, but by whom it is published."""
    entries = tuple(_entry(house, item) for item in found.posts)
    return Feed(
        address=address if max_id is None else f"{address}?max_id={max_id}",
        page=house.urls.origin,
        title=house.instance.face.name,
        description="",
        picture=f"{house.urls.origin}{house.instance.face.badge_path or web.static_url('icon.png')}",
        author=house.instance.face.name,
        updated=max((entry.updated for entry in entries), default=_NEVER),
        older=f"{address}?max_id={found.older}" if found.older else None,
        entries=entries,
    )


def _entry(house: House, shown: Shown) -> Entry:
    post, author = shown.details.post, shown.details.author
    usual = house.instance.face.usual_reader
    with speaking(replace(usual, language=find_language(post.language) or usual.language)):
        view = post_view(shown, house.urls, house.clock())
        html = web.page("pages/feed_entry.html", post=view, warning=description_of(view)).decode()
        title = " ".join((view.title or description_of(view) or view.author.plain_name).split())
    return Entry(
        uri=post.uri,
        url=view.url,
        title=short(title, LONGEST_TITLE),
        html=html,
        language=view.language,
        author=view.author.plain_name,
        author_url=author.url or author.uri,
        published=post.published,
        updated=post.edited_at or post.published,
        tags=tuple(tag.display_name for tag in shown.details.tags),
        enclosures=_enclosures(shown, view),
    )


def _enclosures(shown: Shown, view: PostView) -> tuple[Enclosure, ...]:
    """The files that a program may load without asking: none of what its author hides behind a warning."""
    if view.warning or view.hides_media or not view.files:
        return ()
    return tuple(
        Enclosure(
            url=file.url,
            kind=file.kind,
            mime=stored.mime,
            size_bytes=stored.size_bytes,
            duration=None if stored.duration_seconds is None else timedelta(seconds=stored.duration_seconds),
        )
        for file, stored in zip(view.files, shown.details.media, strict=True)
        if stored.mime
    )


def _answer(request: Request, feed: Feed, write: Callable[[Feed], bytes], media_type: str) -> Response:
    body = write(feed)
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {
        "Cache-Control": f"public, max-age={CACHE_SECONDS}",
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",  # search engines take the pages, of those who want to be found
        "Access-Control-Allow-Origin": "*",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=f"{media_type}; charset=utf-8", headers=headers)
