"""What moderators decide and what they are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

Severity = Literal["allow", "noop", "silence", "suspend"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Category = Literal["spam", "legal", "violation", "other"]


class DomainRule(NamedTuple):
    """What holds for a domain and its subdomains. The fields are the columns of `domain_rules`, in order."""

    id: int
    domain: str
    severity: Severity
    reject_media: bool
    reject_reports: bool
    public_comment: str
    private_comment: str
    obfuscate: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides about somebody, None being the command line, and why."""

    by: int | None
    reason: str = ""


class Report(NamedTuple):
    """Somebody reports somebody. The fields are the columns of `reports`, in order."""

    id: int
    uri: str | None
    reporter_id: int
    target_id: int
    post_ids: list[int]
    comment: str
    category: str
    forwarded: bool
    assigned_to: int | None
    resolved_at: datetime | None
    resolved_by: int | None
    created_at: datetime


class LogEntry(NamedTuple):
    """Somebody did something. The fields are the columns of `audit_log`, in order; no actor: the command line."""

    id: int
    actor_id: int | None
    action: str
    target: str
    detail: dict[str, Any] | None
    at: datetime
