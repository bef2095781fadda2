"""One call of a client: who asks, with what; and what is sent back."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from usi_fed.accounts.model import Credential
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.api.errors import NeedsPerson, NotSignedIn
from usi_fed.api.house import House
from usi_fed.api.paging import NAMES, link_header
from usi_fed.api.params import MOST_BYTES, convert, names_of, read_body, read_query, without_nul
from usi_fed.api.tools import Tools
from usi_fed.db.ids import parse_id

S = TypeVar("S", bound=msgspec.Struct)

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a method answers: `body` goes out as JSON, bytes as they are."""

    body: Any
    status: int = 200
    headers: Headers = field(default_factory=list)


class Call:
    """A request to one method, with the credential of whoever asks."""

    __slots__ = ("_fields", "_files", "_names", "credential", "house", "path", "request", "tools")

    def __init__(
        self, house: House, tools: Tools, request: Request, path: dict[str, str], credential: Credential | None
    ) -> None:
        self.house = house
        self.tools = tools
        self.request = request
        self.path = path
        self.credential = credential
        self._fields: dict[str, Any] | None = None
        self._files = AsyncExitStack()
        self._names: frozenset[str] = frozenset()

    @property
    def viewer_id(self) -> int | None:
        """The actor who asks, or None: anybody, or an application by itself."""
        return self.credential.actor_id if self.credential else None

    @property
    def person_id(self) -> int:
        """The actor who asks.

        Raises:
            NotSignedIn: nobody is signed in.
            NeedsPerson: an application asks by itself.
        """
        actor_id = self.get_credential().actor_id
        if actor_id is None:
            raise NeedsPerson()
        return actor_id

    def get_credential(self) -> Credential:
        """What the token proves.

        Raises:
            NotSignedIn: there is none.
        """
        if self.credential is None:
            raise NotSignedIn()
        return self.credential

    async def actor(self) -> Actor:
        """Who asks.

        Raises:
            NotSignedIn, NeedsPerson: as `person_id`.
        """
        return await self.house.database.read(get_actor, self.person_id)

    def id(self, name: str = "id") -> int:
        """A database id in the path.

        Raises:
            NotFound: it is no id, so it names nothing here.
        """
        return parse_id(self.path[name])

    async def fields(self, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
        """What the client sent, query and body together; the body wins.

        Raises:
            InvalidInput: the body does not follow its content type.
            TooLarge: it is larger than `most_bytes`.
        """
        if self._fields is None:
            self._fields = read_query(self.request)
            if self.request.method not in ("GET", "HEAD"):
                self._fields |= await self._files.enter_async_context(read_body(self.request, most_bytes))
            self._fields = without_nul(self._fields)
        return self._fields

    async def aclose(self) -> None:
        """Close the files that were uploaded."""
        await self._files.aclose()

    async def read(self, kind: type[S], most_bytes: int = MOST_BYTES) -> S:
        """What the client sent, as a typed Struct.

        Raises:
            InvalidInput: a value is not of its type.
            TooLarge: the body is larger than `most_bytes`.
        """
        self._names = names_of(kind)
        return convert(await self.fields(most_bytes), kind)

    def page(self, body: Any, ids: Sequence[int], limit: int) -> Reply:  # noqa: ANN401 - JSON
        """A page of a list with its Link header; `ids` are those that the list is cut by.

        The next page is asked for with the same parameters, as far as the method knows them.
        """
        kept = self._names - NAMES
        given = self.request.query_params.multi_items()
        keep = [(name, value) for name, value in given if name.partition("[")[0] in kept]
        url = f"{self.house.urls.origin}{self.request.url.path}"
        return Reply(body, headers=link_header(url, ids, limit, keep))


Handler = Callable[[Call], Awaitable[Any]]
