"""Who may answer a post of ours, with words or with a vote."""

from sqlalchemy import Connection

from usi_fed.actors.blocks_store import is_block_between
from usi_fed.actors.model import Actor
from usi_fed.outbox.recipients import sees
from usi_fed.posts.model import Post


def may_answer(connection: Connection, parent: Post, author: Actor) -> bool:
    """Whether an answer of `author` is taken: under a post of ours only from who sees it and is not blocked there.

    What stands under posts of other servers is theirs to say.
    """
    if not parent.local:
        return True
    is_shut_out = is_block_between(connection, parent.author_id, author.id)
    return not is_shut_out and sees(connection, parent, author)
