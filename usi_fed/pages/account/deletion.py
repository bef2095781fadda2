"""Deleting one's account: what that means, then the user name and the password, then the end."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.store import is_only_admin
from usi_fed.errors import NotAllowed, TooManyRequests
from usi_fed.pages.account.owner import Owner, account_page, for_owner, network_address
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import StaleForm, is_of_this_session, keep_cookie, read_form
from usi_fed.sentences import Sentence
from usi_fed.unions.offices_store import governed_only_by

_OTHER_NAME = Sentence("This is not your user name.")


@for_owner("govern")
async def show_deletion(request: Request, owner: Owner) -> Response:
    """GET /account/delete: what goes where and when, and the form."""
    return await _page(request, owner)


@for_owner("govern")
async def delete_account(request: Request, owner: Owner) -> Response:
    """POST /account/delete: the account is deleted for good, here and on other servers.

    Raises:
        NotAllowed: nobody else is an administrator, or governs one of their organisations.
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    fields = await read_form(request)
    typed = fields.get("username", "")
    if not is_of_this_session(request, fields):
        raise StaleForm()
    if typed.strip().removeprefix("@").lower() != owner.actor.username_key:
        return await _page(request, owner, {"username": _OTHER_NAME}, typed)
    try:
        await house.accounts.confirm(owner.account, fields.get("password", ""), network_address(request))
    except (NotAllowed, TooManyRequests) as error:
        return await _page(request, owner, {"password": error}, typed, error.status)
    if await house.database.read(is_only_admin, owner.actor.id):
        raise NotAllowed("the only administrator cannot leave")
    if await house.database.read(governed_only_by, owner.actor.id):
        raise NotAllowed("the only owner of an organisation cannot leave")
    await house.publisher.delete_actor(owner.actor)
    house.accounts.forget_tokens()
    if owner.office is not None:
        return RedirectResponse("/acting?deleted", 303)  # the person's own session goes on
    return keep_cookie(house, RedirectResponse("/account/deleted", 303), web.SESSION, "")


async def show_deleted(request: Request) -> Response:
    """GET /account/deleted: the last page; nobody is signed in any more."""
    return await html_page(request, "account/deleted.html", is_private=True)


async def _page(
    request: Request,
    owner: Owner,
    problems: dict[str, object] | None = None,
    typed: str = "",
    status: int = 0,
) -> Response:
    house = house_of(request)
    return await account_page(
        request,
        "account/delete.html",
        problems,
        status,
        handle=f"@{owner.actor.username}@{house.urls.handles}",
        username=owner.actor.username,
        typed=typed,
        governed=[
            (one.name or one.username, one.username)
            for one in await house.database.read(governed_only_by, owner.actor.id)
        ],
        is_only_admin=await house.database.read(is_only_admin, owner.actor.id),
    )
