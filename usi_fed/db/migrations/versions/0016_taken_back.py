"""Quotes that were revoked are remembered; polls whose post is none any more are forgotten."""

import sqlalchemy as sa
from alembic import op

from usi_fed.db import columns

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# A revoked quote's stamp was deleted, so the quoting post is all that tells of it; when that was, nobody noted.
_REMEMBER_REVOKED = """
    INSERT INTO quote_stamps (id, actor_id, post_id, quote_uri, created_at, revoked_at)
    SELECT quote.id, quoted.author_id, quoted.id, quote.uri, quote.published, quote.published
    FROM posts AS quote JOIN posts AS quoted ON quoted.id = quote.quote_of_id
    WHERE quoted.local AND quote.quote_state = 'revoked'
    ON CONFLICT DO NOTHING
"""
_FORGET_VOTES = "DELETE FROM poll_votes WHERE post_id IN (SELECT id FROM posts WHERE kind <> 'Question')"
_FORGET_POLLS = "DELETE FROM polls WHERE post_id IN (SELECT id FROM posts WHERE kind <> 'Question')"


def upgrade() -> None:
    """Make the column, fill it with what is known, and remove the polls that nobody sees."""
    op.add_column("quote_stamps", sa.Column("revoked_at", columns.Moment(), nullable=True))
    for statement in (_REMEMBER_REVOKED, _FORGET_VOTES, _FORGET_POLLS):
        op.execute(statement)


def downgrade() -> None:
    """Forget what was revoked; the polls that were removed do not come back."""
    op.execute("DELETE FROM quote_stamps WHERE revoked_at IS NOT NULL")
    op.drop_column("quote_stamps", "revoked_at")
