"""Rules about other servers: those that limit, and those that let in."""

from typing import Any

import msgspec

from usi_fed.api.admin.officers import for_officers
from usi_fed.api.admin.shelves import page_of
from usi_fed.api.call import Call, Reply
from usi_fed.api.entities.admin import Entity, domain_allow_entity, domain_block_entity
from usi_fed.api.methods import Method
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.moderation.blocklist import SEVERITIES
from usi_fed.moderation.domains import parse_rule_domain, require_dot
from usi_fed.moderation.model import DomainRule
from usi_fed.moderation.rules_store import get_rule, rules

READ_BLOCKS, WRITE_BLOCKS = "admin:read:domain_blocks", "admin:write:domain_blocks"
READ_ALLOWS, WRITE_ALLOWS = "admin:read:domain_allows", "admin:write:domain_allows"
_KNOWN = "has a rule already: change that one"


class RuleParams(msgspec.Struct):
    """What holds for a server; of an existing rule, what is not named stays as it is."""

    domain: str = ""
    severity: str | None = None
    reject_media: bool | None = None
    reject_reports: bool | None = None
    private_comment: str | None = None
    public_comment: str | None = None
    obfuscate: bool | None = None


async def show_blocks(call: Call) -> Reply:
    """GET /api/v1/admin/domain_blocks"""
    found = [one for one in await call.house.database.read(rules) if one.severity in SEVERITIES]
    return await page_of(call, found, domain_block_entity)


async def show_block(call: Call) -> Entity:
    """GET /api/v1/admin/domain_blocks/:id"""
    return domain_block_entity(await _rule(call, is_allow=False))


async def add_block(call: Call) -> Entity:
    """POST /api/v1/admin/domain_blocks"""
    asked = await call.read(RuleParams)
    domain = await _new_domain(call, asked.domain)
    return domain_block_entity(await _put(call, domain, asked, "silence"))


async def change_block(call: Call) -> Entity:
    """PUT /api/v1/admin/domain_blocks/:id"""
    rule = await _rule(call, is_allow=False)
    return domain_block_entity(await _put(call, rule.domain, await call.read(RuleParams), rule.severity))


async def remove_block(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/admin/domain_blocks/:id"""
    return await _remove(call, is_allow=False)


async def show_allows(call: Call) -> Reply:
    """GET /api/v1/admin/domain_allows"""
    found = [one for one in await call.house.database.read(rules) if one.severity == "allow"]
    return await page_of(call, found, domain_allow_entity)


async def show_allow(call: Call) -> Entity:
    """GET /api/v1/admin/domain_allows/:id"""
    return domain_allow_entity(await _rule(call, is_allow=True))


async def add_allow(call: Call) -> Entity:
    """POST /api/v1/admin/domain_allows"""
    domain = await _new_domain(call, (await call.read(RuleParams)).domain)
    return domain_allow_entity(await call.house.domains.put({"domain": domain, "severity": "allow"}, call.person_id))


async def remove_allow(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/admin/domain_allows/:id"""
    return await _remove(call, is_allow=True)


async def _new_domain(call: Call, typed: str) -> str:
    domain = parse_rule_domain(typed)
    require_dot("domain", domain)
    if any(one.domain == domain for one in await call.house.database.read(rules)):
        raise InvalidInput("domain", _KNOWN)
    return domain


async def _put(call: Call, domain: str, asked: RuleParams, usual: str) -> DomainRule:
    values = {name: value for name, value in msgspec.structs.asdict(asked).items() if value is not None}
    values |= {"domain": domain, "severity": asked.severity or usual}
    if values["severity"] not in SEVERITIES:
        raise InvalidInput("severity", f"must be one of {', '.join(SEVERITIES)}")
    return await call.house.domains.put(values, call.person_id)


async def _rule(call: Call, *, is_allow: bool) -> DomainRule:
    rule = await call.house.database.read(get_rule, call.id())
    if (rule.severity == "allow") is not is_allow:
        raise NotFound(f"rule {rule.id} is of the other kind")
    return rule


async def _remove(call: Call, *, is_allow: bool) -> dict[str, Any]:
    rule = await _rule(call, is_allow=is_allow)
    await call.house.domains.remove(rule.domain, call.person_id)
    return {}


METHODS: list[Method] = [
    for_officers("GET", "domain_blocks", show_blocks, READ_BLOCKS),
    for_officers("POST", "domain_blocks", add_block, WRITE_BLOCKS),
    for_officers("GET", "domain_blocks/{id}", show_block, READ_BLOCKS),
    for_officers("PUT", "domain_blocks/{id}", change_block, WRITE_BLOCKS),
    for_officers("DELETE", "domain_blocks/{id}", remove_block, WRITE_BLOCKS),
    for_officers("GET", "domain_allows", show_allows, READ_ALLOWS),
    for_officers("POST", "domain_allows", add_allow, WRITE_ALLOWS),
    for_officers("GET", "domain_allows/{id}", show_allow, READ_ALLOWS),
    for_officers("DELETE", "domain_allows/{id}", remove_allow, WRITE_ALLOWS),
]
