"""Tables of the media room."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from usi_fed.db.columns import BigId, Json, Moment, id_column, metadata

media = Table(
    "media",
    metadata,
    id_column(),
    Column("owner_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE")),  # NULL: uploaded, not yet posted
    Column("position", Integer, nullable=False, server_default="0"),
    Column("kind", String(10), nullable=False),  # image, gifv, video, audio, document, unknown
    Column("mime", String(60), nullable=False),
    Column("file", Text),  # name under the media directory; NULL: remote
    Column("preview_file", Text),
    Column("remote_url", Text),
    Column("remote_preview_url", Text),
    Column("size_bytes", BigInteger),
    Column("width", Integer),
    Column("height", Integer),
    Column("preview_width", Integer),
    Column("preview_height", Integer),
    Column("duration_seconds", Float),
    Column("blurhash", String(120)),
    Column("description", Text, nullable=False, server_default=""),
    Column("focus", Json),  # [x, y], each -1 to 1
    Column("created_at", Moment, nullable=False),
    Index("ix_media_post", "post_id", "position"),
)

draft_files = Table(  # uploads that a draft keeps from being swept
    "draft_files",
    metadata,
    Column("media_id", BigId, ForeignKey("media.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("draft_id", BigId, ForeignKey("drafts.id", ondelete="CASCADE"), primary_key=True, index=True),
)

cached_files = Table(  # foreign files kept for a while; bounded, least recently used goes first
    "cached_files",
    metadata,
    Column("url_hash", String(64), primary_key=True),
    Column("file", Text, nullable=False),
    Column("mime", String(60), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("used_at", Moment, nullable=False, index=True),
)
