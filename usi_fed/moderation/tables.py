"""Tables of moderation."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

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
    Index("ix_audit_log_at", "at"),
)
