"""Flag: another server's people report ours."""

from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.vocabulary import Flag
from usi_fed.actors.model import Actor
from usi_fed.groups.reports import reported
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.locals import find_local_actor
from usi_fed.inbox.outcomes import DONE, Ignored, Outcome
from usi_fed.moderation.reports import Complaint, take_report
from usi_fed.moderation.reports_store import count_reports_from
from usi_fed.outbox.store import confided_to
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_post
from usi_fed.text.plain import to_text

MOST_REPORTS = 60
"""Of one server in an hour: moderators are people."""


def handle_flag(connection: Connection, flag: Flag, sender: Actor, context: InboxContext) -> Outcome:
    """Store a report about our actors and their posts and tell the moderators; one for each actor concerned.

    Spec: `../shared/interop/mastodon.md` section 7, Flag; `../shared/interop/security.md` section 4, Flag
    """
    if not context.takes_reports(sender.host):
        return Ignored("reports of this server are not taken")
    concerned = _concerned(connection, flag, sender, context)
    if not concerned:
        return Ignored("about nothing of ours")
    left = MOST_REPORTS - count_reports_from(connection, sender.host, context.now - timedelta(hours=1))
    if left <= 0:
        return Ignored("too many reports of this server")
    for number, (target_id, post_ids) in enumerate(list(concerned.items())[:left]):
        uri = flag.uri if number == 0 else f"{flag.uri}#{number}"
        complaint = Complaint(target_id, post_ids, to_text(flag.comment), uri=uri)
        report = take_report(connection, sender, complaint, context.now)
        if report is not None:
            reported(connection, report)
    return DONE


def _concerned(connection: Connection, flag: Flag, sender: Actor, context: InboxContext) -> dict[int, list[int]]:
    """Our actors that a report is about, each with the posts that it names and that the sender's server got.

    A report must not be a way to have moderators read what is for few.
    """
    concerned: dict[int, list[int]] = {}
    for uri in filter(context.urls.is_ours, flag.object_uris):
        target = find_local_actor(connection, uri, context.urls)
        post = find_post(connection, uri) if target is None else None
        if target is not None:
            concerned.setdefault(target.id, [])
        elif post is not None and post.local:
            named = concerned.setdefault(post.author_id, [])
            if _has_got(connection, post, sender):
                named.append(post.id)
    return concerned


def _has_got(connection: Connection, post: Post, sender: Actor) -> bool:
    if post.is_for_everybody:
        return True
    return sender.host in {host_of(inbox) for inbox in confided_to(connection, post.id)}
