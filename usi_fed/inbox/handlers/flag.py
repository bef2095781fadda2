"""Flag: another server's people report ours."""

from sqlalchemy import Connection

from usi_fed.activitypub.vocabulary import Flag
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.locals import find_local_actor
from usi_fed.inbox.moderators_store import moderator_ids
from usi_fed.inbox.outcomes import DONE, Ignored, Outcome
from usi_fed.moderation.store import add_report
from usi_fed.posts.store import find_post
from usi_fed.text.plain import to_text
from usi_fed.timelines.model import NotificationKind
from usi_fed.timelines.notifications_store import notify


def handle_flag(connection: Connection, flag: Flag, sender: Actor, context: InboxContext) -> Outcome:
    """Store a report about our actors and their posts and tell the moderators; one for each actor concerned.

    Spec: `../shared/interop/mastodon.md` section 7, Flag; `../shared/interop/security.md` section 4, Flag
    """
    if not context.takes_reports(sender.host):
        return Ignored("reports of this server are not taken")
    posts: dict[int, list[int]] = {}
    for uri in flag.object_uris:
        if not context.urls.is_ours(uri):
            continue
        target = find_local_actor(connection, uri, context.urls)
        post = find_post(connection, uri) if target is None else None
        if target is not None:
            posts.setdefault(target.id, [])
        elif post is not None and post.local:
            posts.setdefault(post.author_id, []).append(post.id)
    if not posts:
        return Ignored("about nothing of ours")
    for number, (target_id, post_ids) in enumerate(posts.items()):
        values = {
            "uri": flag.uri if number == 0 else f"{flag.uri}#{number}",
            "reporter_id": sender.id,
            "target_id": target_id,
            "post_ids": post_ids,
            "comment": to_text(flag.comment),
        }
        report = add_report(connection, values, context.now)
        if report is None:
            continue
        target = get_actor(connection, target_id)
        for moderator in moderator_ids(connection):
            notify(connection, moderator, NotificationKind.REPORT, target, context.now, report_id=report.id)
    return DONE
