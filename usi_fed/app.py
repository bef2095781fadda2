"""The front door: which path leads to which room. No logic."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from usi_fed.actors.endpoints import routes as actor_routes
from usi_fed.api.app import ClientApi
from usi_fed.api.cors import CrossOrigin
from usi_fed.api.errors import error_body, error_headers
from usi_fed.api.table import METHODS
from usi_fed.config import Settings
from usi_fed.errors import UsiFedError
from usi_fed.health import Health
from usi_fed.logs import RequestLog
from usi_fed.media.endpoints import routes as media_routes
from usi_fed.metrics import RequestMeter
from usi_fed.outbox.endpoints import routes as outbox_routes
from usi_fed.pages.table import routes as page_routes
from usi_fed.posts.endpoints import routes as post_routes
from usi_fed.wiring import House, background_of, open_house

SHARED_INBOX = "/inbox"
_CLIENT_API = ("/api/", "/oauth/", "/.well-known/oauth-authorization-server")


def create_app(settings: Settings) -> ASGIApp:
    """The whole server as an ASGI application; its lifespan opens and closes the house."""
    return RequestLog(RequestMeter(CrossOrigin(Server(settings))))


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
        background = background_of(house)
        if background is not None:
            background.start()
            self._stack.push_async_callback(background.stop)
        self._doors = Doors(house)


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
            *post_routes,
            *outbox_routes,
            *media_routes,
            *health.routes(),
            *page_routes,
        ]
        self._router = Router(routes)
        self._inbox = house.inbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show one request to its room; an error of ours becomes its answer."""
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        scope["app"] = self
        path: str = scope["path"]
        if path == SHARED_INBOX and scope["method"] == "POST":
            # Nearly all that comes in comes here: it does not wait for the router.
            scope["route"] = self._shared_inbox
            await self._inbox(scope, receive, send)
        elif path.startswith(_CLIENT_API):
            await self._api(scope, receive, send)
        else:
            await self._routed(scope, receive, send)

    async def _routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def watch(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._router(scope, receive, watch)
        except UsiFedError as error:
            if has_begun:
                raise
            answer = JSONResponse(error_body(error), error.status, dict(error_headers(error)))
            await answer(scope, receive, send)
        except HTTPException as error:
            # Starlette's own: no such route, or another method.
            answer = JSONResponse({"error": error.detail}, error.status_code, error.headers)
            await answer(scope, receive, send)


class _State:
    """What endpoints find as `request.app.state`."""

    def __init__(self, house: House) -> None:
        self.house = house
