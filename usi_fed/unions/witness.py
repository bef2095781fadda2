"""What people do in the name of organisations: whether they may, and the line in the log. For `outbox/publish.py`.

One seam for all acts: it stands in the same transaction as the act, after the organisation's turn was taken. Who loses
an office at the same moment has either done it before, or does not do it any more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.deputies import Deputy
from usi_fed.errors import NotAllowed
from usi_fed.moderation.log_store import log_act
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_posts
from usi_fed.unions.acting import NO_RIGHT, find_office
from usi_fed.unions.roles import Permission
from usi_fed.unions.writers_store import put_writer

_WRITES = frozenset({"create_post", "publish_kept"})

ACTIONS: Mapping[str, str] = {
    "create_post": "post publish",
    "publish_kept": "post publish",
    "edit_post": "post edit",
    "delete_post": "post delete",
    "announce": "post boost",
    "unannounce": "post unboost",
    "pin": "post pin",
    "unpin": "post unpin",
    "change_quote_policy": "post quotes",
    "revoke_quote": "post no quote",
    "like": "post like",
    "unlike": "post unlike",
    "vote": "post vote",
    "follow": "person follow",
    "unfollow": "person unfollow",
    "deny_follow": "person unfollow",
    "accept_follow": "person accept",
    "reject_follow": "person refuse",
    "block": "person block",
    "unblock": "person unblock",
    "block_domain": "person block server",
    "update_profile": "profile change",
    "move_to": "account move",
    "come_back": "account return",
    "delete_actor": "account delete",
}
"""What the verbs of `outbox/verbs/` are called in the log."""

_NEEDED: Mapping[str, tuple[Permission, ...]] = {
    "accept_follow": ("publish", "admit", "moderate"),
    "reject_follow": ("publish", "admit", "moderate"),
    "move_to": ("govern",),
    "come_back": ("govern",),
    "delete_actor": ("govern",),
}


class Witness:
    """Stands by when somebody acts for an organisation."""

    def allow(self, connection: Connection, deputy: Deputy, verb: str) -> None:
        """See that somebody may do this in the name of an organisation.

        Raises:
            NotAllowed: no office gives that right any more.
        """
        office = find_office(connection, deputy.person_id, deputy.organisation_id)
        if office is None:
            raise NotAllowed(NO_RIGHT)
        office.require(*_NEEDED.get(verb, ("publish",)))

    def tell(
        self, connection: Connection, deputy: Deputy, verb: str, about: Sequence[object], made: object, now: datetime
    ) -> None:
        """Write down that it was done. `about` is what the verb was called with, `made` what came of it."""
        if verb in _WRITES and not (isinstance(made, Post) and put_writer(connection, made.id, deputy.person_id)):
            return  # the same request once more, or nothing was due
        organisation = get_actor(connection, deputy.organisation_id)
        target = _target(connection, organisation, ACTIONS[verb], about, made)
        log_act(connection, deputy.person_id, ACTIONS[verb], target, now, organisation.id, by=f"@{organisation.handle}")


def _target(connection: Connection, organisation: Actor, action: str, about: Sequence[object], made: object) -> str:
    if isinstance(made, Post):
        return made.url or made.uri
    other = about[1] if len(about) > 1 else None
    if action.startswith("post") and isinstance(other, int):
        found = find_posts(connection, [other]).get(other)
        return (found.url or found.uri) if found is not None else ""
    if action.startswith("person") and isinstance(other, int):
        return f"@{get_actor(connection, other).handle}"
    return other if isinstance(other, str) else f"@{organisation.handle}"
