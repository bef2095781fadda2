"""Tables of the timelines' room."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from usi_fed.db.columns import BigId, Json, Moment, id_column, metadata

home_entries = Table(  # written when a post arrives, so that reading is one index walk
    "home_entries",
    metadata,
    Column("owner_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

notifications = Table(
    "notifications",
    metadata,
    id_column(),
    Column("owner_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    # mention, status, reblog, follow, follow_request, favourite, poll, update, quote, admin.sign_up, admin.report,
    # affiliation.offer, affiliation.answer, affiliation.end
    Column("kind", String(20), nullable=False),
    Column("from_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), index=True),
    Column("report_id", BigId),
    Column("created_at", Moment, nullable=False),
    Column("organisation_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), index=True),
    Index("ix_notifications_owner", "owner_id", "id"),
    Index("ix_notifications_from", "from_id", "owner_id", "id"),
    UniqueConstraint("owner_id", "kind", "from_id", "post_id"),
)

lists = Table(
    "lists",
    metadata,
    id_column(),
    Column("owner_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("replies_policy", String(10), nullable=False, server_default="list"),  # list, followed, none
    Column("exclusive", Boolean, nullable=False, server_default="0"),  # its members leave the home timeline
)

list_members = Table(
    "list_members",
    metadata,
    Column("list_id", BigId, ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, index=True),
)

markers = Table(
    "markers",
    metadata,
    Column("owner_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("timeline", String(20), primary_key=True),  # home, notifications
    Column("last_read_id", BigId, nullable=False),
    Column("version", BigId, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

filters = Table(
    "filters",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("contexts", Json, nullable=False),  # of home, notifications, public, thread, account
    Column("action", String(10), nullable=False),  # warn, hide, blur
    Column("expires_at", Moment),
)

filter_keywords = Table(
    "filter_keywords",
    metadata,
    id_column(),
    Column("filter_id", BigId, ForeignKey("filters.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("keyword", Text, nullable=False),
    Column("whole_word", Boolean, nullable=False),
)

filter_statuses = Table(
    "filter_statuses",
    metadata,
    id_column(),
    Column("filter_id", BigId, ForeignKey("filters.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False, index=True),
    UniqueConstraint("filter_id", "post_id"),
)
