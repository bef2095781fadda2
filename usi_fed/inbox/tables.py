"""Tables of the inbox."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint, text

from usi_fed.db.columns import BigId, Moment, id_column, metadata

receipts = Table(  # an activity that was accepted; the body goes when it has been acted on, the row after 30 days
    "receipts",
    metadata,
    id_column(),
    Column("sender_uri", Text, nullable=False),
    Column("activity_uri", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("body", LargeBinary),
    Column("addressed_to", BigId),  # the local actor whose own inbox it came to; NULL: the shared inbox
    Column("shard", Integer, nullable=False),  # of the sender: one worker at a time, so a sender's order is kept
    Column("state", String(10), nullable=False),  # waiting, held (until next_attempt_at), done, parked
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Moment),
    Column("reason", Text),  # of the last failure; of being ignored or parked
    Column("signed_at", Moment, nullable=False),  # tells a repeated activity from a copy of the old request
    Column("received_at", Moment, nullable=False),
    UniqueConstraint("sender_uri", "activity_uri"),
    Index("ix_receipts_waiting", "id", "shard", sqlite_where=text("state = 'waiting'"),
          postgresql_where=text("state = 'waiting'")),
    Index("ix_receipts_set_aside", "state", "id", sqlite_where=text("state IN ('held', 'parked')"),
          postgresql_where=text("state IN ('held', 'parked')")),
    Index("ix_receipts_due", "next_attempt_at", sqlite_where=text("state = 'held'"),
          postgresql_where=text("state = 'held'")),
    Index("ix_receipts_held_sender", "sender_uri", sqlite_where=text("state = 'held'"),
          postgresql_where=text("state = 'held'")),
)  # fmt: skip
