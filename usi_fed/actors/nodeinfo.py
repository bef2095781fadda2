"""What this server says of itself. Spec: NodeInfo 2.0 and 2.1; FEP-f1d5, FEP-0151, FEP-2677"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

import orjson
from sqlalchemy import Connection

from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.clock import Clock, now
from usi_fed.db.database import Database
from usi_fed.errors import NotFound
from usi_fed.instance.service import Instance
from usi_fed.urls import Urls

SOFTWARE = "usi-fed"
VERSIONS = ("2.0", "2.1")
LIFETIME = timedelta(minutes=5)

_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
_APPLICATION = "https://www.w3.org/ns/activitystreams#Application"


@dataclass(frozen=True, slots=True)
class Usage:
    """How much this server is used: people, those of them seen in the last month and half year, and posts."""

    people: int
    active_month: int
    active_half_year: int
    posts: int


CountUsage = Callable[[Connection, datetime], Usage]


class NodeInfo:
    """Renders the documents; the numbers are true, and counted anew every five minutes."""

    def __init__(
        self, instance: Instance, urls: Urls, database: Database, count_usage: CountUsage, clock: Clock = now
    ) -> None:
        self._instance = instance
        self._urls = urls
        self._database = database
        self._count_usage = count_usage
        self._clock = clock
        self._rendered: ExpiringMap[tuple[str, int], bytes] = ExpiringMap(2 * len(VERSIONS), LIFETIME)

    def links(self) -> bytes:
        """The document at `/.well-known/nodeinfo`."""
        links = [{"rel": _SCHEMA + name, "href": f"{self._urls.origin}/nodeinfo/{name}"} for name in VERSIONS]
        links.append({"rel": _APPLICATION, "href": self._urls.instance_actor})
        return orjson.dumps({"links": links})

    async def document(self, schema: str) -> bytes:
        """The document of one of `VERSIONS`.

        Raises:
            NotFound: we do not write that version.
        """
        if schema not in VERSIONS:
            raise NotFound("no such version of NodeInfo")
        key = schema, self._instance.face.revision
        rendered = self._rendered.find(key)
        if rendered is None:
            usage = await self._database.read(self._count_usage, self._clock())
            rendered = orjson.dumps(self._describe(schema, usage))
            self._rendered.remember(key, rendered)
        return rendered

    def _describe(self, schema: str, usage: Usage) -> dict[str, object]:
        shown = self._instance.face.choices
        return {
            "version": schema,
            "software": {"name": SOFTWARE, "version": version("usi_fed")},
            "protocols": ["activitypub"],
            "services": {"inbound": [], "outbound": []},
            "openRegistrations": shown.registrations != "closed",
            "usage": {
                "users": {
                    "total": usage.people,
                    "activeMonth": usage.active_month,
                    "activeHalfyear": usage.active_half_year,
                },
                "localPosts": usage.posts,
            },
            "metadata": {
                "nodeName": shown.name,
                "nodeDescription": shown.description,
                "organisations": self._urls.organisations,
            },
        }
