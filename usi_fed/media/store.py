"""Attachments and the cache of foreign files, in the database."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, select, update

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors
from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.instance.store import is_badge
from usi_fed.media.model import Media
from usi_fed.media.tables import cached_files, draft_files, media
from usi_fed.sentences import Sentence

_OF_POSTS = (
    select(media)
    .where(media.c.post_id.in_(bindparam("posts", expanding=True)))
    .order_by(media.c.post_id, media.c.position)
)


def add_media(connection: Connection, values: Mapping[str, Any]) -> Media:
    """Store an attachment; `id` and `created_at` are the caller's or made here."""
    row = {"id": new_id(), **values}
    stored = connection.execute(media.insert().values(row).returning(*media.c)).one()
    return Media(*stored)


def add_remote_media(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store the attachments of a foreign post."""
    if rows:
        connection.execute(media.insert(), [{"id": new_id(), **row} for row in rows])


def get_media(connection: Connection, media_id: int) -> Media:
    """The attachment with this id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(media).where(media.c.id == media_id)).first()
    if row is None:
        raise NotFound(f"no media {media_id}")
    return Media(*row)


def get_own_media(connection: Connection, media_id: int, owner_id: int) -> Media:
    """The attachment, if it is this owner's.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = get_media(connection, media_id)
    if found.owner_id != owner_id:
        raise NotFound(f"media {media_id} is not of actor {owner_id}")
    return found


def change_media(connection: Connection, media_id: int, **changes: Any) -> Media:  # noqa: ANN401 - columns of `media`
    """Change columns of an attachment."""
    statement = update(media).where(media.c.id == media_id).values(**changes).returning(*media.c)
    return Media(*connection.execute(statement).one())


def media_of(connection: Connection, post_ids: Iterable[int]) -> dict[int, list[Media]]:
    """The attachments of posts, each post's in its author's order."""
    wanted = sorted(set(post_ids))
    found: dict[int, list[Media]] = {}
    for row in connection.execute(_OF_POSTS, {"posts": wanted}) if wanted else ():
        found.setdefault(row.post_id, []).append(Media(*row))
    return found


def attach(connection: Connection, media_ids: Sequence[int], owner_id: int, post_id: int) -> list[Media]:
    """Give uploads to a post, in this order; uploads the post had and that are not named are set free.

    Raises:
        InvalidInput: one of them is not this owner's, or belongs to another post.
    """
    connection.execute(
        update(media).where(media.c.post_id == post_id, media.c.id.not_in(media_ids)).values(post_id=None)
    )
    attached = []
    for position, media_id in enumerate(media_ids):
        found = connection.execute(
            update(media)
            .where(media.c.id == media_id, media.c.owner_id == owner_id)
            .where(media.c.post_id.is_(None) | (media.c.post_id == post_id))
            .values(post_id=post_id, position=position)
            .returning(*media.c)
        ).first()
        if found is None:
            raise InvalidInput(
                "media_ids", Sentence("%(id)s is not an upload of yours that is free to use", id=media_id)
            )
        attached.append(Media(*found))
    return attached


def delete_media(connection: Connection, media_ids: Sequence[int]) -> None:
    """Forget attachments; their files go with the next upkeep, when nothing names them."""
    connection.execute(delete(media).where(media.c.id.in_(media_ids)))


def drop_media_of(connection: Connection, post_id: int) -> None:
    """Forget the attachments of a foreign post, to store them anew."""
    connection.execute(delete(media).where(media.c.post_id == post_id))


def stale_uploads(connection: Connection, before: datetime, limit: int) -> list[Media]:
    """Uploads that were never posted and that no draft keeps."""
    statement = (
        select(media)
        .where(media.c.post_id.is_(None), media.c.created_at < before, media.c.file.is_not(None))
        .where(~exists().where(draft_files.c.media_id == media.c.id))
        .order_by(media.c.id)
        .limit(limit)
    )
    return [Media(*row) for row in connection.execute(statement)]


def keep_for_draft(connection: Connection, owner_id: int, draft_id: int, media_ids: Sequence[int]) -> None:
    """Keep the owner's uploads for a draft, and none but these."""
    connection.execute(delete(draft_files).where(draft_files.c.draft_id == draft_id))
    rows = [{"media_id": file.id, "draft_id": draft_id} for file in own_files(connection, owner_id, media_ids)]
    if rows:
        connection.execute(draft_files.insert(), rows)


