"""Coming from another account, going to another one, and taking that back."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.errors import InvalidInput, NotAllowed, TooManyRequests
from usi_fed.outbox.verbs.profile import MOVE_PAUSE
from usi_fed.pages.account.owner import Owner, account_page, for_owner, network_address
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import StaleForm, is_of_this_session, read_form
from usi_fed.translation import minute

_DONE = "/account/move?saved=1"


@for_owner("govern")
async def show_moving(request: Request, owner: Owner) -> Response:
    """GET /account/move: aliases, and where the account has gone, if anywhere."""
    return await _page(request, owner)


@for_owner("govern")
async def add_alias(request: Request, owner: Owner) -> Response:
    """POST /account/aliases: this account continues the one at `address`.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    address = fields.get("address", "").strip()
    _require_ours(request, fields)
    try:
        await house_of(request).moving.add_alias(owner.actor, address)
    except InvalidInput as error:
        return await _page(request, owner, {"alias": error.problem}, alias=address)
    return RedirectResponse(_DONE, 303)


@for_owner("govern")
async def remove_alias(request: Request, owner: Owner) -> Response:
    """POST /account/aliases/remove: this account no longer continues the one with the identity `uri`.

    Raises:
        NotFound: it is not among the aliases.
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    _require_ours(request, fields)
    await house_of(request).moving.remove_alias(owner.actor, fields.get("uri", ""))
    return RedirectResponse(_DONE, 303)


@for_owner("govern")
async def move(request: Request, owner: Owner) -> Response:
    """POST /account/move: the account continues at `address`, and the followers are told.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    fields = await read_form(request)
    address = fields.get("address", "").strip()
    _require_ours(request, fields)
    try:
        await _confirm(request, owner, fields)
        await house.moving.move(owner.actor, address)
    except InvalidInput as error:
        return await _page(request, owner, {error.field: error.problem}, address=address)
    except NotAllowed as error:
        return await _page(request, owner, {"address": error}, address=address, status=error.status)
    return RedirectResponse(_DONE, 303)


@for_owner("govern")
async def come_back(request: Request, owner: Owner) -> Response:
    """POST /account/move/undo: the account no longer points to another one.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    _require_ours(request, fields)
    await house_of(request).moving.come_back(owner.actor)
    return RedirectResponse(_DONE, 303)


def _require_ours(request: Request, fields: dict[str, str]) -> None:
    if not is_of_this_session(request, fields):
        raise StaleForm()


async def _confirm(request: Request, owner: Owner, fields: dict[str, str]) -> None:
    password = fields.get("password", "")
    try:
        await house_of(request).accounts.confirm(owner.account, password, network_address(request))
    except (NotAllowed, TooManyRequests) as error:
        raise InvalidInput("password", error.args[0]) from error


async def _page(
    request: Request,
    owner: Owner,
    problems: dict[str, object] | None = None,
    status: int = 0,
    alias: str = "",
    address: str = "",
) -> Response:
    house, actor = house_of(request), owner.actor
    free_at = actor.moved_at + MOVE_PAUSE if actor.moved_at else None
    return await account_page(
        request,
        "account/move.html",
        problems,
        status,
        handle=f"@{actor.username}@{house.urls.handles}",
        aliases=actor.also_known_as,
        moved_to=actor.moved_to_uri,
        waits_until=minute(free_at) if free_at and free_at > house.clock() else "",
        pause_days=MOVE_PAUSE.days,
        alias=alias,
        address=address,
    )
