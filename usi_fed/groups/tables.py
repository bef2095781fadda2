"""Tables of the groups' room: how a group is led, what was posted to it, and who has read how far."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from usi_fed.db.columns import BigId, Moment, metadata


def _of(name: str, table: str) -> Column[int]:
    return Column(name, BigId, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False, autoincrement=False)


groups = Table(  # what its owners chose; a group without a row is as `store.DEFAULTS`
    "groups",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("admission", String(10), nullable=False),  # open, ask, invited
    Column("posting", String(10), nullable=False),  # members, anyone
    Column("rules", Text, nullable=False, server_default=""),  # sanitised HTML
    Column("rules_source", Text, nullable=False, server_default=""),  # as typed
    Column("how", Text, nullable=False, server_default=""),  # plain text: how one takes part
)

topics = Table(  # a thread in a group, by its first post
    "topics",
    metadata,
    _of("group_id", "actors"),
    _of("post_id", "posts"),
    Column("title", Text, nullable=False),  # plain text
    Column("locked", Boolean, nullable=False, server_default="0"),
    Column("pinned", Integer),  # the order among those shown first; NULL: not pinned
    Column("summary", Text, nullable=False, server_default=""),  # sanitised HTML, by a moderator
    Column("summary_source", Text, nullable=False, server_default=""),
    Column("summary_by", BigId),
    Column("summary_at", Moment),
    Column("posts_count", Integer, nullable=False, server_default="1"),
    Column("last_post_at", Moment, nullable=False),
    PrimaryKeyConstraint("group_id", "post_id"),
    Index("ix_topics_latest", "group_id", "last_post_at"),
    Index("ix_topics_post", "post_id"),
)

group_posts = Table(  # what was sent to a group, and what became of it
    "group_posts",
    metadata,
    _of("group_id", "actors"),
    _of("post_id", "posts"),
    Column("topic_id", BigId, nullable=False),  # the first post of its thread in the group; its own: it begins one
    Column("state", String(10), nullable=False),  # accepted, waiting, refused, removed
    Column("decided_by", BigId),  # NULL: nobody had to
    Column("reason", Text, nullable=False, server_default=""),
    Column("at", Moment, nullable=False),  # when it came, or was accepted
    Column("activity", Text),  # the Create as received, while it waits
    PrimaryKeyConstraint("group_id", "post_id"),
    Index("ix_group_posts_state", "group_id", "state", "at"),
    Index("ix_group_posts_topic", "group_id", "topic_id", "at"),
    Index("ix_group_posts_post", "post_id"),
)

passed_on = Table(  # what a group has announced: never again, also when the post is gone
    "passed_on",
    metadata,
    _of("group_id", "actors"),
    Column("uri", Text, nullable=False),  # of the object for a new post, of the activity for everything else
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("group_id", "uri"),
)

group_moderators = Table(  # who looks after groups of other servers, as these say
    "group_moderators",
    metadata,
    _of("group_id", "actors"),
    Column("uri", Text, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("group_id", "uri"),
)

group_reports = Table(  # reports about posts in a group, as those see them who look after it
    "group_reports",
    metadata,
    _of("group_id", "actors"),
    Column(
        "report_id",
        BigId,
        ForeignKey("reports.id", ondelete="CASCADE"),
        nullable=False,
        autoincrement=False,
        index=True,
    ),
    Column("settled_at", Moment),
    Column("settled_by", BigId),  # NULL with a moment: by the command line
    PrimaryKeyConstraint("group_id", "report_id"),
)

group_digests = Table(  # who wants to hear by mail what is new in their groups
    "group_digests",
    metadata,
    Column(
        "person_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("sent_at", Moment, nullable=False, index=True),  # when the last one was, or since when it is wanted
)

read_marks = Table(  # up to when somebody has read a topic
    "read_marks",
    metadata,
    _of("person_id", "actors"),
    _of("topic_id", "posts"),
    Column("read_to", Moment, nullable=False),
    PrimaryKeyConstraint("person_id", "topic_id"),
    Index("ix_read_marks_topic", "topic_id"),
)
