"""A method of this API: what it takes and gives is said once, for the door, for the document and for the tests."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from usi_fed.api.call import Call, Reply
from usi_fed.api.methods import Caller, Method

PREFIX = "/api/usi/v1"
READ, WRITE = "usi:read", "usi:write"


@dataclass(frozen=True, slots=True)
class UsiMethod:
    """One method. `path` comes after `PREFIX`; `handler` gets the call and what was `asked`, as that type.

    `gives` is the type of the answer, a Struct or a list of them; `media_type` is another one when it is no JSON.
    `is_paged`: the answer has a Link header to the next page.
    """

    verb: str
    path: str
    summary: str
    handler: Callable[[Call, Any], Awaitable[Any]]
    gives: Any
    scope: str
    caller: Caller = Caller.PERSON
    asked: type[msgspec.Struct] | None = None
    status: int = 200
    is_paged: bool = False
    media_type: str = "application/json"

    @property
    def route(self) -> Method:
        """The same as the client API's table has it."""
        return Method(self.verb, f"{PREFIX}{self.path}", self._answer, self.caller, self.scope)

    @property
    def has_body(self) -> bool:
        """Whether what is asked comes in the body, not in the query."""
        return self.verb not in ("GET", "DELETE")

    async def _answer(self, call: Call) -> Reply:
        asked = None if self.asked is None else await call.read(self.asked)
        given = await self.handler(call, asked)
        if not isinstance(given, Reply):
            given = Reply(given)
        body = given.body if isinstance(given.body, bytes) else msgspec.to_builtins(given.body)
        return Reply(body, self.status, given.headers)
