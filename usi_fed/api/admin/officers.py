"""Who may call the methods of moderation."""

from typing import Any

from usi_fed.api.call import Call, Handler
from usi_fed.api.methods import Method, for_people
from usi_fed.errors import NotAllowed


def for_officers(verb: str, path: str, handler: Handler, scope: str, version: int = 1) -> Method:
    """A method for moderators and administrators."""
    return for_people(verb, f"/api/v{version}/admin/{path}", _only(handler, ("moderator", "admin")), scope)


def for_administrators(verb: str, path: str, handler: Handler, scope: str) -> Method:
    """A method for administrators; moderators are not enough."""
    return for_people(verb, f"/api/v1/admin/{path}", _only(handler, ("admin",)), scope)


def is_administrator(call: Call) -> bool:
    """Whether who asks may see what only administrators see."""
    return call.get_credential().role == "admin"


def _only(handler: Handler, roles: tuple[str, ...]) -> Handler:
    async def answer(call: Call) -> Any:  # noqa: ANN401 - whatever the method answers
        if call.get_credential().role not in roles:
            raise NotAllowed("This action is not allowed")
        return await handler(call)

    return answer
