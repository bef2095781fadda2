"""Publishing what was kept for later, at its time: once, whoever does it and whatever breaks meanwhile."""

from sqlalchemy import Connection

from usi_fed.actors.store import get_actor
from usi_fed.errors import NotAllowed
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.posts import publish
from usi_fed.posts.drafts_store import Problem, find_due, stop_draft, take_due
from usi_fed.posts.kept_drafts import of_json
from usi_fed.posts.model import Post


def publish_kept(connection: Connection, desk: Desk, draft_id: int) -> Post | None:
    """Publish what is due; None when it is not any more. The draft goes and the post comes in the same unit.

    Raises:
        NotAllowed: its author may not publish any more.
        InvalidInput, MalformedActivity, NotFound: as `posts.publish`.
    """
    kept = take_due(connection, draft_id, desk.now)
    if kept is None:
        return None
    author = get_actor(connection, kept.actor_id)
    if author.is_shut_out:
        raise NotAllowed("the author is shut out")
    return publish(connection, desk, author, of_json(kept.draft, desk.now), kept.application_id)


def put_back(connection: Connection, desk: Desk, draft_id: int, problem: Problem) -> None:
    """Make a draft of what could not be published, for its author to look at."""
    kept = find_due(connection, draft_id, desk.now)
    if kept is not None:
        stop_draft(connection, kept.actor_id, kept.id, desk.now, problem)
