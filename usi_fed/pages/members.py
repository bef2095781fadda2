"""Pages that are only for who is signed in, and what such a person sends, for themselves or for an organisation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import wraps

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.model import Account
from usi_fed.accounts.store import get_account
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.deputies import acted_by
from usi_fed.pages.house import house_of
from usi_fed.pages.late_forms import too_late
from usi_fed.pages.sessions import StaleForm, is_of_this_session, log_in_first, office_of, read_form, signed_in
from usi_fed.unions.acting import Office
from usi_fed.unions.roles import Permission


@dataclass(frozen=True, slots=True)
class Member:
    """Who is signed in at this browser, and in whose name they go on.

    `account` is the person's own, in which they signed in; `person` who that is to the network. `actor` is the same
    person, or the organisation for which they act in an `office`. `choices` is the account of `actor`, for how it
    usually posts.
    """

    account: Account
    actor: Actor
    person: Actor
    choices: Account
    office: Office | None = None

    def require(self, *permissions: Permission) -> None:
        """See that a member may do something in the organisation's name; for themselves people may do all of it.

        Raises:
            NotAllowed: their office gives none of these rights.
        """
        if self.office is not None:
            self.office.require(*permissions)

    def may(self, permission: Permission) -> bool:
        """Whether a member may do something in the name in which they go on."""
        return self.office is None or permission in self.office.permissions

    @property
    def writer_id(self) -> int | None:
        """Who writes what goes out as an organisation; None of who writes for themselves."""
        return self.person.id if self.office is not None else None

    def by_themselves(self) -> "Member":
        """The same person, whomever they act for: what is about their own account is never the organisation's."""
        return replace(self, actor=self.person, choices=self.account, office=None)


Handler = Callable[[Request], Awaitable[Response]]
Check = Callable[[Account], None]
MemberHandler = Callable[[Request, Member], Awaitable[Response]]
FormHandler = Callable[[Request, Member, dict[str, str]], Awaitable[Response]]


async def find_member(request: Request) -> Member | None:
    """Who is signed in, if anybody."""
    account = await signed_in(request)
    if account is None:
        return None
    return await house_of(request).database.read(_member, account, office_of(request))


def page_for(check: Check, *needed: Permission) -> Callable[[MemberHandler], Handler]:
    """Makes a page for who is signed in and passes a check; strangers are asked to sign in and come back to it.

    Who acts for an organisation needs one of these rights in it. Without any named the page is the person's own,
    whomever they act for.

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
            if needed:
                check(member.account)
                member.require(*needed)
                return await handler(request, member)
            check(member.account)
            with acted_by(None):
                return await handler(request, member.by_themselves())

        return answer

    return made


def form_for(check: Check, *needed: Permission) -> Callable[[FormHandler], Handler]:
    """Makes what answers a small form on such a page; it has to be of the session of who sends it.

    The answer raises StaleForm when it is not, what `check` raises, NotAllowed of whose office does not suffice, and
    InvalidInput or TooLarge when what came is not our form.
    """

    def made(handler: FormHandler) -> Handler:
        @wraps(handler)
        async def answer(request: Request) -> Response:
            fields = await read_form(request)
            member = await sender_of(request, fields, check)
            if needed:
                member.require(*needed)
                return await handler(request, member, fields)
            with acted_by(None):
                return await handler(request, member.by_themselves(), fields)

        return answer

    return made


async def sender_of(request: Request, fields: dict[str, str], check: Check) -> Member:
    """Who sends a form that was read already.

    Raises:
        StaleForm: it is not of their session, or not made for whom they act now.
        NotAllowed: as `check` says.
    """
    member = await find_member(request)
    if member is None or not is_of_this_session(request, fields):
        raise StaleForm()
    check(member.account)
    return member


def _member(connection: Connection, account: Account, office: Office | None) -> Member:
    person = get_actor(connection, account.actor_id)
    if office is None:
        return Member(account, person, person, account)
    choices = get_account(connection, office.organisation.id)
    return Member(account, office.organisation, person, choices, office)


def _everybody(account: Account) -> None:
    """Whoever is signed in is a member."""


for_members = page_for(_everybody, "read")
form_of_members = form_for(_everybody, "publish")
form_of_readers = form_for(_everybody, "read")
form_of_hosts = form_for(_everybody, "publish", "admit", "moderate")
for_writers = page_for(_everybody, "publish")
for_oneself = page_for(_everybody)
form_of_oneself = form_for(_everybody)
