"""What somebody wants for new posts unless they say otherwise at one."""

from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from usi_fed.accounts.store import change_account, get_account
from usi_fed.errors import InvalidInput
from usi_fed.sentences import Sentence
from usi_fed.text.language import find_spoken_language


@dataclass(frozen=True, slots=True)
class PostingDefaults:
    """Choices for new posts, kept in an account's `preferences`; None leaves one as it is, "" takes it back.

    The words are those of the posts' room, which is above this one.
    """

    visibility: str | None = None
    sensitive: bool | None = None
    language: str | None = None
    quote_policy: str | None = None
    content_type: str | None = None


def change_defaults(connection: Connection, actor_id: int, wanted: PostingDefaults) -> None:
    """Keep what is given.

    Raises:
        InvalidInput: the language is none.
        NotFound: there is no such account.
    """
    if wanted.language and find_spoken_language(wanted.language) is None:
        raise InvalidInput("source.language", Sentence("must be a language tag such as en or pt-BR"))
    given = {name: value for name, value in asdict(wanted).items() if value is not None}
    changes = {name: None if value == "" else value for name, value in given.items()}
    kept = get_account(connection, actor_id).preferences
    change_account(connection, actor_id, preferences={**kept, **changes})
