"""Pages that are only for who is signed in, and what such a person sends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.model import Account
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.pages.house import house_of
from usi_fed.pages.late_forms import too_late
from usi_fed.pages.sessions import StaleForm, is_of_this_session, log_in_first, read_form, signed_in


@dataclass(frozen=True, slots=True)
class Member:
    """Who is signed in at this browser."""

    account: Account
    actor: Actor


Handler = Callable[[Request], Awaitable[Response]]
Check = Callable[[Account], None]
MemberHandler = Callable[[Request, Member], Awaitable[Response]]
FormHandler = Callable[[Request, Member, dict[str, str]], Awaitable[Response]]


async def find_member(request: Request) -> Member | None:
    """Who is signed in, if anybody."""
    account = await signed_in(request)
    if account is None:
        return None
    return Member(account, await house_of(request).database.read(get_actor, account.actor_id))


def page_for(check: Check) -> Callable[[MemberHandler], Handler]:
    """Makes a page for who is signed in and passes a check; strangers are asked to sign in and come back to it.

    `check` raises NotAllowed for whom the page is not. A form from such a page raises StaleForm when nobody is signed
    in any more; what it says is kept for sending it again.
    """

    def made(handler: MemberHandler) -> Handler:
        @wraps(handler)
        async def answer(request: Request) -> Response:
            member = await find_member(request)
            if member is None:
                if request.method == "POST":
                    raise await too_late(request)
                return log_in_first(request, 303)
            check(member.account)
            return await handler(request, member)

        return answer

    return made


def form_for(check: Check) -> Callable[[FormHandler], Handler]:
    """Makes what answers a small form on such a page; it has to be of the session of who sends it.

    The answer raises StaleForm when it is not, what `check` raises, and InvalidInput or TooLarge when what came is not
    our form.
    """

    def made(handler: FormHandler) -> Handler:
        @wraps(handler)
        async def answer(request: Request) -> Response:
            fields = await read_form(request)
            return await handler(request, await sender_of(request, fields, check), fields)

        return answer

    return made


async def sender_of(request: Request, fields: dict[str, str], check: Check) -> Member:
    """Who sends a form that was read already.

    Raises:
        StaleForm: it is not of their session.
        NotAllowed: as `check` says.
    """
    member = await find_member(request)
    if member is None or not is_of_this_session(request, fields):
        raise StaleForm()
    check(member.account)
    return member


def _everybody(account: Account) -> None:
    """Whoever is signed in is a member."""


for_members = page_for(_everybody)
form_of_members = form_for(_everybody)
