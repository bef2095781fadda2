"""To which servers a post will go: said before it is published, for who must know where a name travels."""

from dataclasses import dataclass

from sqlalchemy import Connection

from usi_fed.actors.follows_store import follower_domains
from usi_fed.actors.model import Actor
from usi_fed.pages.composer import Composer
from usi_fed.text.compose import find_mentions
from usi_fed.urls import Urls


@dataclass(frozen=True, slots=True)
class Reach:
    """The servers that get a post besides this one; `is_open` when anybody may fetch it from here too."""

    servers: tuple[str, ...]
    is_open: bool


def reach_of(connection: Connection, author: Actor, composer: Composer, urls: Urls) -> Reach:
    """Where the post in the composer will be sent: to the followers' servers, and to those of who is named."""
    if composer.is_local_only:
        return Reach((), is_open=False)
    kind = "text/markdown" if composer.is_markdown else "text/plain"
    texts = [composer.text, *(wording.text for wording in composer.wordings)]
    named = {handle.domain for text in texts for handle in find_mentions(text, kind) if handle.domain}
    followers = [] if composer.visibility == "direct" else follower_domains(connection, author.id)
    servers = (named | set(followers)) - {urls.handles, urls.origin.partition("://")[2]}
    return Reach(tuple(sorted(servers)), is_open=composer.visibility in ("public", "unlisted"))
