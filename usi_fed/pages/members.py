"""Pages that are only for who is signed in, and what such a person sends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.accounts.model import Account
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import StaleForm, is_of_this_session, read_form, signed_in


@dataclass(frozen=True, slots=True)
class Member:
    """Who is signed in at this browser."""

    account: Account
    actor: Actor


MemberHandler = Callable[[Request, Member], Awaitable[Response]]
FormHandler = Callable[[Request, Member, dict[str, str]], Awaitable[Response]]


async def find_member(request: Request) -> Member | None:
    """Who is signed in, if anybody."""
    account = await signed_in(request)
    if account is None:
        return None
    return Member(account, await house_of(request).database.read(get_actor, account.actor_id))


def for_members(handler: MemberHandler) -> Callable[[Request], Awaitable[Response]]:
    """A page for who is signed in; strangers are asked to sign in and come back to it."""

    @wraps(handler)
    async def answer(request: Request) -> Response:
        member = await find_member(request)
        return await handler(request, member) if member is not None else to_log_in(request)

    return answer


def form_of_members(handler: FormHandler) -> Callable[[Request], Awaitable[Response]]:
    """What a small form on a page for members sends; it has to be of the session of who sends it.

    Raises:
        StaleForm: it is not.
        InvalidInput, TooLarge: what came is not our form.
    """

    @wraps(handler)
    async def answer(request: Request) -> Response:
        fields = await read_form(request)
        member = await find_member(request)
        if member is None or not is_of_this_session(request, fields):
            raise StaleForm()
        return await handler(request, member, fields)

    return answer


def to_log_in(request: Request) -> Response:
    """The way to the log-in page and, with a page that was asked for, back."""
    here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    destination = here if request.method == "GET" else "/"
    return RedirectResponse(f"/log-in?{urlencode({'next': destination})}", 303)
