"""Feeds as XML: what every feed reader and podcast program takes.

Spec: RFC 4287 (Atom), RSS 2.0, RFC 5005 (pages of a feed), Apple's podcast elements
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from usi_fed.clock import iso

ATOM_TYPE, RSS_TYPE = "application/atom+xml", "application/rss+xml"

_ATOM = "http://www.w3.org/2005/Atom"
_RSS_NAMESPACES = {
    "xmlns:atom": _ATOM,
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
}
# What XML 1.0 cannot carry, not even escaped. Spec: XML 1.0 section 2.2
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with an entry. `size_bytes` and `duration` are None when they are not known."""

    url: str
    kind: str
    mime: str
    size_bytes: int | None
    duration: timedelta | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A post in a feed; `html` is safe, `uri` its identity, `language` a tag of RFC 5646 or None."""

    uri: str
    url: str
    title: str
    html: str
    language: str | None
    author: str
    author_url: str
    published: datetime
    updated: datetime
    tags: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """A list of posts. `address` is its own, `page` that of the same for people, `older` where it goes on."""

    address: str
    page: str
    title: str
    description: str
    picture: str
    author: str
    updated: datetime
    older: str | None
    entries: tuple[Entry, ...]

    @property
    def language(self) -> str | None:
        """The language of all entries, if they have one in common."""
        languages = {entry.language for entry in self.entries}
        return languages.pop() if len(languages) == 1 else None


# ---- Atom ----


def to_atom(feed: Feed) -> bytes:
    """The feed as Atom. Spec: RFC 4287 section 4.1.1"""
    root = Element("feed", {"xmlns": _ATOM, **_language(feed.language)})
    _add(root, "id", feed.address)
    _add(root, "title", feed.title)
    if feed.description:
        _add(root, "subtitle", feed.description)
    _add(root, "updated", iso(feed.updated))
    _add(root, "icon", feed.picture)
    _add_atom_author(root, feed.author, feed.page)
    _add(root, "link", rel="self", type=ATOM_TYPE, href=feed.address)
    _add(root, "link", rel="alternate", type="text/html", href=feed.page)
    if feed.older:
        _add(root, "link", rel="next", type=ATOM_TYPE, href=feed.older)
    for entry in feed.entries:
        _add_atom_entry(root, entry)
    return _document(root)


def _add_atom_entry(root: Element, entry: Entry) -> None:
    element = _add(root, "entry", **_language(entry.language))
    _add(element, "id", entry.uri)
    _add(element, "title", entry.title)
    _add(element, "published", iso(entry.published))
    _add(element, "updated", iso(entry.updated))
    _add_atom_author(element, entry.author, entry.author_url)
    _add(element, "link", rel="alternate", type="text/html", href=entry.url)
    for file in entry.enclosures:
        size = {} if file.size_bytes is None else {"length": str(file.size_bytes)}
        _add(element, "link", rel="enclosure", type=file.mime, href=file.url, **size)
    for tag in entry.tags:
        _add(element, "category", term=tag)
    _add(element, "content", entry.html, type="html")


def _add_atom_author(parent: Element, name: str, url: str) -> None:
    author = _add(parent, "author")
    _add(author, "name", name)
    _add(author, "uri", url)


# ---- RSS ----


def to_rss(feed: Feed) -> bytes:
    """The feed as RSS 2.0, fit for podcast programs."""
    root = Element("rss", {"version": "2.0", **_RSS_NAMESPACES})
    channel = SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.page)
    _add(channel, "description", feed.description or feed.title)
    if feed.language:
        _add(channel, "language", feed.language)
    _add(channel, "lastBuildDate", _rfc822(feed.updated))
    picture = _add(channel, "image")
    for name, text in {"url": feed.picture, "title": feed.title, "link": feed.page}.items():
        _add(picture, name, text)
    _add(channel, "atom:link", rel="self", type=RSS_TYPE, href=feed.address)
    if feed.older:
        _add(channel, "atom:link", rel="next", type=RSS_TYPE, href=feed.older)
    _add(channel, "itunes:author", feed.author)
    _add(channel, "itunes:image", href=feed.picture)
    _add(channel, "itunes:explicit", "false")  # what stands behind a warning brings no file
    for entry in feed.entries:
        _add_rss_item(channel, entry)
    return _document(root)


def _add_rss_item(channel: Element, entry: Entry) -> None:
    item = _add(channel, "item", **_language(entry.language))
    _add(item, "guid", entry.uri, isPermaLink="false")
    _add(item, "title", entry.title)
    _add(item, "link", entry.url)
    _add(item, "pubDate", _rfc822(entry.published))
    _add(item, "dc:creator", entry.author)
    if entry.language:
        _add(item, "dc:language", entry.language)
    _add(item, "description", entry.html)
    for tag in entry.tags:
        _add(item, "category", tag)
    file = _heard_or_seen(entry.enclosures)
    if file is not None:
        # The length must be there; 0 is the custom for one that is not known.
        _add(item, "enclosure", url=file.url, length=str(file.size_bytes or 0), type=file.mime)
        if file.duration is not None:
            _add(item, "itunes:duration", str(round(file.duration.total_seconds())))


def _heard_or_seen(files: Iterable[Enclosure]) -> Enclosure | None:
    """An item may have one file, and podcast programs play it: a recording before a film."""
    order = {"audio": 0, "video": 1}
    played = sorted((file for file in files if file.kind in order), key=lambda file: order[file.kind])
    return played[0] if played else None


# ---- both ----


def _add(parent: Element, name: str, text: str = "", /, **attributes: str) -> Element:
    clean = {key: _UNFIT.sub("", value) for key, value in attributes.items()}
    element = SubElement(parent, name, clean)
    element.text = _UNFIT.sub("", text) or None
    return element


def _language(tag: str | None) -> Mapping[str, str]:
    return {"xml:lang": tag} if tag else {}


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _document(root: Element) -> bytes:
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document
