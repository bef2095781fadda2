"""Tables of the outbox."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from usi_fed.db.columns import BigId, Json, Moment, id_column, metadata

activities = Table(  # kept while a delivery waits, and for the public outbox
    "activities",
    metadata,
    id_column(),
    Column("uri", Text, nullable=False, unique=True),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("object_uri", Text),
    Column("post_id", BigId),  # a queued Create or Update is sent as the post is when it is sent
    Column("body", Text, nullable=False),  # the JSON as it goes out
    Column("synchronises_followers", Boolean, nullable=False, server_default="0"),  # FEP-8fcf header
    Column("created_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),  # grows when the body is rendered anew
    Index("ix_activities_object", "object_uri"),
)

deliveries = Table(  # one row for each activity and inbox; gone when it arrived or was given up
    "deliveries",
    metadata,
    id_column(),  # its order is the order of sending
    Column("activity_id", BigId, ForeignKey("activities.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("host", Text, nullable=False),
    Column("inbox", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("refusals", Integer, nullable=False, server_default="0"),  # the same refusal of this very delivery in a row
    Column("aside", Boolean, nullable=False, server_default="0"),  # its lane no longer waits for it
    Column("next_attempt_at", Moment),  # set when this row, not its host, has to wait
    Column("last_error", Text),
    Column("created_at", Moment, nullable=False),
    Index("ix_deliveries_host", "host", "id"),
    Index("ix_deliveries_later", "host", "next_attempt_at", sqlite_where=text("next_attempt_at IS NOT NULL"),
          postgresql_where=text("next_attempt_at IS NOT NULL")),
)  # fmt: skip

given_up = Table(  # deliveries that were refused for good, for the admin's eyes; pruned
    "given_up",
    metadata,
    id_column(),
    Column("activity_uri", Text, nullable=False),
    Column("inbox", Text, nullable=False),
    Column("host", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

departures = Table(  # to which servers a post of ours was sent, for its author's eyes; pruned
    "departures",
    metadata,
    Column("activity_uri", Text, primary_key=True),
    Column("post_id", BigId, nullable=False, index=True),
    Column("hosts", Json, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

hosts = Table(  # what we know of another server as a receiver; the circuit breaker belongs to the host
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("dialect", String(10)),  # signature dialect that it took last: cavage, rfc9421
    Column("failing_since", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Moment, index=True),  # while it fails
    Column("not_before", Moment),  # its own Retry-After
    Column("last_attempt_at", Moment),
    Column("unavailable_since", Moment),
    Column("last_error", Text),
    Column("last_success_at", Moment),
    Column("software", Json),  # {name, version} from NodeInfo, for people only
)

confided = Table(  # every inbox that a post for few went to: it must also hear of its end, whoever may read it by then
    "confided",
    metadata,
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("inbox", Text, primary_key=True),
    sqlite_with_rowid=False,
)

reached = Table(  # every inbox that a local actor's public posts ever went to: it must also hear of their end
    "reached",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("inbox", Text, primary_key=True),
    sqlite_with_rowid=False,
)
