"""Who may see these pages: administrators, and nobody else, moderators neither."""

from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.model import Account
from usi_fed.errors import NotAllowed
from usi_fed.pages.answers import Handler
from usi_fed.pages.members import FormHandler, MemberHandler, find_member, to_log_in
from usi_fed.pages.sessions import StaleForm, is_of_this_session, read_form
from usi_fed.sentences import Sentence


def require_administrator(account: Account) -> None:
    """See to it that somebody administers this server.

    Raises:
        NotAllowed: they do not.
    """
    if account.role != "admin":
        raise NotAllowed(Sentence("This page is for the administrators of this server."))


def for_administrators(handler: MemberHandler) -> Handler:
    """A page for administrators; strangers are asked to sign in and come back to it.

    Raises:
        NotAllowed: somebody else is signed in.
    """

    @wraps(handler)
    async def answer(request: Request) -> Response:
        member = await find_member(request)
        if member is None:
            return to_log_in(request)
        require_administrator(member.account)
        return await handler(request, member)

    return answer


def form_of_administrators(handler: FormHandler) -> Handler:
    """What a plain form on such a page sends; it has to be of the session of who sends it.

    Raises:
        StaleForm: it is not.
        NotAllowed: this is no administrator.
        InvalidInput, TooLarge: what came is not our form.
    """

    @wraps(handler)
    async def answer(request: Request) -> Response:
        fields = await read_form(request)
        member = await find_member(request)
        if member is None or not is_of_this_session(request, fields):
            raise StaleForm()
        require_administrator(member.account)
        return await handler(request, member, fields)

    return answer
