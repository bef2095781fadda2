"""Who may quote what.

Spec: FEP-044f
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from usi_fed.actors.follows_store import find_follow
from usi_fed.actors.model import Actor
from usi_fed.errors import InvalidInput, NotAllowed
from usi_fed.posts.model import Draft, Post, QuoteState
from usi_fed.posts.visibility import get_visible
from usi_fed.sentences import Sentence


def find_quoted(connection: Connection, draft: Draft, author: Actor) -> Post | None:
    """The post that a draft quotes, if it quotes one.

    Raises:
        NotFound: it is not visible to the author.
        InvalidInput: it is a boost.
        NotAllowed: its author does not allow it.
    """
    if draft.quote_of_id is None:
        return None
    quoted = get_visible(connection, draft.quote_of_id, author.id)
    if quoted.is_boost:
        raise InvalidInput("quoted_status_id", "a boost cannot be quoted")
    if not quoted.is_public and (quoted.author_id != author.id or quoted.level):
        raise NotAllowed(Sentence("only public posts can be quoted"))
    if quoted.local and not may_quote(connection, quoted, author.id):
        raise NotAllowed(Sentence("the author does not allow quotes of this post"))
    return quoted


def may_quote(connection: Connection, quoted: Post, actor_id: int) -> bool:
    """Whether the policy of a local author's post lets this actor quote it.

    Spec: FEP-044f, `interactionPolicy.canQuote`
    """
    if quoted.author_id == actor_id:
        return True
    if not quoted.is_public or quoted.quote_policy == "nobody":
        return False
    if quoted.quote_policy == "public":
        return True
    follow = find_follow(connection, actor_id, quoted.author_id)
    return follow is not None and follow.accepted


def quote_columns(quoted: Post | None, author: Actor) -> Mapping[str, Any]:
    """A quote of one's own or of a local author who allows it stands at once; another server has to be asked."""
    if quoted is None:
        return {}
    state: QuoteState = "accepted" if quoted.author_id == author.id or quoted.local else "pending"
    return {"quote_uri": quoted.uri, "quote_of_id": quoted.id, "quote_state": state}
