"""Private conversations: threads in which somebody wrote, or was written to, directly.

Nothing is kept about who has read what, so none of them is ever unread.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from usi_fed.api.call import Call, Reply
from usi_fed.api.loading import Statuses
from usi_fed.api.methods import Method, for_people
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.people import accounts_by_id
from usi_fed.db.paging import Window
from usi_fed.timelines.conversations_store import newest_posts, participants
from usi_fed.urls import Urls

Entities = list[dict[str, Any]]


async def conversations(call: Call) -> Reply:
    """GET /api/v1/conversations; its pages are cut by the newest post of each."""
    window = window_of(await call.read(PageParams))
    found, ids = await call.house.database.read(
        _conversations, call.tools.statuses, call.house.urls, call.person_id, window, call.house.clock()
    )
    return call.page(found, ids, window.limit)


def _conversations(
    connection: Connection, statuses: Statuses, urls: Urls, viewer_id: int, window: Window, now: datetime
) -> tuple[Entities, list[int]]:
    newest = newest_posts(connection, viewer_id, window, now)
    shown = {status["id"]: status for status in statuses.load(connection, [one.post_id for one in newest], viewer_id)}
    people = participants(connection, [one.post_id for one in newest])
    entities = [
        {
            "id": str(one.thread_id),
            "unread": False,
            # Whoever only writes to themselves takes part, too.
            "accounts": accounts_by_id(
                connection, sorted(people[one.post_id] - {viewer_id}) or [viewer_id], urls, viewer_id
            ),
            "last_status": shown.get(str(one.post_id)),
        }
        for one in newest
    ]
    return entities, [one.post_id for one in newest]


METHODS: list[Method] = [for_people("GET", "/api/v1/conversations", conversations, "read:statuses")]
