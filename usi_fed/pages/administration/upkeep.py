"""Storage, health and keys."""

import asyncio
import platform
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import __version__
from usi_fed.accounts.service import Accounts
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, find_local
from usi_fed.errors import InvalidInput, NotAllowed, TooManyRequests
from usi_fed.pages.account.owner import account_page
from usi_fed.pages.administration.administrators import for_administrators, form_of_administrators
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.pages.sessions import address_of
from usi_fed.sentences import Sentence
from usi_fed.translation import said, size
from usi_fed.upkeep.disk import free_bytes
from usi_fed.upkeep.findings import Grade
from usi_fed.upkeep.storage_store import Heap, cached_media, database_bytes, database_version, own_media

STORAGE, HEALTH, KEYS = "/administration/storage", "/administration/health", "/administration/keys"


# ---- storage ----


@for_administrators
async def show_storage(request: Request, member: Member) -> Response:
    """GET /administration/storage: what takes how much room, and how much is left."""
    house = house_of(request)
    own, cached, database = await house.database.read(_heaps)
    free = await asyncio.to_thread(free_bytes, house.settings.data_dir)
    return await account_page(
        request,
        "administration/storage.html",
        own=(own.files, size(own.size_bytes)),
        cached=(cached.files, size(cached.size_bytes)),
        cache_limit=size(house.settings.media_cache_bytes),
        database=size(database),
        free=size(free),
    )


@form_of_administrators
async def clear_cache(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/storage/clear: drop the files of other servers; they come again when somebody looks."""
    await house_of(request).administration.clear_cache(member.actor.id)
    return RedirectResponse(f"{STORAGE}?saved=1", 303)


def _heaps(connection: Connection) -> tuple[Heap, Heap, int]:
    return own_media(connection), cached_media(connection), database_bytes(connection)


# ---- health ----


@for_administrators
async def show_health(request: Request, member: Member) -> Response:
    """GET /administration/health: what the doctor finds, the worst first, and which versions run."""
    house = house_of(request)
    findings = sorted(await house.checkup.findings(), key=lambda one: list(Grade).index(one.grade), reverse=True)
    told = [(one.grade.value, said(one.sentence), said(one.remedy)) for one in findings]
    versions = [("USI Fed", __version__), ("Python", platform.python_version())]
    versions.append(await house.database.read(database_version))
    return await account_page(request, "administration/health.html", findings=told, versions=versions)


# ---- keys ----


@for_administrators
async def show_keys(request: Request, member: Member) -> Response:
    """GET /administration/keys: the form for new keys."""
    return await _keys_page(request, {})


@form_of_administrators
async def rotate_keys(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/keys: new keys for the account `username`, or the server's own actor; the password first."""
    house = house_of(request)
    try:
        actor = await _named(house, fields)
        await confirm(house.accounts, member, fields, request)
    except InvalidInput as error:
        return await _keys_page(request, fields, {error.field: error.problem})
    except (NotAllowed, TooManyRequests) as error:
        return await _keys_page(request, fields, {"password": error}, error.status)
    await house.administration.rotate_keys(actor, member.actor.id)
    return RedirectResponse(f"{KEYS}?saved=1", 303)


async def confirm(accounts: Accounts, member: Member, fields: dict[str, str], request: Request) -> None:
    """Have the administrator type the password once more.

    Raises:
        NotAllowed: it is not theirs.
        TooManyRequests: too many tries.
    """
    await accounts.confirm(member.account, fields.get("password", ""), address_of(request))


async def _named(house: House, fields: dict[str, str]) -> Actor:
    if fields.get("whose") == "server":
        actor = await house.database.read(find_actor, house.urls.instance_actor)
    else:
        name = fields.get("username", "").strip().removeprefix("@").removesuffix(f"@{house.urls.handles}")
        actor = await house.database.read(find_local, name)
    if actor is None or actor.deleted_at is not None:
        raise InvalidInput("username", Sentence("must be the user name of somebody who has an account here"))
    return actor


async def _keys_page(
    request: Request, fields: dict[str, str], problems: dict[str, Any] | None = None, status: int = 0
) -> Response:
    typed = {"username": fields.get("username", ""), "whose": fields.get("whose", "account")}
    return await account_page(request, "administration/keys.html", problems, status, typed=typed)
