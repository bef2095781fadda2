"""The front door: which path leads to which room. No logic."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from usi_fed.actors.answers import wants_activity
from usi_fed.actors.endpoints import routes as actor_routes
from usi_fed.api.app import ClientApi
from usi_fed.api.cors import CrossOrigin
from usi_fed.api.errors import error_body, error_headers
from usi_fed.api.table import METHODS
from usi_fed.config import Settings
from usi_fed.errors import NotFound, UsiFedError
from usi_fed.groups.endpoints import routes as group_routes
from usi_fed.health import Health
from usi_fed.logs import RequestLog, route_of
from usi_fed.media.endpoints import routes as media_routes
from usi_fed.metrics import RequestMeter
from usi_fed.onion import OnionName
from usi_fed.outbox.endpoints import routes as outbox_routes
from usi_fed.pages.answers import error_page
from usi_fed.pages.table import routes as page_routes
from usi_fed.posts.endpoints import routes as post_routes
from usi_fed.stages.doors import Stages
from usi_fed.unions.endpoints import routes as union_routes
from usi_fed.wiring import House, background_of, open_house

log = logging.getLogger(__name__)

SHARED_INBOX = "/inbox"
_CLIENT_API = ("/api/", "/oauth/", "/.well-known/oauth-authorization-server")


def create_app(settings: Settings) -> ASGIApp:
    """The whole server as an ASGI application; its lifespan opens and closes the house."""
    server: ASGIApp = Server(settings)
    if settings.onion:
        server = OnionName(settings, server)
    return RequestLog(RequestMeter(CrossOrigin(server)))


class Server:
    """Opens the house when the server starts and shows requests to their rooms."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._doors: Doors | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._doors is not None:
            await self._doors(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        message = await receive()
        while message["type"] != "lifespan.shutdown":
            if message["type"] == "lifespan.startup":
                await self._open()
                await send({"type": "lifespan.startup.complete"})
            message = await receive()
        await self._stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self) -> None:
        house = await self._stack.enter_async_context(open_house(self._settings))
        await house.domains.settle()
        background = background_of(house)
        if background is not None:
            background.start()
            self._stack.push_async_callback(background.stop)
        self._doors = Doors(house)
        self._stack.push_async_callback(self._doors.close)
        preparing = asyncio.create_task(self._doors.stages.prepare())
        self._stack.callback(preparing.cancel)


class Doors:
    """Every route of one house."""

    def __init__(self, house: House) -> None:
        self.state = _State(house)
        self._shared_inbox = Route(SHARED_INBOX, house.inbox, methods=["POST"])
        self._api = ClientApi(house, METHODS)
        health = Health(house.settings, house.database)
        routes: Sequence[BaseRoute] = [
            self._shared_inbox,
            Route("/actor/inbox", house.inbox, methods=["POST"]),
            Route("/users/{name}/inbox", house.inbox, methods=["POST"]),
            *actor_routes,
            *union_routes,
            *post_routes,
            *outbox_routes,
            *group_routes,
            *media_routes,
            *union_routes,
            *health.routes(),
            *page_routes,
        ]
        self._router = Router(routes)
        self._inbox = house.inbox
        self._gates = house.gates
        self.stages = Stages(house, Doors)

    async def close(self) -> None:
        """Close the stages."""
        await self.stages.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show one request to its room."""
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        scope["app"] = self
        path: str = scope["path"]
        if "\0" in path:  # names nothing, and PostgreSQL does not even want to hear it
            await self._refusal(scope, 404, {"error": NotFound.public}, {})(scope, receive, send)
            return
        if b"%00" in scope["query_string"]:  # U+FFFD in its place: were it taken out, %%0000 would become one
            scope["query_string"] = scope["query_string"].replace(b"%00", b"%EF%BF%BD")
        if path == SHARED_INBOX and scope["method"] == "POST":
            # Nearly all that comes in comes here: it does not wait for the router.
            scope["route"] = self._shared_inbox
            await self._inbox(scope, receive, send)
            return
        # Noted here, for a stage too; pages and the client API mind it, for servers and files it does not count.
        client = scope.get("client")
        if client is not None and self._gates.keeps_out(client[0]):
            scope["is_kept_out"] = True
        room = partial(self._guarded, self._api if path.startswith(_CLIENT_API) else self._router)
        stage = await self.stages.find(scope, room)
        await (room if stage is None else stage)(scope, receive, send)

    async def _guarded(self, room: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer what was raised instead of an answer."""
        has_begun = False

        async def watch(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await room(scope, receive, watch)
        except UsiFedError as error:
            answer = self._refusal(scope, error.status, error_body(error), dict(error_headers(error)))
        except HTTPException as error:
            # Starlette's own: another method than the route has.
            answer = self._refusal(scope, error.status_code, {"error": error.detail}, dict(error.headers or {}))
        except Exception:
            # The one place where a fault of ours in a request ends.
            log.exception("a request failed", extra={"route": route_of(scope)})
            answer = self._refusal(scope, 500, {"error": UsiFedError.public}, {})
        else:
            return
        if not has_begun:
            await answer(scope, receive, send)

    def _refusal(self, scope: Scope, status: int, body: object, headers: dict[str, str]) -> Response:
        """A page for a browser, JSON for a program."""
        request = Request(scope)
        if "text/html" in request.headers.get("accept", "") and not wants_activity(request):
            page = error_page(self.state.house, status)
            page.headers.update(headers)
            return page
        return JSONResponse(body, status, headers)


class _State:
    """What endpoints find as `request.app.state`."""

    def __init__(self, house: House) -> None:
        self.house = house
