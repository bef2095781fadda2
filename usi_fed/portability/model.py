"""A file that somebody brings along, and its lines."""

from datetime import datetime
from typing import Any, Literal, NamedTuple

from usi_fed.sentences import Sentence

Kind = Literal["following", "lists", "blocks", "mutes", "domains", "bookmarks"]
Act = Literal["add", "remove"]
State = Literal["waiting", "same", "done", "failed"]

# Why a line fails, as the table keeps it and as its owner reads it.
REASONS = {
    "no_address": Sentence("must be an address such as name@server.example"),
    "no_domain": Sentence("must be a domain such as server.example"),
    "no_post": Sentence("must be the address of a post, beginning with https://"),
    "no_title": Sentence("must have the list's name first, of 1 to 200 characters"),
    "no_flag": Sentence("must say true or false in the columns that Mastodon has for that"),
    "not_found": Sentence("is not there, or not any more"),
    "unreachable": Sentence("its server did not answer, however often it was asked"),
    "refused": Sentence("its server gave no usable answer, or is shut out here"),
    "impossible": Sentence("cannot be followed, blocked or muted: it is you, has moved, or one has blocked the other"),
    "not_followed": Sentence("is nobody whom you follow: bring in whom you follow first"),
    "too_many_lists": Sentence("would be one list too many"),
}


class Import(NamedTuple):
    """A file that is looked at, worked off or done. The fields are the columns of `imports`, in order."""

    id: int
    actor_id: int
    kind: Kind
    overwrite: bool
    created_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None


class Line(NamedTuple):
    """One thing to do. The fields are the columns of `import_lines`, in order."""

    id: int
    import_id: int
    number: int
    act: Act
    target: str
    host: str
    detail: dict[str, Any]
    state: State
    reason: str
    attempts: int
    due_at: datetime


class Wanted(NamedTuple):
    """What a line of a file asks for; `reason` says why it cannot be, "" when it can."""

    number: int
    target: str
    host: str
    detail: dict[str, Any]
    reason: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What is equal for two lines about the same thing."""
        return self.target.lower(), str(self.detail.get("list", ""))
