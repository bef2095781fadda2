"""The client API as one ASGI application: finds the method, checks the token, answers in JSON."""

from collections.abc import Iterable
from contextlib import aclosing
from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from usi_fed.accounts.limits import Allowance, Limit
from usi_fed.accounts.model import Credential
from usi_fed.accounts.scopes import is_covered
from usi_fed.api.call import Call, Reply
from usi_fed.api.errors import KeptOut, NeedsPerson, NotSignedIn, OutOfScope, error_body, error_headers
from usi_fed.api.house import House
from usi_fed.api.methods import Caller, Method, Router
from usi_fed.api.tools import Tools
from usi_fed.clock import iso
from usi_fed.deputies import acted_by
from usi_fed.errors import UsiFedError
from usi_fed.unions.acting import deputy_in

WINDOW = timedelta(minutes=5)
CALLS_OF_PERSON, CALLS_OF_ADDRESS = 1500, 300

_NOT_FOUND = Reply({"error": "Record not found"}, 404)


class ClientApi:
    """Answers every path of its table of methods; other paths with 404."""

    def __init__(self, house: House, methods: Iterable[Method]) -> None:
        self._house = house
        self._tools = Tools(house)
        self._router = Router(methods)
        self._of_person = Limit(CALLS_OF_PERSON, WINDOW)
        self._of_address = Limit(CALLS_OF_ADDRESS, WINDOW)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        reply = await self._answer(request)
        response = _response(reply)
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Reply:
        if request.scope.get("is_kept_out"):
            return Reply(error_body(KeptOut()), KeptOut.status)
        found = self._router.find(request.scope["path"])
        if found is None:
            return _NOT_FOUND
        verb = "GET" if request.method == "HEAD" else request.method
        method = found.verbs.get(verb)
        if method is None:
            return Reply({"error": "Method not allowed"}, 405, [("Allow", ", ".join(sorted(found.verbs)))])
        extra: list[tuple[str, str]] = []
        try:
            credential = await self._credential(request, method)
            extra = self._counted(request, credential)
            deputy = deputy_in(credential) if credential is not None else None
            async with aclosing(Call(self._house, self._tools, request, found.path, credential)) as call:
                with acted_by(deputy):
                    body = await method.handler(call)
        except UsiFedError as error:
            return Reply(error_body(error), error.status, error_headers(error) + extra)
        reply = body if isinstance(body, Reply) else Reply(body)
        reply.headers.extend(extra)
        return reply

    async def _credential(self, request: Request, method: Method) -> Credential | None:
        """Who asks.

        Raises:
            NotSignedIn: there is no token where one is needed, or one that is not valid.
            NeedsPerson: the token is an application's own and the method is for people.
            OutOfScope: the token does not cover the method's scope.
        """
        if method.caller is Caller.BROWSER:
            return None
        bearer = _bearer(request)
        credential = await self._house.accounts.find_token(bearer) if bearer else None
        if credential is None:
            if bearer or method.caller is not Caller.ANYBODY:
                raise NotSignedIn()
            return None
        if method.caller is Caller.PERSON and credential.actor_id is None:
            raise NeedsPerson()
        if method.scope and not is_covered(method.scope, credential.scopes):
            raise OutOfScope()
        return credential

    def _counted(self, request: Request, credential: Credential | None) -> list[tuple[str, str]]:
        """Count the call against its allowance; gives the headers that tell the client.

        Raises:
            TooManyRequests: the allowance is used up.
        """
        if not self._house.settings.rate_limits:
            return []
        if credential is not None:
            return self._headers(self._of_person.count(str(credential.token_id)))
        return self._headers(self._of_address.count(request.client.host if request.client else ""))

    def _headers(self, allowance: Allowance) -> list[tuple[str, str]]:
        return [
            ("X-RateLimit-Limit", str(allowance.limit)),
            ("X-RateLimit-Remaining", str(allowance.remaining)),
            ("X-RateLimit-Reset", iso(self._house.clock() + allowance.resets_in)),
        ]


def _bearer(request: Request) -> str:
    """The token in the header. One in the address would end up in logs and histories, so it is not looked at."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _response(reply: Reply) -> Response:
    if isinstance(reply.body, bytes):
        response = Response(reply.body, reply.status)
    else:
        response = Response(orjson.dumps(reply.body), reply.status, media_type="application/json")
        response.headers["Cache-Control"] = "private, no-store"
    for name, value in reply.headers:
        response.headers.append(name, value)
    return response
