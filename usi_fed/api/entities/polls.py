"""Poll. Spec: ../shared/mastodon-api/openapi.json `Poll`"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from usi_fed.clock import iso
from usi_fed.posts.polls_store import Poll


def poll_entity(
    poll: Poll,
    now: datetime,
    own_votes: Sequence[int] | None = None,
    *,
    is_own: bool = False,
    emojis: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """A poll; `own_votes` are the viewer's choices, None when nobody is signed in; `emojis` are those of its post.

    An author cannot vote, and clients show who cannot vote the results.
    """
    has_ended = poll.has_ended(now)
    hides = poll.hides_totals and not has_ended
    entity = {
        "id": str(poll.post_id),
        "expires_at": iso(poll.ends_at) if poll.ends_at else None,
        "expired": has_ended,
        "multiple": poll.multiple,
        "votes_count": sum(option["votes"] for option in poll.options),
        "voters_count": poll.voters_count,
        "options": [
            {"title": option["title"], "votes_count": None if hides else option["votes"]} for option in poll.options
        ],
        "emojis": list(emojis),
    }
    if own_votes is not None:
        entity |= {"voted": is_own or bool(own_votes), "own_votes": list(own_votes)}
    return entity
