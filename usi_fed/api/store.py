"""SQL that only the client API asks."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from usi_fed.actors.tables import actors
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.media.model import Media
from usi_fed.media.tables import media
from usi_fed.posts.model import Post
from usi_fed.posts.tables import posts
from usi_fed.posts.visibility import visible_to


def quotes_of(connection: Connection, post_id: int, viewer_id: int | None, window: Window) -> list[Post]:
    """The posts that quote a post with its author's leave, as far as the viewer may see them, newest first."""
    statement = select(posts).where(
        posts.c.quote_of_id == post_id, posts.c.quote_state == "accepted", visible_to(viewer_id)
    )
    rows = connection.execute(windowed(statement, posts.c.id, window)).all()
    return [Post(*row) for row in newest_first(rows, window)]


def find_media(connection: Connection, media_ids: Collection[int]) -> dict[int, Media]:
    """Those of the files that still exist, by id."""
    if not media_ids:
        return {}
    rows = connection.execute(select(media).where(media.c.id.in_(media_ids)))
    return {row[0]: Media(*row) for row in rows}


# ---- the server ----


def peers(connection: Connection) -> list[str]:
    """The domains of the actors that are known here, in alphabetical order; those of suspended ones are not."""
    statement = (
        select(actors.c.domain)
        .where(actors.c.domain != "", actors.c.suspended_at.is_(None))
        .distinct()
        .order_by("domain")
    )
    return list(connection.execute(statement).scalars())


def count_peers(connection: Connection) -> int:
    """How many domains are known here."""
    statement = select(func.count(actors.c.domain.distinct())).where(actors.c.domain != "")
    return connection.execute(statement).scalar_one()
