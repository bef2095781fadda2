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
    source_id: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides about somebody, None being the command line, and why.

    `blocks_email`: who is shut out or deleted must not come back with the same e-mail address.
    """

    by: int | None
    reason: str = ""
    blocks_email: bool = False


class EmailDomainBlock(NamedTuple):
    """A provider whose addresses nobody joins with. The fields are the columns of `email_domain_blocks`, in order."""

    id: int
    domain: str
    created_at: datetime


class CanonicalEmailBlock(NamedTuple):
    """An address that nobody joins with. The fields are the columns of `canonical_email_blocks`, in order.

    `actor_id` is who was shut out with it, as long as they are known.
    """

    id: int
    email_hash: str
    actor_id: int | None
    created_at: datetime


AddressSeverity = Literal["sign_up_requires_approval", "sign_up_block", "no_access"]
ADDRESS_SEVERITIES: tuple[AddressSeverity, ...] = get_args(AddressSeverity)


class AddressBlock(NamedTuple):
    """What holds for a network. The fields are the columns of `address_blocks`, in order."""

    id: int
    network: str
    severity: AddressSeverity
    comment: str
    expires_at: datetime | None
    created_at: datetime


VerdictKind = Literal["warned", "limited", "shut-out", "disabled", "post-deleted", "post-covered"]


class Verdict(NamedTuple):
    """What was decided about one of ours. The fields are the columns of `verdicts`, in order.

    `words` is why, as it was told; `objection` what they say to it, None: nothing; `is_accepted` what became of that,
    None: it waits. Of an organisation, `objected_by` is the owner who wrote it.
    """

    id: int
    actor_id: int
    kind: VerdictKind
    words: str
    post_id: int | None
    post_uri: str
    decided_by: int | None
    decided_at: datetime
    objection: str | None = None
    objected_by: int | None = None
    objected_at: datetime | None = None
    is_accepted: bool | None = None
    answer: str = ""
    answered_by: int | None = None
    answered_at: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether somebody has objected and has no answer."""
        return self.objection is not None and self.is_accepted is None


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
    copies: list[dict[str, Any]]

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return self.resolved_at is None


@dataclass(frozen=True, slots=True)
class Copy:
    """A reported post as it was when it was reported: what is written may be changed or deleted later.

    `content` is the sanitised HTML of the post, `files` how many pictures and the like it had.
    """

    id: int
    uri: str
    visibility: str
    published: str
    title: str
    warning: str
    content: str
    files: int


class Note(NamedTuple):
    """What a moderator writes to the others about a report. The fields are the columns of `report_notes`, in order."""

    id: int
    report_id: int
    author_id: int
    text: str
    created_at: datetime


class Blocklist(NamedTuple):
    """A file with rules about servers. The fields are the columns of `blocklists`, in order."""

    id: int
    name: str
    url: str | None
    applies: bool
    due_at: datetime | None
    read_at: datetime | None
    problem: str
    created_at: datetime


class Change(NamedTuple):
    """What a list would change here. The fields are the columns of `blocklist_changes`, in order.

    `severity` is that of the rule, or "free": the rule that the list made goes.
    """

    id: int
    list_id: int
    domain: str
    severity: str
    reject_media: bool
    reject_reports: bool
    public_comment: str
    obfuscate: bool
    is_left_out: bool


class LogEntry(NamedTuple):
    """Somebody did something. The fields are the columns of `audit_log`, in order; no actor: the command line.

    `organisation_id` is the organisation in whose name or affairs it was done, None: the server's.
    """

    id: int
    actor_id: int | None
    action: str
    target: str
    detail: dict[str, Any] | None
    at: datetime
    organisation_id: int | None = None
