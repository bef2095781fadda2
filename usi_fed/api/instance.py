"""What clients ask of the server itself."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from usi_fed.accounts.store import count_accounts, find_first_admin
from usi_fed.api.call import Call
from usi_fed.api.entities.instance import InstanceFacts, instance_entity, instance_v1_entity
from usi_fed.api.methods import Method, open_to_all
from usi_fed.api.people import accounts_by_id
from usi_fed.api.store import count_peers, peers
from usi_fed.clock import iso
from usi_fed.posts.store import count_local_posts
from usi_fed.urls import Urls

MONTH = timedelta(days=28)
_FACTS = "facts"


async def instance(call: Call) -> dict[str, Any]:
    """GET /api/v2/instance"""
    return instance_entity(call.house.settings, call.house.urls, await _facts(call))


async def instance_v1(call: Call) -> dict[str, Any]:
    """GET /api/v1/instance"""
    return instance_v1_entity(call.house.settings, call.house.urls, await _facts(call))


async def instance_peers(call: Call) -> list[str]:
    """GET /api/v1/instance/peers; in a closed network, whom we deal with is nobody's business."""
    if call.house.settings.federation_mode == "allowlist":
        return []
    return await call.house.database.read(peers)


async def extended_description(call: Call) -> dict[str, Any]:
    """GET /api/v1/instance/extended_description"""
    entity = instance_v1_entity(call.house.settings, call.house.urls, await _facts(call))
    return {"updated_at": iso(call.house.clock()), "content": f"<p>{entity['description']}</p>"}


async def _facts(call: Call) -> InstanceFacts:
    facts = call.tools.facts.find(_FACTS)
    if facts is None:
        facts = await call.house.database.read(_count, call.house.clock() - MONTH, call.house.urls)
        call.tools.facts.remember(_FACTS, facts)
    return facts


def _count(connection: Connection, since: datetime, urls: Urls) -> InstanceFacts:
    admin = find_first_admin(connection)
    contact = accounts_by_id(connection, [admin], urls) if admin else []
    return InstanceFacts(
        people=count_accounts(connection),
        active_month=count_accounts(connection, since),
        posts=count_local_posts(connection),
        peers=count_peers(connection),
        contact=contact[0] if contact else None,
    )


METHODS: list[Method] = [
    open_to_all("GET", "/api/v2/instance", instance),
    open_to_all("GET", "/api/v1/instance", instance_v1),
    open_to_all("GET", "/api/v1/instance/peers", instance_peers),
    open_to_all("GET", "/api/v1/instance/extended_description", extended_description),
]
