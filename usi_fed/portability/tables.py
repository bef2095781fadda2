"""Tables of what people bring along: files that are worked off line by line, and profiles that are looked at."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from usi_fed.db.columns import BigId, Json, Moment, id_column, metadata

imports = Table(
    "imports",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),  # following, lists, blocks, mutes, domains, bookmarks
    Column("overwrite", Boolean, nullable=False),  # what is not in the file goes
    Column("created_at", Moment, nullable=False),
    Column("begun_at", Moment),  # NULL: only looked at so far
    Column("ended_at", Moment),
)

import_lines = Table(
    "import_lines",
    metadata,
    id_column(),
    Column("import_id", BigId, ForeignKey("imports.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # of the line in the file; 0: not in it
    Column("act", String(10), nullable=False),  # add, remove
    Column("target", Text, nullable=False),  # an address, a domain or the identity of a post
    Column("host", Text, nullable=False),  # who is asked for it
    Column("detail", Json, nullable=False),
    Column("state", String(10), nullable=False),  # waiting, same, done, failed
    Column("reason", String(20), nullable=False, server_default=""),  # why it failed
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment, nullable=False),
    Index("ix_import_lines_due", "import_id", "state", "due_at"),
)

offered_profiles = Table(  # out of an archive, for its owner to take over or not
    "offered_profiles",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("offer", Json, nullable=False),
    Column("created_at", Moment, nullable=False, index=True),
)
