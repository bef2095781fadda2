"""Tables of the outbox."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

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
    Column("next_attempt_at", Moment),  # set when this row, not its host, has to wait
    Column("last_error", Text),
    Column("created_at", Moment, nullable=False),
    Index("ix_deliveries_host", "host", "id"),
)

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

hosts = Table(  # what we know of another server as a receiver; the circuit breaker belongs to the host
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("dialect", String(10)),  # signature dialect that it took last: cavage, rfc9421
    Column("failing_since", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Moment, index=True),
    Column("unavailable_since", Moment),
    Column("last_error", Text),
    Column("last_success_at", Moment),
    Column("software", Json),  # {name, version} from NodeInfo, for people only
)
