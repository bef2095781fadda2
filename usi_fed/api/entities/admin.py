"""What moderators see of people and reports. Spec: ../shared/mastodon-api/openapi.json `AdminAccount` and the like."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from usi_fed.accounts.model import Account, JoinRequest
from usi_fed.actors.model import Actor
from usi_fed.api.entities.accounts import account_entity, role_entity
from usi_fed.clock import iso
from usi_fed.moderation.model import (
    AddressBlock,
    CanonicalEmailBlock,
    DomainRule,
    EmailDomainBlock,
    Report,
)
from usi_fed.urls import Urls

Entity = dict[str, Any]
NOBODY = -99
"""Mastodon's id for a server that speaks for itself."""


def admin_account_entity(actor: Actor, account: Account | None, shown: Entity, *, with_email: bool) -> Entity:
    """Somebody as moderators see them; `shown` is the account as everybody may see it.

    Visitors' addresses are not kept, so there are none. Of other servers' people Mastodon has no e-mail either.
    """
    return {
        "id": str(actor.id),
        "username": actor.username,
        "domain": actor.domain or None,
        "created_at": shown["created_at"],
        "email": account.email if account and with_email else None,
        "ip": None,
        "ips": [],
        "locale": account.locale if account else "",
        "invite_request": None,
        "role": role_entity(account.role if account else "member"),
        "confirmed": account is not None,
        "approved": account.approved if account else True,
        "disabled": account is not None and account.disabled_at is not None,
        "silenced": actor.silenced_at is not None,
        "suspended": actor.suspended_at is not None,
        "sensitized": False,
        "account": shown,
    }


def waiting_entity(request: JoinRequest, urls: Urls) -> Entity:
    """Somebody who waits for an officer's yes. Nothing of them exists, so the account is but what they asked for."""
    address = f"{urls.origin}/moderation/waiting/{request.id}"
    actor = _not_here(request.id, request.username, "", request.name, address, request.created_at)
    return {
        **admin_account_entity(actor, None, account_entity(actor, urls), with_email=False),
        "created_at": iso(request.created_at),
        "email": request.email,
        "locale": request.locale,
        "invite_request": request.reason,
        "approved": False,
    }


def server_entity(host: str, urls: Urls, moment: datetime) -> Entity:
    """A server as whoever has sent a report from there: it hides who it was, and so do we."""
    actor = _not_here(NOBODY, host, host, "", f"https://{host}/", moment)
    return admin_account_entity(actor, None, account_entity(actor, urls), with_email=False)


def admin_report_entity(
    report: Report,
    reporter: Entity,
    target: Entity,
    assigned: Entity | None,
    closed_by: Entity | None,
    statuses: Sequence[Entity],
) -> Entity:
    """A report with everybody who has to do with it. Reports name none of the rules."""
    return {
        "id": str(report.id),
        "action_taken": report.resolved_at is not None,
        "action_taken_at": iso(report.resolved_at) if report.resolved_at else None,
        "category": report.category,
        "comment": report.comment,
        "forwarded": report.forwarded,
        "created_at": iso(report.created_at),
        "updated_at": iso(report.resolved_at or report.created_at),
        "account": reporter,
        "target_account": target,
        "assigned_account": assigned,
        "action_taken_by_account": closed_by,
        "statuses": list(statuses),
        "rules": [],
    }


def domain_block_entity(rule: DomainRule) -> Entity:
    """A rule that limits a server."""
    return {
        "id": str(rule.id),
        "domain": rule.domain,
        "digest": hashlib.sha256(rule.domain.encode()).hexdigest(),
        "created_at": iso(rule.created_at),
        "severity": rule.severity,
        "reject_media": rule.reject_media,
        "reject_reports": rule.reject_reports,
        "private_comment": rule.private_comment or None,
        "public_comment": rule.public_comment or None,
        "obfuscate": rule.obfuscate,
    }


def domain_allow_entity(rule: DomainRule) -> Entity:
    """A rule that lets a server in where only listed ones are dealt with."""
    return {"id": str(rule.id), "domain": rule.domain, "created_at": iso(rule.created_at)}


def email_domain_block_entity(block: EmailDomainBlock) -> Entity:
    """Who tried to join with such an address is not counted."""
    return {"id": str(block.id), "domain": block.domain, "created_at": iso(block.created_at), "history": []}


def canonical_email_block_entity(block: CanonicalEmailBlock) -> Entity:
    """The hash alone."""
    return {"id": str(block.id), "canonical_email_hash": block.email_hash}


def ip_block_entity(block: AddressBlock) -> Entity:
    """What holds for a network."""
    return {
        "id": str(block.id),
        "ip": block.network,
        "severity": block.severity,
        "comment": block.comment,
        "created_at": iso(block.created_at),
        "expires_at": iso(block.expires_at) if block.expires_at else None,
    }


def _not_here(number: int, username: str, domain: str, name: str, address: str, moment: datetime) -> Actor:
    """Somebody for whom there is no actor, as one that has nothing but a name."""
    return Actor(
        id=number,
        uri=address,
        kind="Person",
        username=username,
        username_key=username.lower(),
        domain=domain,
        host=domain,
        name=name,
        summary="",
        summary_source="",
        url=address,
        inbox="",
        shared_inbox=None,
        outbox=None,
        followers_uri=None,
        following_uri=None,
        featured_uri=None,
        icon_url=None,
        icon_description="",
        image_url=None,
        image_description="",
        fields=[],
        emojis=[],
        also_known_as=[],
        attribution_domains=[],
        implements=[],
        moved_to_uri=None,
        moved_at=None,
        locked=False,
        discoverable=False,
        indexable=False,
        memorial=False,
        hides_relations=True,
        followers_count=0,
        following_count=0,
        posts_count=0,
        last_post_at=None,
        published=moment,
        fetched_at=None,
        silenced_at=None,
        suspended_at=None,
        suspended_at_origin=False,
        deleted_at=None,
        revision=0,
    )
