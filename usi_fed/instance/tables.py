"""The table of what was chosen."""

from sqlalchemy import Column, String, Table

from usi_fed.db.columns import Json, Moment, metadata

instance_choices = Table(  # what is not here is as the settings say
    "instance_choices",
    metadata,
    Column("name", String(40), primary_key=True),  # a field of `model.Choices`, or "revision"
    Column("value", Json, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
