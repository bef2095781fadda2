"""Writing, editing, deleting, boosting and pinning posts."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from usi_fed.accounts.idempotency_store import keep_post, take_key
from usi_fed.accounts.model import RequestKey
from usi_fed.activitypub.addresses import host_of
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors, get_actor
from usi_fed.errors import InvalidInput, NotAllowed
from usi_fed.media.store import attach
from usi_fed.outbox.activities import featured_activity, undo_activity
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.recipients import (
    audience_of,
    holders_of,
    inboxes_of_circles,
    inboxes_of_followers,
    inboxes_of_people,
    readers_of,
)
from usi_fed.outbox.store import (
    confided_to,
    forget_confided,
    rewrite,
    waiting_of_post,
    withdraw,
    withdraw_activity,
    withdraw_from,
)
from usi_fed.outbox.verbs.quotes import ask_to_quote, stamp_local_quote
from usi_fed.posts import service
from usi_fed.posts.boosts import add_boost
from usi_fed.posts.details_store import load_details
from usi_fed.posts.document import announce_activity, create_activity, delete_activity, update_activity
from usi_fed.posts.drafts_store import remove_draft
from usi_fed.posts.levels import Trust
from usi_fed.posts.model import Draft, Level, Post, QuotePolicy, Visibility
from usi_fed.posts.polls_store import voter_ids
from usi_fed.posts.reactions_store import add_pin, find_boost, pinned_ids, remove_pin
from usi_fed.posts.service import own_post
from usi_fed.posts.store import change_post, circle_ids, get_post, mentioned_ids
from usi_fed.posts.store import delete_post as remove_post
from usi_fed.search.store import put_words
from usi_fed.sentences import Sentence
from usi_fed.timelines.service import boost_withdrawn, post_arrived, post_edited

MOST_PINS = 5
DRAFT_IS_GONE = Sentence(
    "this draft was published or thrown away meanwhile. To publish what stands here all the same, press the button "
    "again"
)
# What may still wait about a post when it goes.
ABOUT_A_POST = ("Create", "Update", "Announce", "Like", "Add", "Remove", "QuoteRequest")


def create_post(
    connection: Connection,
    desk: Desk,
    author: Actor,
    draft: Draft,
    application_id: int | None = None,
    key: RequestKey | None = None,
    kept_id: int | None = None,
) -> Post:
    """Publish a new post; with the `key` of an earlier request, the post that was made then.

    `kept_id` is the author's draft that it was made from, which goes.

    Raises:
        NotFound: that post has been deleted since.
        InvalidInput: the draft is gone; it may have been published by itself meanwhile.
    """
    made = take_key(connection, key, desk.now) if key is not None else None
    if made is not None:
        return own_post(connection, author, made)
    if kept_id is not None and not remove_draft(connection, author.id, kept_id):
        raise InvalidInput("draft", DRAFT_IS_GONE)
    post = publish(connection, desk, author, draft, application_id)
    if key is not None:
        keep_post(connection, key, post.id)
    return post


def publish(connection: Connection, desk: Desk, author: Actor, draft: Draft, application_id: int | None) -> Post:
    """Publish a new post.

    Raises:
        InvalidInput, NotFound, NotAllowed: as `posts.service.compose_post`.
    """
    post = service.compose_post(
        connection,
        author,
        draft,
        urls=desk.urls,
        now=desk.now,
        limits=desk.limits,
        application_id=application_id,
    )
    post = stamp_local_quote(connection, desk, post)
    post_arrived(connection, post, author, desk.now)
    inboxes = _audience_at_level(connection, desk, post, author)
    if inboxes or desk.seams.when_published:
        [details] = load_details(connection, [post])
        document = create_activity(details, desk.urls)
        if inboxes:
            desk.send_post(connection, author, document, post, inboxes)
            ask_to_quote(connection, desk, details)
        desk.tell_published(connection, post, author, document)
    return post


def _audience_at_level(connection: Connection, desk: Desk, post: Post, author: Actor) -> set[str]:
    """Where a post goes now, when nobody whom it names or in whose circle it is lives where it must not go.

    Followers at servers that are not trusted simply do not get what is for the movement.

    Raises:
        InvalidInput: somebody does.
    """
    trust = desk.trust_for(connection, post)
    if trust is not None and not post.local_only:
        chosen = inboxes_of_people(connection, mentioned_ids(connection, post.id))
        if post.level == "circle":
            chosen |= inboxes_of_circles(connection, post, author)
        check_servers(trust, map(host_of, chosen), post.level)
    find = readers_of if post.edited_at else audience_of
    return find(connection, post, author, trust)


def check_servers(trust: Trust, hosts: Iterable[str], level: Level) -> None:
    """See that a post of a level may go to each of these servers.

    Raises:
        InvalidInput: it may not, with the names of those.
    """
    refused = ", ".join(trust.refused(hosts, level))
    if refused and level == "movement":
        raise InvalidInput(
            "",
            Sentence(
                "Nothing was sent: the post names people at servers that this server does not trust: %(servers)s. "
                "Leave their names out, or choose other readers.",
                servers=refused,
            ),
        )
    if refused:
        raise InvalidInput(
            "",
            Sentence(
                "Nothing was sent: the post would go to servers that are limited here or that this server does not "
                "trust: %(servers)s. Leave those people out, or choose another circle.",
                servers=refused,
            ),
        )


def edit_post(connection: Connection, desk: Desk, author: Actor, post_id: int, draft: Draft) -> Post:
    """Change a post; who has not got it yet will get it as it is now."""
    # With those who voted: of a poll that is taken out their votes go too.
    held_before = inboxes_of_people(connection, [*mentioned_ids(connection, post_id), *voter_ids(connection, post_id)])
    post = service.edit_post(connection, author, post_id, draft, urls=desk.urls, now=desk.now, limits=desk.limits)
    post_edited(connection, post, author, desk.now)
    if not post.local_only:
        readers = _audience_at_level(connection, desk, post, author)
        send_update(connection, desk, author, post, readers | held_before if post.is_public else readers)
    return post


def change_quote_policy(connection: Connection, desk: Desk, author: Actor, post_id: int, policy: QuotePolicy) -> Post:
    """Say anew who may quote a post; quotes that were allowed before stay. Spec: FEP-044f, `interactionPolicy`

    The policy of what is not public is always "nobody".

    Raises:
        NotFound: it is not the author's own.
    """
    post = own_post(connection, author, post_id)
    policy = policy if post.is_public else "nobody"
    if post.is_boost or post.quote_policy == policy:
        return post
    changed = change_post(connection, post.id, quote_policy=policy)
    if not post.local_only:
        trust = desk.trust_for(connection, changed)
        send_update(connection, desk, author, changed, readers_of(connection, changed, author, trust))
    return changed


def send_update(connection: Connection, desk: Desk, author: Actor, post: Post, inboxes: set[str]) -> None:
    """Tell everybody how a post is now. An older Update that still waits would only repeat this one."""
    if not post.is_public:
        _end_for_others(connection, desk, author, post, inboxes)
    superseded = withdraw(connection, post.uri, ["Update"])
    [details] = load_details(connection, [post])
    for activity_id, kind in waiting_of_post(connection, post.id):
        if kind == "Create":
            rewrite(connection, activity_id, create_activity(details, desk.urls))
    document = update_activity(details, desk.urls, desk.now)
    desk.send_post(connection, author, document, post, inboxes | set(superseded))
    desk.tell_published(connection, post, author, document)


def _end_for_others(connection: Connection, desk: Desk, author: Actor, post: Post, readers: set[str]) -> None:
    """Who has a post for few and may not read it any more gets none of its new words, but its end.

    A server keeps one copy for all its people. Where somebody may still read it, it must not end.
    """
    others = confided_to(connection, post.id) - readers
    withdraw_from(connection, post.id, others)
    hosts = {host_of(inbox) for inbox in readers}
    ending = {inbox for inbox in others if host_of(inbox) not in hosts}
    if ending:
        forget_confided(connection, post.id, ending)
        desk.send(connection, author, {**delete_activity(post, author), "id": desk.new_uri(author)}, ending)


def tell_quote_allowed(connection: Connection, desk: Desk, post_id: int) -> None:
    """A quote of ours has got its stamp: everybody who has the post learns of it."""
    post = get_post(connection, post_id)
    author = get_actor(connection, post.author_id)
    if author.is_local and not post.local_only:
        trust = desk.trust_for(connection, post)
        send_update(connection, desk, author, post, readers_of(connection, post, author, trust))


def delete_post(connection: Connection, desk: Desk, author: Actor, post_id: int, *, keep_media: bool = False) -> Post:
    """Delete a post, or take back a boost; what it was.

    What still waits about it is not sent any more; the Delete goes to all who have it or may just be getting it.
    With `keep_media` the files stay for a while as uploads that no post has: the author may be about to write anew.
    """
    post = own_post(connection, author, post_id)
    if post.boost_of_id is not None:
        _take_back_boost(connection, desk, author, post)
        return post
    inboxes = holders_of(connection, post, author) | set(withdraw(connection, post.uri, ABOUT_A_POST))
    if keep_media:
        attach(connection, [], author.id, post.id)
    circles = find_actors(connection, circle_ids(connection, post.id)).values()
    document = delete_activity(post, author, [circle.uri for circle in circles if not circle.is_local])
    desk.tell_published(connection, post, author, document)
    remove_post(connection, post, author.uri, desk.now)
    desk.send(connection, author, document, inboxes)
    return post


# ---- boosts ----


def announce(connection: Connection, desk: Desk, actor: Actor, post_id: int, visibility: Visibility = "public") -> Post:
    """Boost a post; the boost, also when it was there before."""
    boost, is_new = add_boost(connection, actor, post_id, urls=desk.urls, now=desk.now, visibility=visibility)
    if is_new:
        post_arrived(connection, boost, actor, desk.now)
        target = get_post(connection, boost.boost_of_id or 0)
        put_words(connection, target)
        document = announce_activity(boost, actor, target.uri)
        desk.send_post(connection, actor, document, boost, audience_of(connection, boost, actor))
    return boost


def unannounce(connection: Connection, desk: Desk, actor: Actor, post_id: int) -> None:
    """Take a boost of a post back, if there is one."""
    target = get_post(connection, post_id)
    boost = find_boost(connection, actor.id, target.boost_of_id or target.id)
    if boost is not None:
        _take_back_boost(connection, desk, actor, boost)


def _take_back_boost(connection: Connection, desk: Desk, actor: Actor, boost: Post) -> None:
    target = get_post(connection, boost.boost_of_id or 0)
    inboxes = holders_of(connection, boost, actor) | set(withdraw_activity(connection, boost.uri))
    boost_withdrawn(connection, target.id, actor)
    remove_post(connection, boost, actor.uri, desk.now)
    undo = undo_activity(f"{boost.uri}#undo", actor, "Announce", boost.uri, target.uri, boost.to_uris)
    desk.send(connection, actor, {**undo, "cc": boost.cc_uris}, inboxes)


# ---- pins ----


def pin(connection: Connection, desk: Desk, author: Actor, post_id: int) -> Post:
    """Show an own post first on the profile.

    Raises:
        NotFound: it is not the author's own.
        NotAllowed: a boost, or not for everybody.
        InvalidInput: five are pinned already.
    """
    post = own_post(connection, author, post_id)
    if post.is_boost or post.visibility == "direct":
        raise NotAllowed(Sentence("boosts and direct messages cannot be pinned"))
    pinned: Sequence[int] = pinned_ids(connection, author.id)
    if post.id not in pinned and len(pinned) >= MOST_PINS:
        raise InvalidInput(
            "id", Sentence("you have already pinned the maximum number of posts (%(most)s)", most=MOST_PINS)
        )
    if add_pin(connection, author.id, post.id):
        _send_featured(connection, desk, author, post, "Add")
    return post


def unpin(connection: Connection, desk: Desk, author: Actor, post_id: int) -> Post:
    """No longer show an own post first."""
    post = own_post(connection, author, post_id)
    if remove_pin(connection, author.id, post.id):
        _send_featured(connection, desk, author, post, "Remove")
    return post


def _send_featured(connection: Connection, desk: Desk, author: Actor, post: Post, kind: str) -> None:
    if not post.is_for_everybody:
        return
    withdrawn = withdraw(connection, post.uri, ["Add", "Remove"])
    document = featured_activity(desk.new_uri(author), kind, author, post.uri)
    desk.send(connection, author, document, inboxes_of_followers(connection, author) | set(withdrawn))
