"""Tables of the posts' room."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from usi_fed.db.columns import BigId, Json, Moment, id_column, metadata

posts = Table(
    "posts",
    metadata,
    id_column(),  # made from `published`, so that order of id is order of time
    Column("uri", Text, nullable=False, unique=True),  # of an Announce: the activity's
    Column("url", Text),
    Column("kind", String(20), nullable=False),  # Note, Question, Article, Page, Event, Video, Audio, Image, Announce
    Column("author_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("local", Boolean, nullable=False),
    Column("visibility", String(10), nullable=False),  # public, unlisted, private (followers), direct
    Column("local_only", Boolean, nullable=False, server_default="0"),
    Column("boost_of_id", BigId, ForeignKey("posts.id", ondelete="CASCADE")),
    Column("in_reply_to_id", BigId, ForeignKey("posts.id", ondelete="SET NULL"), index=True),
    Column("in_reply_to_uri", Text),  # kept while the parent is unknown
    Column("in_reply_to_author_id", BigId),
    Column("thread_id", BigId, nullable=False),  # id of the thread's first post that we know
    Column("context_uri", Text),
    Column("title", Text, nullable=False, server_default=""),  # plain text; articles and pages
    Column("warning", Text, nullable=False, server_default=""),  # plain text: `summary` of a Note
    Column("content", Text, nullable=False, server_default=""),  # sanitised HTML
    Column("source", Text),  # as typed, ours only
    Column("source_type", String(20)),  # text/plain, text/markdown
    Column("language", String(35)),
    Column("sensitive", Boolean, nullable=False, server_default="0"),
    Column("emojis", Json, nullable=False, server_default="[]"),
    Column("published", Moment, nullable=False),
    Column("edited_at", Moment),
    Column("replies_count", Integer, nullable=False, server_default="0"),
    Column("boosts_count", Integer, nullable=False, server_default="0"),
    Column("likes_count", Integer, nullable=False, server_default="0"),
    Column("origin_likes_count", Integer),  # what a foreign post's own server claims
    Column("origin_boosts_count", Integer),
    Column("replies_uri", Text),  # the origin's collection, for backfill
    Column("replies_fetched_at", Moment),
    Column("quote_uri", Text),
    Column("quote_of_id", BigId, ForeignKey("posts.id", ondelete="SET NULL"), index=True),
    Column("quote_state", String(10)),  # pending, accepted, rejected, revoked
    Column("quote_stamp_uri", Text),
    Column("quote_policy", String(10), nullable=False, server_default="public"),  # public, followers, nobody
    Column("application_id", BigId),
    Column("to_uris", Json, nullable=False, server_default="[]"),  # as received or as sent
    Column("cc_uris", Json, nullable=False, server_default="[]"),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("wordings", Json, nullable=False, server_default="[]"),  # [{language, content, title, warning, source}]
    Column("level", String(10), nullable=False, server_default=""),  # movement, circle; empty: what `visibility` says
    Index("ix_posts_author", "author_id", "id"),
    Index("ix_posts_thread", "thread_id", "id"),
    Index("ix_posts_boost", "boost_of_id", "author_id", unique=True, sqlite_where=text("boost_of_id IS NOT NULL"),
          postgresql_where=text("boost_of_id IS NOT NULL")),
    Index("ix_posts_parent_uri", "in_reply_to_uri",
          sqlite_where=text("in_reply_to_id IS NULL AND in_reply_to_uri IS NOT NULL"),
          postgresql_where=text("in_reply_to_id IS NULL AND in_reply_to_uri IS NOT NULL")),
    Index("ix_posts_public", "id", sqlite_where=text("visibility = 'public' AND boost_of_id IS NULL"),
          postgresql_where=text("visibility = 'public' AND boost_of_id IS NULL")),
    Index("ix_posts_local", "local", "id", sqlite_where=text("visibility = 'public' AND boost_of_id IS NULL"),
          postgresql_where=text("visibility = 'public' AND boost_of_id IS NULL")),
)  # fmt: skip

mentions = Table(
    "mentions",
    metadata,
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("silent", Boolean, nullable=False, server_default="0"),  # addressed without being named in the text
)

post_circles = Table(  # the groups and organisations whose people may read a post of the level circle
    "post_circles",
    metadata,
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, index=True),
)

tags = Table(
    "tags",
    metadata,
    id_column(),
    Column("name", Text, nullable=False, unique=True),  # normalised
    Column("display_name", Text, nullable=False),
    Column("last_used_at", Moment),
)

post_tags = Table(
    "post_tags",
    metadata,
    Column("tag_id", BigId, ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, index=True),
)

followed_tags = Table(
    "followed_tags",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", BigId, ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("created_at", Moment, nullable=False),
)

likes = Table(
    "likes",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False),
    Column("uri", Text, nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("actor_id", "post_id"),
    Index("ix_likes_post", "post_id", "id"),
)

bookmarks = Table(
    "bookmarks",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False, index=True),
    UniqueConstraint("actor_id", "post_id"),
)

pins = Table(  # a post that its author shows first, ours and others' (`featured`)
    "pins",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False, index=True),
    UniqueConstraint("actor_id", "post_id"),
)

thread_mutes = Table(
    "thread_mutes",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("thread_id", BigId, primary_key=True),
)

polls = Table(
    "polls",
    metadata,
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("multiple", Boolean, nullable=False),
    Column("hides_totals", Boolean, nullable=False, server_default="0"),
    Column("ends_at", Moment),
    Column("closed_at", Moment),  # its end has been announced
    Column("voters_count", Integer, nullable=False, server_default="0"),
    Column("options", Json, nullable=False),  # [{title, votes}]
    Index("ix_polls_ends", "ends_at"),
)

poll_votes = Table(
    "poll_votes",
    metadata,
    id_column(),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("choice", Integer, nullable=False),
    Column("uri", Text, nullable=False),
    UniqueConstraint("post_id", "actor_id", "choice"),
)

post_versions = Table(  # what a post was before an edit; the newest is the post itself
    "post_versions",
    metadata,
    id_column(),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("content", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("warning", Text, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("media", Json, nullable=False),  # [{id, description}]
    Column("poll_options", Json),
    Column("emojis", Json, nullable=False),
    Column("wordings", Json, nullable=False, server_default="[]"),
)

drafts = Table(  # what is not published yet; with `scheduled_at`, what will be by itself
    "drafts",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("form_key", String(64)),  # the form or the request that made it: sent twice, it makes one
    Column("draft", Json, nullable=False),  # as `kept_drafts.to_json` gives it
    Column("scheduled_at", Moment, index=True),
    Column("application_id", BigId),
    Column("problem", String(20), nullable=False, server_default=""),  # why it was not published at its time
    Column("changed_at", Moment, nullable=False),
    Column("written_by", BigId),  # the officer, when the actor is an organisation
    UniqueConstraint("actor_id", "form_key"),
)

machine_translations = Table(  # kept for a while; public posts only
    "machine_translations",
    metadata,
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("language", String(35), primary_key=True),
    Column("source_hash", String(64), nullable=False),
    Column("translation", Json, nullable=False),
    Column("made_at", Moment, nullable=False, index=True),
)

tombstones = Table(  # an id that was deleted can never come back
    "tombstones",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("author_uri", Text, nullable=False),  # who deleted it: another's tombstone does not bind
    Column("former_kind", String(20), nullable=False, server_default="Note"),
    Column("deleted_at", Moment, nullable=False),
)

quote_stamps = Table(  # QuoteAuthorization (FEP-044f) that our authors gave, or took back for good
    "quote_stamps",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("quote_uri", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    UniqueConstraint("post_id", "quote_uri"),
)
