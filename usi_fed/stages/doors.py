"""The way to a stage: which request is answered there, and which by the real house as to a stranger."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from usi_fed import web
from usi_fed.accounts.model import Session
from usi_fed.accounts.store import get_account
from usi_fed.accounts.tickets import form_token
from usi_fed.actors.store import get_actor
from usi_fed.pages.sessions import Visitor
from usi_fed.stages.building import Building
from usi_fed.wiring import House

PREPARE_AFTER_SECONDS = 20
MOST = 20  # open at once in a process; the one that was not used for longest is closed, and opened again when wanted

# What is the same for everybody. All else is personal: what is forgotten here shows too little, never too much.
_OF_THE_REAL_HOUSE = (
    "/static/",
    "/nodeinfo",
    "/.well-known/",
    "/users/",
    "/contexts/",
    "/actor",
    "/healthz",
    "/readyz",
)
_REAL_PAGES = frozenset({"/about", "/favicon.ico", "/robots.txt", "/source", "/metrics", "/design", "/look.css"})
# Strangers see these too, and of some only the real house knows.
_PUBLIC = ("/@", "/tags/", "/media/")
# Cookies count for nothing there: to a browser it answers as to everybody else, with the numbers that everybody gets.
_API = "/api/"
_WAYS_OUT = frozenset({"/log-out", "/leave"})
# Signing in again works as everywhere, with either password: only the real house knows the sessions of browsers.
_WAYS_IN = frozenset({("POST", "/log-in"), ("GET", "/log-in/code"), ("POST", "/log-in/code")})


class Doorway(Protocol):
    """The front door of a house."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show one request to its room."""

    async def close(self) -> None:
        """Close what belongs to it."""


class Stages:
    """The stages of one process; `open_doors` makes the front door of a house."""

    def __init__(self, house: House, open_doors: Callable[[House], Doorway]) -> None:
        self._house = house
        self._open_doors = open_doors
        self._building = Building(house)
        self._open: OrderedDict[str, asyncio.Task[_Stage]] = OrderedDict()

    async def prepare(self) -> None:
        """Have what is needed before anybody wants a stage, when the server has settled down after its start."""
        await asyncio.sleep(PREPARE_AFTER_SECONDS)
        await self._building.prepare()

    async def close(self) -> None:
        """Close all that are open here; they stand until their sessions end."""
        for secret in list(self._open):
            await self._shut(secret)

    async def find(self, scope: Scope, real: ASGIApp) -> ASGIApp | None:
        """Where a request is answered whose session a second password opened; None for all others, at no cost.

        `real` is the room of the real house that would answer.
        """
        secret = Request(scope).cookies.get(web.cookie_name(self._house.settings, web.SESSION), "")
        if not secret or not self._house.second_passwords.is_marked(secret):
            return None
        session = await self._house.signing_in.find_stage(secret)
        if session is None:
            await self._shut(secret)
            return None
        actor_id = session.actor_id
        path: str = scope["path"]
        opening = self._opened(secret, session)  # it begins now, also when the first page is a public one
        is_way_in = (scope["method"], path) in _WAYS_IN
        if is_way_in or path in _REAL_PAGES or path.startswith(_OF_THE_REAL_HOUSE):
            return await self._as_stranger(real, secret, actor_id)
        stage = await self._wait(opening, secret)
        if path in _WAYS_OUT:
            return self._leading_out(stage, secret)
        if path.startswith(_API):
            stranger = await self._as_stranger(real, secret, actor_id)
            return _first_of(stranger, stage.doors) if scope["method"] in ("GET", "HEAD") else stranger
        if scope["method"] not in ("GET", "HEAD") or not path.startswith(_PUBLIC):
            return stage.doors
        stranger = await self._as_stranger(real, secret, actor_id)
        return _first_of(stranger, stage.doors) if path.startswith("/media/") else _first_of(stage.doors, stranger)

    # ---- open, and shut ----

    def _opened(self, secret: str, session: Session) -> "asyncio.Task[_Stage]":
        task = self._open.get(secret)
        if task is None:
            task = self._open[secret] = asyncio.create_task(self._open_stage(secret, session))
        self._open.move_to_end(secret)
        return task

    async def _open_stage(self, secret: str, session: Session) -> "_Stage":
        stack = AsyncExitStack()
        try:
            doors = self._open_doors(await self._building.open(secret, session, stack))
        except BaseException:
            await stack.aclose()
            raise
        stack.push_async_callback(doors.close)
        return _Stage(doors, stack)

    async def _wait(self, opening: "asyncio.Task[_Stage]", secret: str) -> "_Stage":
        while len(self._open) > MOST:
            await self._shut(next(iter(self._open)))
        await asyncio.wait([opening])
        if opening.exception() is not None:  # the disk is full, say; the next request tries anew
            self._open.pop(secret, None)
        return opening.result()

    async def _shut(self, secret: str) -> None:
        task = self._open.pop(secret, None)
        if task is None:
            return
        await asyncio.wait([task])
        if task.exception() is None:  # else there is nothing to close
            await task.result().stack.aclose()

    # ---- answers ----

    async def _as_stranger(self, real: ASGIApp, secret: str, actor_id: int) -> ASGIApp:
        """What the real house answers to strangers, with the member's name on top, in the member's language."""
        actor = await self._house.database.read(get_actor, actor_id)
        account = await self._house.database.read(get_account, actor_id)
        page = self._house.urls.paths.profile(actor.username)
        visitor = Visitor(actor.username, page, form_token(secret), news=0)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            state = {**scope.get("state", {}), "visitor": visitor, "locale": account.locale}
            await real({**scope, "state": state}, receive, send)

        return answer

    def _leading_out(self, stage: "_Stage", secret: str) -> ASGIApp:
        """Signing out ends the session that the real house knows, once the stage's own has ended."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            statuses: list[int] = []

            async def watch(message: Message) -> None:
                statuses.append(message.get("status", 0))
                await send(message)

            await stage.doors(scope, receive, watch)
            if scope["method"] == "POST" and statuses and statuses[0] < 400:
                await self._house.signing_in.close_stage(secret)
                await self._shut(secret)
                await self._building.remove(secret)

        return answer


class _Stage:
    """An open stage, and what closes it again."""

    def __init__(self, doors: Doorway, stack: AsyncExitStack) -> None:
        self.doors = doors
        self.stack = stack


def _first_of(first: ASGIApp, second: ASGIApp) -> ASGIApp:
    """The first one's answer; the second one's, when it has what the first does not know."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        unknown = await _ask(first, scope, receive, send, is_answer=lambda status: status != 404)
        if unknown:
            still = await _ask(second, scope, receive, send, is_answer=lambda status: status == 200)
            for message in unknown if still else []:
                await send(message)

    return answer


async def _ask(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, is_answer: Callable[[int], bool]
) -> list[Message]:
    """Pass an answer on, or keep it when it is none: then it is given back."""
    kept: list[Message] = []

    async def watch(message: Message) -> None:
        if (message["type"] == "http.response.start" and not is_answer(message["status"])) or kept:
            kept.append(message)
        else:
            await send(message)

    own: dict[str, Any] = {**scope, "state": dict(scope.get("state", {}))}
    await app(own, receive, watch)
    return kept
