"""Who may not come in: providers of e-mail, single addresses, networks."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec

from usi_fed.api.admin.officers import for_administrators, for_officers
from usi_fed.api.admin.shelves import page_of
from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.admin import (
    Entity,
    canonical_email_block_entity,
    email_domain_block_entity,
    ip_block_entity,
)
from usi_fed.api.methods import Method
from usi_fed.moderation import gates_store as store
from usi_fed.moderation.gates import canonical_hash
from usi_fed.moderation.model import Decision

_DOMAINS, _EMAILS, _NETWORKS = "email_domain_blocks", "canonical_email_blocks", "ip_blocks"
LONGEST = timedelta(days=36_500)


class DomainParams(msgspec.Struct):
    """A provider of e-mail."""

    domain: str


class EmailParams(msgspec.Struct):
    """An address, or what is kept of it."""

    email: str | None = None
    canonical_email_hash: str | None = None


class NetworkParams(msgspec.Struct):
    """What holds for a network; of an existing block, what is not named stays as it is."""

    ip: str | None = None
    severity: str | None = None
    comment: str | None = None
    expires_in: Annotated[int, msgspec.Meta(ge=1, le=int(LONGEST.total_seconds()))] | None = None


# ---- providers of e-mail ----


async def show_domains(call: Call) -> Reply:
    """GET /api/v1/admin/email_domain_blocks"""
    return await page_of(call, await call.house.database.read(store.email_domains), email_domain_block_entity)


async def show_domain(call: Call) -> Entity:
    """GET /api/v1/admin/email_domain_blocks/:id"""
    return email_domain_block_entity(await call.house.database.read(store.get_email_domain, call.id()))


async def add_domain(call: Call) -> Entity:
    """POST /api/v1/admin/email_domain_blocks"""
    asked = await call.read(DomainParams)
    return email_domain_block_entity(await call.house.gates.block_email_domain(asked.domain, Decision(call.person_id)))


async def remove_domain(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/admin/email_domain_blocks/:id"""
    block = await call.house.database.read(store.get_email_domain, call.id())
    await call.house.gates.allow_email_domain(block.domain, Decision(call.person_id))
    return {}


# ---- single addresses ----


async def show_emails(call: Call) -> Reply:
    """GET /api/v1/admin/canonical_email_blocks"""
    return await page_of(call, await call.house.database.read(store.canonical_emails), canonical_email_block_entity)


async def show_email(call: Call) -> Entity:
    """GET /api/v1/admin/canonical_email_blocks/:id"""
    return canonical_email_block_entity(await call.house.database.read(store.get_canonical_email, call.id()))


async def test_email(call: Call) -> list[Entity]:
    """POST /api/v1/admin/canonical_email_blocks/test: the blocks that an address meets."""
    email_hash = canonical_hash((await call.read(EmailParams)).email or "")
    found = await call.house.database.read(store.canonical_emails, email_hash)
    return [canonical_email_block_entity(one) for one in found]


async def add_email(call: Call) -> Entity:
    """POST /api/v1/admin/canonical_email_blocks"""
    asked = await call.read(EmailParams)
    made = await call.house.gates.block_email(asked.email, asked.canonical_email_hash, Decision(call.person_id))
    return canonical_email_block_entity(made)


async def remove_email(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/admin/canonical_email_blocks/:id"""
    await call.house.gates.allow_email(call.id(), Decision(call.person_id))
    return {}


# ---- networks ----


async def show_networks(call: Call) -> Reply:
    """GET /api/v1/admin/ip_blocks"""
    found = await call.house.database.read(store.address_blocks_at, call.house.clock())
    return await page_of(call, found, ip_block_entity)


async def show_network(call: Call) -> Entity:
    """GET /api/v1/admin/ip_blocks/:id"""
    return ip_block_entity(await call.house.database.read(store.get_address_block, call.id()))


async def add_network(call: Call) -> Entity:
    """POST /api/v1/admin/ip_blocks"""
    return await _put_network(call, await call.read(NetworkParams))


async def change_network(call: Call) -> Entity:
    """PUT /api/v1/admin/ip_blocks/:id"""
    before = await call.house.database.read(store.get_address_block, call.id())
    asked = await call.read(NetworkParams)
    known = {"ip": before.network, "severity": before.severity, "comment": before.comment}
    merged = {name: value if (value := getattr(asked, name)) is not None else old for name, old in known.items()}
    made = await _put_network(call, NetworkParams(**merged, expires_in=asked.expires_in), before.expires_at)
    if made["ip"] != before.network:
        await call.house.gates.free_network(before.network, Decision(call.person_id))
    return made


async def remove_network(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/admin/ip_blocks/:id"""
    block = await call.house.database.read(store.get_address_block, call.id())
    await call.house.gates.free_network(block.network, Decision(call.person_id))
    return {}


async def _put_network(call: Call, asked: NetworkParams, expires_at: datetime | None = None) -> Entity:
    if asked.expires_in is not None:
        expires_at = call.house.clock() + timedelta(seconds=asked.expires_in)
    own = call.request.client.host if call.request.client else ""
    values = (asked.ip or "", asked.severity or "", asked.comment or "", expires_at)
    return ip_block_entity(await call.house.gates.block_network(*values, Decision(call.person_id), own))


METHODS: list[Method] = [
    for_officers("GET", _DOMAINS, show_domains, f"admin:read:{_DOMAINS}"),
    for_officers("POST", _DOMAINS, add_domain, f"admin:write:{_DOMAINS}"),
    for_officers("GET", f"{_DOMAINS}/{{id}}", show_domain, f"admin:read:{_DOMAINS}"),
    for_officers("DELETE", f"{_DOMAINS}/{{id}}", remove_domain, f"admin:write:{_DOMAINS}"),
    for_officers("GET", _EMAILS, show_emails, f"admin:read:{_EMAILS}"),
    for_officers("POST", _EMAILS, add_email, f"admin:write:{_EMAILS}"),
    for_officers("POST", f"{_EMAILS}/test", test_email, f"admin:read:{_EMAILS}"),
    for_officers("GET", f"{_EMAILS}/{{id}}", show_email, f"admin:read:{_EMAILS}"),
    for_officers("DELETE", f"{_EMAILS}/{{id}}", remove_email, f"admin:write:{_EMAILS}"),
    for_administrators("GET", _NETWORKS, show_networks, f"admin:read:{_NETWORKS}"),
    for_administrators("POST", _NETWORKS, add_network, f"admin:write:{_NETWORKS}"),
    for_administrators("GET", f"{_NETWORKS}/{{id}}", show_network, f"admin:read:{_NETWORKS}"),
    for_administrators("PUT", f"{_NETWORKS}/{{id}}", change_network, f"admin:write:{_NETWORKS}"),
    for_administrators("DELETE", f"{_NETWORKS}/{{id}}", remove_network, f"admin:write:{_NETWORKS}"),
]
