"""What this server does not have: clients ask for it at their start, and an empty list is the right answer
(`../shared/mastodon-api/clients.md` section 6).
"""

from typing import Any

from usi_fed.api.call import Call, Reply
from usi_fed.api.methods import Method, for_people, open_to_all
from usi_fed.errors import NotFound


async def none(call: Call) -> list[Any]:
    """There are none."""
    return []


async def no_subscription(call: Call) -> Reply:
    """GET and DELETE /api/v1/push/subscription: this server sends no Web Push.

    Raises:
        NotFound: always.
    """
    raise NotFound("no push subscription")


METHODS: list[Method] = [
    for_people("GET", "/api/v1/announcements", none, "read"),
    open_to_all("GET", "/api/v1/custom_emojis", none),
    for_people("GET", "/api/v1/featured_tags", none, "read:accounts"),
    for_people("GET", "/api/v1/featured_tags/suggestions", none, "read:accounts"),
    for_people("GET", "/api/v1/endorsements", none, "read:accounts"),
    for_people("GET", "/api/v1/suggestions", none, "read"),
    for_people("GET", "/api/v2/suggestions", none, "read"),
    for_people("GET", "/api/v1/notifications/requests", none, "read:notifications"),
    open_to_all("GET", "/api/v1/trends", none),
    open_to_all("GET", "/api/v1/trends/tags", none),
    open_to_all("GET", "/api/v1/trends/statuses", none),
    open_to_all("GET", "/api/v1/trends/links", none),
    open_to_all("GET", "/api/v1/timelines/link", none),
    open_to_all("GET", "/api/v1/instance/activity", none),
    # Whom we refuse to deal with is not told to everybody (`../shared/interop/security.md` section 8).
    open_to_all("GET", "/api/v1/instance/domain_blocks", none),
    for_people("GET", "/api/v1/push/subscription", no_subscription, "push"),
    for_people("DELETE", "/api/v1/push/subscription", no_subscription, "push"),
]
