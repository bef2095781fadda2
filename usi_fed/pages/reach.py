"""To which servers a post will go: said before it is published, for who must know where a name travels."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.follows_store import follower_domains, follower_inboxes
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.groups.store import hosts_of_circles
from usi_fed.outbox.verbs.posts import check_servers
from usi_fed.pages.composer import Composer
from usi_fed.posts.service import find_person
from usi_fed.text.compose import find_mentions
from usi_fed.text.entities import Handle
from usi_fed.unions.trust import find_trust
from usi_fed.urls import Urls


@dataclass(frozen=True, slots=True)
class Reach:
    """The servers that get a post besides this one; `is_open` when anybody may fetch it from here too.

    `refused` are those that must not get it, which stop it; `passed_on_by` the groups of other servers that pass it on
    to the servers of their members, which are not known here.
    """

    servers: tuple[str, ...]
    is_open: bool
    refused: tuple[str, ...] = ()
    passed_on_by: tuple[str, ...] = ()


def reach_of(connection: Connection, author: Actor, composer: Composer, urls: Urls, now: datetime) -> Reach:
    """Where the post in the composer will be sent: to the followers' servers, and to those of who is named.

    What is for the movement goes only to trusted ones of these, what is in a circle to the servers of its members.
    """
    if composer.is_local_only:
        return Reach((), is_open=False)
    named = _named(composer)
    if composer.level:
        return _at_level(connection, author, composer, _hosts(connection, named, urls), now)
    followers = [] if composer.visibility == "direct" else follower_domains(connection, author.id)
    domains = {handle.domain for handle in named if handle.domain}
    servers = (domains | set(followers)) - {urls.handles, urls.origin.partition("://")[2]}
    return Reach(tuple(sorted(servers)), is_open=composer.visibility in ("public", "unlisted"))


def checked_reach_of(connection: Connection, author: Actor, composer: Composer, urls: Urls, now: datetime) -> Reach:
    """The same, when nothing stops the post.

    Raises:
        InvalidInput: it would go to servers that must not get it.
    """
    reach = reach_of(connection, author, composer, urls, now)
    if reach.refused:
        check_servers(find_trust(connection, now), reach.refused, composer.level)
    return reach


def _at_level(connection: Connection, author: Actor, composer: Composer, named: set[str], now: datetime) -> Reach:
    trust = find_trust(connection, now)
    if composer.level == "movement":
        followers = {host for _, host in follower_inboxes(connection, author.id)}
        servers = named | {host for host in followers if trust.may_get(host, composer.level)}
        groups: Collection[Actor] = ()
    else:
        groups = find_actors(connection, composer.circles).values()
        servers = named | hosts_of_circles(connection, composer.circles)
    return Reach(
        tuple(sorted(servers)),
        is_open=False,
        refused=tuple(trust.refused(servers, composer.level)),
        passed_on_by=tuple(f"@{group.handle}" for group in groups if not group.is_local),
    )


def _named(composer: Composer) -> list[Handle]:
    kind = "text/markdown" if composer.is_markdown else "text/plain"
    texts = [composer.text, *(wording.text for wording in composer.wordings)]
    return [handle for text in texts for handle in find_mentions(text, kind)]


def _hosts(connection: Connection, named: Collection[Handle], urls: Urls) -> set[str]:
    """Where the people live who are named; of who is not known here, where the handle says."""
    hosts = set()
    for handle in named:
        person = find_person(connection, handle, urls)
        hosts.add(person.host if person is not None else handle.domain or "")
    return hosts - {"", urls.handles, urls.origin.partition("://")[2]}
