"""Stages: what a second password opens (decision 0023).

A stage is a house of its own, with an empty database, one person of the same name in it, and nobody who delivers
anything. Every page and method there is ours, so all of it works and looks like a new account; nothing of the member is
within reach, and nothing leaves. The public pages are the real ones, as strangers see them.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from usi_fed import web
from usi_fed.accounts.model import Session
from usi_fed.accounts.service import SESSION_LIFETIME
from usi_fed.accounts.store import add_session, change_account, get_account
from usi_fed.accounts.tickets import form_token, hash_of
from usi_fed.actors.store import get_actor
from usi_fed.config import Settings
from usi_fed.db.migrate import upgrade
from usi_fed.pages.sessions import Visitor
from usi_fed.wiring import House, open_house

MOST = 20  # at once in a process; the one that was not used for longest is struck

# Whatever is not named here is personal: what is forgotten in this list shows too little, never too much.
_PUBLIC = ("/@", "/tags/", "/static/", "/media/", "/nodeinfo", "/.well-known/", "/users/")
_PUBLIC_PAGES = frozenset({"/", "/about", "/favicon.ico", "/robots.txt", "/source"})
_WAYS_OUT = frozenset({"/log-out", "/leave"})


class Stages:
    """The stages of one process; `open_doors` makes the front door of a house."""

    def __init__(self, house: House, open_doors: Callable[[House], ASGIApp]) -> None:
        self._house = house
        self._open_doors = open_doors
        self._cookie = web.cookie_name(house.settings, web.SESSION)
        self._stages: OrderedDict[str, asyncio.Task[_Stage]] = OrderedDict()

    async def find(self, scope: Scope) -> ASGIApp | None:
        """Where a request is answered whose session a second password opened; None for all others, at no cost."""
        secret = Request(scope).cookies.get(self._cookie, "")
        if not secret or not self._house.second_passwords.is_marked(secret):
            return None
        actor_id = await self._house.signing_in.find_stage(secret)
        if actor_id is None:
            await self._strike(secret)
            return None
        task = self._set(secret, actor_id)  # begins now, also when the first page is a public one
        while len(self._stages) > MOST:
            await self._strike(next(iter(self._stages)))
        if _is_public(scope):
            actor = await self._house.database.read(get_actor, actor_id)
            account = await self._house.database.read(get_account, actor_id)
            page = self._house.urls.profile(actor.username)
            visitor = Visitor(actor.username, page, form_token(secret))
            scope.setdefault("state", {}).update(visitor=visitor, locale=account.locale)
            return None
        await asyncio.wait([task])
        if task.exception() is not None:  # the disk is full, say; the next request tries anew
            self._stages.pop(secret, None)
        stage = task.result()
        return self._leading_out(stage, secret) if scope["path"] in _WAYS_OUT else stage.doors

    async def close(self) -> None:
        """Strike them all."""
        for secret in list(self._stages):
            await self._strike(secret)

    def _set(self, secret: str, actor_id: int) -> "asyncio.Task[_Stage]":
        task = self._stages.get(secret)
        if task is None:
            task = self._stages[secret] = asyncio.create_task(
                _set_stage(self._house, self._open_doors, secret, actor_id)
            )
        self._stages.move_to_end(secret)
        return task

    async def _strike(self, secret: str) -> None:
        task = self._stages.pop(secret, None)
        if task is not None:
            await (await task).stack.aclose()

    def _leading_out(self, stage: "_Stage", secret: str) -> ASGIApp:
        """Signing out ends the session that the real house knows, once the stage's own has ended."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            statuses: list[int] = []

            async def watch(message: Message) -> None:
                statuses.append(message.get("status", 0))
                await send(message)

            await stage.doors(scope, receive, watch)
            if statuses and statuses[0] < 400:
                await self._house.signing_in.close_stage(secret)
                await self._strike(secret)

        return answer


class _Stage:
    """A house with nothing in it, and what takes it down again."""

    def __init__(self, doors: ASGIApp, stack: AsyncExitStack) -> None:
        self.doors = doors
        self.stack = stack


async def _set_stage(house: House, open_doors: Callable[[House], ASGIApp], secret: str, actor_id: int) -> _Stage:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        settings = _settings(house.settings, folder)
        await asyncio.to_thread(upgrade, settings.database)
        stage = await stack.enter_async_context(open_house(settings, clock=house.clock))
        await _people(house, stage, secret, actor_id)
        doors: Any = open_doors(stage)
        stack.push_async_callback(doors.close)
        return _Stage(doors, stack.pop_all())


def _settings(settings: Settings, folder: Path) -> Settings:
    """As the real house's, with nothing that reaches anybody: no mail, no broker, and no server that it talks to."""
    return replace(settings, data_dir=folder, database_url="", redis_url="", mail_url="", federation_mode="allowlist")


async def _people(house: House, stage: House, secret: str, actor_id: int) -> None:
    """One person of the same name and language, whose password is the second one, signed in with the same cookie."""
    actor = await house.database.read(get_actor, actor_id)
    account = await house.database.read(get_account, actor_id)
    password_hash = await house.second_passwords.stored_hash(actor_id)
    draft = await stage.actors.prepare_local(actor.username, name=actor.name, reserved_too=True)
    made = await stage.accounts.create(draft, secret)
    await stage.database.write(change_account, made.actor_id, password_hash=password_hash, locale=account.locale)
    moment = stage.clock()
    session = Session(hash_of(secret), made.actor_id, moment, moment + SESSION_LIFETIME, None, None)
    await stage.database.write(add_session, session)


def _is_public(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] in ("GET", "HEAD") and (path in _PUBLIC_PAGES or path.startswith(_PUBLIC))
