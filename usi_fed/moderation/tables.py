"""Tables of moderation."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from usi_fed.db.columns import BigId, Json, Moment, id_column, metadata

domain_rules = Table(
    "domain_rules",
    metadata,
    id_column(),
    Column("domain", Text, nullable=False, unique=True),  # holds for its subdomains too
    Column("severity", String(10), nullable=False),  # allow (allow-list mode), noop, silence, suspend
    Column("reject_media", Boolean, nullable=False, server_default="0"),
    Column("reject_reports", Boolean, nullable=False, server_default="0"),
    Column("public_comment", Text, nullable=False, server_default=""),
    Column("private_comment", Text, nullable=False, server_default=""),
    Column("obfuscate", Boolean, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Column("source_id", BigId),  # the shared list that made it; NULL: people did, and no list undoes it
)

reports = Table(
    "reports",
    metadata,
    id_column(),
    Column("uri", Text, unique=True),
    Column("reporter_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("post_ids", Json, nullable=False, server_default="[]"),
    Column("comment", Text, nullable=False, server_default=""),
    Column("category", String(20), nullable=False, server_default="other"),  # spam, legal, violation, other
    Column("forwarded", Boolean, nullable=False, server_default="0"),
    Column("assigned_to", BigId),
    Column("resolved_at", Moment),
    Column("resolved_by", BigId),
    Column("created_at", Moment, nullable=False),
    Column("copies", Json, nullable=False, server_default="[]"),  # the reported posts as they were, see `model.Copy`
)

report_notes = Table(  # what moderators tell each other about a report
    "report_notes",
    metadata,
    id_column(),
    Column("report_id", BigId, ForeignKey("reports.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("author_id", BigId, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

blocklists = Table(  # files with rules about servers: of others, read again every day, or one that was uploaded
    "blocklists",
    metadata,
    id_column(),
    Column("name", Text, nullable=False),
    Column("url", Text, unique=True),  # NULL: it was uploaded
    Column("applies", Boolean, nullable=False, server_default="0"),  # its harmless changes are made without asking
    Column("due_at", Moment),  # when it is to be read again
    Column("read_at", Moment),
    Column("problem", Text, nullable=False, server_default=""),  # why it could not be read the last time
    Column("created_at", Moment, nullable=False),
)

blocklist_changes = Table(  # what a list would change here, until somebody decides
    "blocklist_changes",
    metadata,
    id_column(),
    Column("list_id", BigId, ForeignKey("blocklists.id", ondelete="CASCADE"), nullable=False),
    Column("domain", Text, nullable=False),
    Column("severity", String(10), nullable=False),  # as of a rule, or `free`: the list has it no more
    Column("reject_media", Boolean, nullable=False, server_default="0"),
    Column("reject_reports", Boolean, nullable=False, server_default="0"),
    Column("public_comment", Text, nullable=False, server_default=""),
    Column("obfuscate", Boolean, nullable=False, server_default="0"),
    Column("is_left_out", Boolean, nullable=False, server_default="0"),  # somebody decided against it
    UniqueConstraint("list_id", "domain"),
)

email_domain_blocks = Table(  # providers whose addresses nobody joins with
    "email_domain_blocks",
    metadata,
    id_column(),
    Column("domain", Text, nullable=False, unique=True),  # holds for its subdomains too
    Column("created_at", Moment, nullable=False),
)

canonical_email_blocks = Table(  # addresses that nobody joins with any more; which they are is not kept
    "canonical_email_blocks",
    metadata,
    id_column(),
    Column("email_hash", String(64), nullable=False, unique=True),  # SHA-256 of the canonical form, hex
    Column("actor_id", BigId, index=True),  # who was shut out with it; NULL: it was given by hand, or they are gone
    Column("created_at", Moment, nullable=False),
)

address_blocks = Table(  # networks from which nobody joins, or nothing is asked at all
    "address_blocks",
    metadata,
    id_column(),
    Column("network", Text, nullable=False, unique=True),  # CIDR, IPv4 or IPv6
    Column("severity", String(30), nullable=False),  # one of `model.AddressSeverity`
    Column("comment", Text, nullable=False, server_default=""),
    Column("expires_at", Moment),
    Column("created_at", Moment, nullable=False),
)

verdicts = Table(  # what was decided about one of ours, and what they have to say to that
    "verdicts",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),  # one of `model.VerdictKind`
    Column("words", Text, nullable=False, server_default=""),  # why, as it was told
    Column("post_id", BigId),
    Column("post_uri", Text, nullable=False, server_default=""),
    Column("decided_by", BigId),  # NULL: the command line
    Column("decided_at", Moment, nullable=False),
    Column("objection", Text),  # NULL: nobody has objected
    Column("objected_by", BigId),
    Column("objected_at", Moment),
    Column("is_accepted", Boolean),  # NULL: nobody has answered the objection
    Column("answer", Text, nullable=False, server_default=""),
    Column("answered_by", BigId),
    Column("answered_at", Moment),
    Index("ix_verdicts_objected_at", "objected_at"),
)

audit_log = Table(
    "audit_log",
    metadata,
    id_column(),
    Column("actor_id", BigId),  # who acted; NULL: the command line
    Column("action", String(40), nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Json),
    Column("at", Moment, nullable=False),
    Column("organisation_id", BigId, index=True),  # in whose name or affairs; NULL: the server's
    Index("ix_audit_log_at", "at"),
)