def own_files(connection: Connection, owner_id: int, media_ids: Sequence[int]) -> list[Media]:
    """Those of the files that are the owner's, in this order."""
    rows = connection.execute(select(media).where(media.c.id.in_(media_ids), media.c.owner_id == owner_id))
    found = {row[0]: Media(*row) for row in rows}
    return [found[media_id] for media_id in media_ids if media_id in found]


def abandon_uploads(connection: Connection, owner_id: int) -> None:
    """What somebody uploaded and did not post goes with the next sweep, and what they wrote about it now."""
    mine = media.update().where(media.c.owner_id == owner_id, media.c.post_id.is_(None))
    connection.execute(mine.values(description="", created_at=datetime.fromtimestamp(0, UTC)))


def abandon_files_of(connection: Connection, post_id: int) -> None:
    """The files of a post of ours that is being deleted go with the next sweep; its attachments go with the post."""
    for file in media_of(connection, [post_id]).get(post_id, []):
        if file.file is not None:
            _abandon(connection, file.owner_id, file.file, file.preview_file)


def abandon_pictures(connection: Connection, actor: Actor) -> None:
    """The pictures of an actor of ours that is being deleted go with the next sweep, unless another has the same."""
    for name in filter(None, (actor.icon_url, actor.image_url)):
        _abandon(connection, actor.id, name)


def keep_for_now(connection: Connection, owner_id: int, name: str, now: datetime) -> None:
    """A stored picture goes with a later sweep, as an upload that is not posted, unless a profile has it by then."""
    _book(connection, owner_id, name, now)


def _abandon(connection: Connection, owner_id: int, name: str, preview: str | None = None) -> None:
    """Book a stored file as an upload that nobody knows of and that is too old."""
    _book(connection, owner_id, name, datetime.fromtimestamp(0, UTC), preview)


def _book(connection: Connection, owner_id: int, name: str, at: datetime, preview: str | None = None) -> None:
    row = {"owner_id": owner_id, "kind": "unknown", "mime": "", "created_at": at}
    add_media(connection, row | {"file": name, "preview_file": preview})


def is_file_in_use(connection: Connection, name: str) -> bool:
    """Whether any attachment or profile names this stored file, or it is the badge of the server."""
    attached = select(media.c.id).where((media.c.file == name) | (media.c.preview_file == name))
    shown = select(actors.c.id).where(actors.c.host == "", (actors.c.icon_url == name) | (actors.c.image_url == name))
    named = any(connection.execute(statement.limit(1)).first() is not None for statement in (attached, shown))
    return named or is_badge(connection, name)


# ---- the cache of foreign files ----


def find_cached(connection: Connection, url_hash: str) -> tuple[str, str] | None:
    """The file name and media type of a cached foreign file."""
    statement = select(cached_files.c.file, cached_files.c.mime).where(cached_files.c.url_hash == url_hash)
    row = connection.execute(statement).first()
    return None if row is None else (row[0], row[1])


def put_cached(connection: Connection, url_hash: str, file: str, mime: str, size_bytes: int, now: datetime) -> None:
    """Remember a cached foreign file, or that it was used again."""
    values = {"url_hash": url_hash, "file": file, "mime": mime, "size_bytes": size_bytes, "used_at": now}
    statement = insert(connection, cached_files).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["url_hash"], set_={"used_at": now}))


def forget_least_used(connection: Connection, keep_bytes: int) -> list[str]:
    """Drop the least recently used cache rows until the rest fits; gives the names of files to delete."""
    total = connection.execute(select(func.coalesce(func.sum(cached_files.c.size_bytes), 0))).scalar_one()
    dropped: list[str] = []
    oldest = connection.execute(select(cached_files).order_by(cached_files.c.used_at)) if total > keep_bytes else ()
    for row in oldest:
        if total <= keep_bytes:
            break
        total -= row.size_bytes
        dropped.append(row.file)
        connection.execute(delete(cached_files).where(cached_files.c.url_hash == row.url_hash))
    return dropped
