"""Whether a post may quote what it quotes: the quoted author's own server has to say so.

Spec: FEP-044f, "Verifying a quote"; `../shared/interop/security.md` section 2, "quote stamps"
"""

from collections.abc import Awaitable, Callable

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.lenient import has_type, uri_of
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.db.database import Database
from usi_fed.db.turns import in_turn
from usi_fed.errors import NotFound
from usi_fed.inbox.fetching import Fetching
from usi_fed.posts.model import Post
from usi_fed.posts.stamps_store import find_stamp_of, is_revoked
from usi_fed.posts.store import change_post, find_post, get_post


class Quotes:
    """Looks up stamps. `when_settled` are told the id of a post of ours whose quote has been allowed."""

    def __init__(self, database: Database, client: Client, fetching: Fetching) -> None:
        self._database = database
        self._client = client
        self._fetching = fetching
        self.when_settled: list[Callable[[int], Awaitable[None]]] = []

    async def check(self, post_id: int, hinted_by: str | None = None) -> None:
        """Find out about the quote of one post; without a valid stamp it stays as it is.

        `hinted_by` is as for `Fetching.fetch_post`.

        Raises:
            Gone, RemoteRefused, RemoteUnavailable: the quoted post or the stamp cannot be had.
        """
        post = await self._database.read(_find, post_id)
        if post is None or post.quote_uri is None or post.quote_state in ("accepted", "revoked"):
            return
        quoted = await self._fetching.fetch_post(post.quote_uri, hinted_by=hinted_by, for_quote=True)
        author = await self._database.read(get_actor, quoted.author_id)
        if quoted.is_boost or not await self._is_allowed(post, quoted, author):
            return
        # In the author's turn: who revokes the quote at this moment is not overruled.
        is_accepted = await self._database.write(in_turn(_allow, author.id), post.id, quoted.id)
        if is_accepted and post.local:
            for tell in self.when_settled:
                await tell(post.id)

    async def _is_allowed(self, post: Post, quoted: Post, author: Actor) -> bool:
        if quoted.author_id == post.author_id:
            return True
        if quoted.local:
            return await self._database.read(find_stamp_of, quoted.id, post.uri) is not None
        stamp_uri = post.quote_stamp_uri
        if stamp_uri is None or not same_origin(stamp_uri, author.uri):
            return False
        stamp = (await self._client.fetch_document(stamp_uri)).json
        return (
            has_type(stamp, "QuoteAuthorization")
            and uri_of(stamp.get("attributedTo")) == author.uri
            and uri_of(stamp.get("interactingObject")) == post.uri
            and uri_of(stamp.get("interactionTarget")) == quoted.uri
        )


def _find(connection: Connection, post_id: int) -> Post | None:
    try:
        return get_post(connection, post_id)
    except NotFound:
        return None


def _allow(connection: Connection, post_id: int, quoted_id: int) -> bool:
    post = _find(connection, post_id)
    if post is None or post.quote_state == "revoked" or find_post(connection, post.quote_uri or "") is None:
        return False
    if is_revoked(connection, quoted_id, post.uri):
        return False
    change_post(connection, post_id, quote_of_id=quoted_id, quote_state="accepted")
    return True
