"""The table of backups that were asked for on a page. It is no part of a backup."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from usi_fed.db.columns import Moment, id_column, metadata

backups = Table(
    "backups",
    metadata,
    id_column(),
    Column("state", String(10), nullable=False, server_default="asked"),  # asked, done, failed
    Column("asked_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("file", Text),  # name in the folder `backups` of the data directory
    Column("size_bytes", BigInteger),
    Column("fault", String(20)),  # why it failed: room, broken
)
