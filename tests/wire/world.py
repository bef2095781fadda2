"""A server of ours as a captured document wants it: its senders are known and followed, its targets are ours."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from usi_fed.activitypub.addresses import host_of, origin_of
from usi_fed.activitypub.lenient import uri_of
from usi_fed.activitypub.vocabulary import parse_activity
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import add_actor, find_actor
from usi_fed.actors.tables import blocks, follows
from usi_fed.inbox.context import Answers, InboxContext
from usi_fed.inbox.dispatch import act
from usi_fed.inbox.outcomes import Done, Ignored, Needs, Outcome
from usi_fed.moderation.tables import reports
from usi_fed.outbox.tables import activities
from usi_fed.posts.model import Post
from usi_fed.posts.store import add_post
from usi_fed.posts.tables import likes, posts, tombstones
from usi_fed.urls import Urls

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """Who and what is here already, each named by where its URI stands in the document, such as `object.actor`.

    `actors` and `posts` are ours, and we are where the first of them is; without any we are elsewhere.
    """

    actors: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    senders_posts: tuple[str, ...] = ()
    asked_to_follow: str = ""
    is_follower: bool = False


ELSEWHERE = "https://here.example"


def find_uri(document: Any, path: str) -> str:
    """The URI at a place in a document; of an object its id."""
    value = document
    for step in path.split("."):
        value = value[int(step)] if step.isdigit() else value[step]
    uri = uri_of(value)
    assert uri is not None
    return uri


def what_comes_of(connection: Connection, document: Mapping[str, Any], world: World) -> str:
    """Act on an activity as proven, and say in a few words what it changed."""
    actors_here, posts_here = ([find_uri(document, path) for path in paths] for paths in (world.actors, world.posts))
    origin = origin_of((*actors_here, *posts_here, ELSEWHERE)[0]) or ELSEWHERE
    urls = Urls(origin, host_of(origin))
    activity = parse_activity(document)
    sender = _remote(connection, activity.actor)
    reader = _local(connection, f"{origin}/users/reader")
    add_follow(connection, reader.id, sender.id, f"{reader.uri}#1", accepted=True, at=NOW)
    owners = [_local(connection, uri) for uri in actors_here]
    for owner in owners:
        if world.is_follower:
            add_follow(connection, sender.id, owner.id, f"{sender.uri}#f", accepted=True, at=NOW)
        if world.asked_to_follow:
            uri = find_uri(document, world.asked_to_follow)
            add_follow(connection, owner.id, sender.id, uri, accepted=False, at=NOW)
    for uri in posts_here:
        _post(connection, uri, (*owners, reader)[0], local=True)
    for path in world.senders_posts:
        _post(connection, find_uri(document, path), sender, local=False)
    before = _state(connection)
    context = InboxContext(urls, NOW, Answers(urls), lambda host: True, document)
    outcome = act(connection, activity, sender, context)
    if not isinstance(outcome, Needs):
        return _words(outcome, before, _state(connection))
    # Nobody answers, so it shows what becomes of it without.
    asked = "its own profile" if outcome.profile else "a post" if outcome.posts else "an actor"
    met = frozenset({*outcome.uris, sender.uri})
    outcome = act(connection, activity, sender, replace(context, met=met))
    return f"asks for {asked}; then {_words(outcome, before, _state(connection))}"


def _words(outcome: Outcome, before: set[str], after: set[str]) -> str:
    if isinstance(outcome, Ignored):
        return f"ignored: {outcome.reason}"
    if not isinstance(outcome, Done):
        return "goes on"
    changes = [*(f"+ {fact}" for fact in sorted(after - before)), *(f"- {fact}" for fact in sorted(before - after))]
    wanted = [f"later {type(follow_up).__name__}" for follow_up in outcome.follow_ups]
    return "; ".join([*changes, *wanted]) or "nothing new"


def _state(connection: Connection) -> set[str]:
    """The facts in the database, as words."""
    facts = set()
    for row in connection.execute(select(posts)):
        post = Post(*row)
        answers = " reply" if post.in_reply_to_uri else ""
        title = f" “{post.title}”" if post.title else ""
        changed = " edited" if post.edited_at else ""
        facts.add(f"{post.visibility} {post.kind}{answers}{title}{changed}")
    facts |= {"follow" if row.accepted else "request" for row in connection.execute(select(follows))}
    number_of_follows = len(connection.execute(select(follows)).all())
    facts |= {f"follows {number_of_follows}"}
    facts |= {f"{row.kind} sent" for row in connection.execute(select(activities))}
    facts |= {"like" for _ in connection.execute(select(likes))}
    facts |= {"block" for _ in connection.execute(select(blocks))}
    facts |= {f"report “{row.comment}” about {len(row.post_ids)} posts" for row in connection.execute(select(reports))}
    facts |= {"tombstone" for _ in connection.execute(select(tombstones))}
    return facts


def _remote(connection: Connection, uri: str) -> Actor:
    known = find_actor(connection, uri)
    return known or add_actor(connection, _columns(uri, host_of(uri), host_of(uri)))


def _local(connection: Connection, uri: str) -> Actor:
    known = find_actor(connection, uri)
    return known or add_actor(connection, _columns(uri, "", ""))


def _columns(uri: str, domain: str, host: str) -> dict[str, Any]:
    return {
        "uri": uri,
        "kind": "Person",
        "username": f"u{abs(hash(uri))}",
        "domain": domain,
        "host": host,
        "inbox": f"{uri}/inbox",
        "followers_uri": f"{uri}/followers",
        "featured_uri": f"{uri}/featured",
        "published": NOW,
    }


def _post(connection: Connection, uri: str, author: Actor, *, local: bool) -> None:
    values = {
        "uri": uri,
        "kind": "Note",
        "author_id": author.id,
        "local": local,
        "visibility": "public",
        "quote_policy": "public",
        "published": datetime(2020, 1, 1, tzinfo=UTC),
    }
    assert add_post(connection, values) is not None
