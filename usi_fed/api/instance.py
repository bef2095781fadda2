"""What clients ask of the server itself."""

from datetime import datetime, timedelta
from html import escape
from typing import Any

from sqlalchemy import Connection

from usi_fed.accounts.store import count_accounts, find_first_admin, find_officer
from usi_fed.api.call import Call
from usi_fed.api.entities.instance import InstanceFacts, instance_entity, instance_v1_entity, rule_entities
from usi_fed.api.methods import Method, open_to_all
from usi_fed.api.people import accounts_by_id
from usi_fed.api.store import count_peers, peers
from usi_fed.clock import iso
from usi_fed.posts.store import count_local_posts
from usi_fed.urls import Urls

MONTH = timedelta(days=28)


async def instance(call: Call) -> dict[str, Any]:
    """GET /api/v2/instance"""
    return instance_entity(call.house.settings, call.house.urls, call.house.instance.face, await _facts(call))


async def instance_v1(call: Call) -> dict[str, Any]:
    """GET /api/v1/instance"""
    return instance_v1_entity(call.house.settings, call.house.urls, call.house.instance.face, await _facts(call))


async def instance_peers(call: Call) -> list[str]:
    """GET /api/v1/instance/peers; in a closed network, whom we deal with is nobody's business."""
    if call.house.settings.federation_mode == "allowlist":
        return []
    return await call.house.database.read(peers)


async def extended_description(call: Call) -> dict[str, Any]:
    """GET /api/v1/instance/extended_description: what the server says of itself at length, else in short."""
    face = call.house.instance.face
    content = face.about_html or f"<p>{escape(face.choices.description)}</p>"
    return {"updated_at": iso(call.house.clock()), "content": content}


async def rules(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/instance/rules"""
    return rule_entities(call.house.instance.face)


async def _facts(call: Call) -> InstanceFacts:
    face = call.house.instance.face
    facts = call.tools.facts.find(face.revision)
    if facts is None:
        since = call.house.clock() - MONTH
        facts = await call.house.database.read(_count, since, call.house.urls, face.choices.contact)
        call.tools.facts.remember(face.revision, facts)
    return facts


def _count(connection: Connection, since: datetime, urls: Urls, chosen: int | None) -> InstanceFacts:
    officer = find_officer(connection, chosen) if chosen else None
    whom = officer.actor_id if officer else find_first_admin(connection)
    contact = accounts_by_id(connection, [whom], urls, None) if whom else []
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
    open_to_all("GET", "/api/v1/instance/rules", rules),
    open_to_all("GET", "/api/v1/instance/extended_description", extended_description),
]
