"""Who may open the pages of moderation and send their forms; how such a page is made."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.accounts.idempotency_store import give_back, take_once
from usi_fed.accounts.model import RequestKey
from usi_fed.accounts.tickets import new_secret
from usi_fed.errors import NotAllowed, UsiFedError
from usi_fed.moderation.vouching import require_officer
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, form_for, page_for
from usi_fed.pages.once import form_key
from usi_fed.sentences import Sentence
from usi_fed.translation import capital, said

LONGEST_REASON = 500
_FOR_ADMINISTRATORS = Sentence("Only administrators do this.")


for_officers = page_for(require_officer)
form_of_officers = form_for(require_officer)


def for_administrators(handler: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    """The same, and moderators are not enough; stands under `for_officers` or `form_of_officers`.

    Raises:
        NotAllowed: this is a moderator.
    """

    @wraps(handler)
    async def answer(request: Request, member: Member, *fields: dict[str, str]) -> Response:
        if member.account.role != "admin":
            raise NotAllowed(_FOR_ADMINISTRATORS)
        return await handler(request, member, *fields)

    return answer


async def officers_page(
    request: Request,
    template: str,
    member: Member,
    problems: Mapping[str, object] | None = None,
    status: int = 0,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> Response:
    """A page of moderation; `problems` by the field that has them, "" for the form as a whole.

    `once` is for a form on it: whoever presses its button twice does something once.
    """
    told = {field: capital(said(problem)) for field, problem in (problems or {}).items()}
    return await html_page(
        request,
        f"moderation/{template}",
        status or (422 if told else 200),
        is_private=True,
        problems=told,
        is_admin=member.account.role == "admin",
        is_done=request.method == "GET" and "done" in request.query_params,
        once=new_secret(),
        **values,
    )


@asynccontextmanager
async def only_once(request: Request, member: Member, fields: Mapping[str, str]) -> AsyncIterator[bool]:
    """Whether a form was not sent before, as it is now; from now on it was, unless what it asks for is refused here."""
    key = RequestKey(member.actor.id, form_key(request, fields))
    house = house_of(request)

    def unit(connection: Connection) -> bool:
        return take_once(connection, key, house.clock())

    is_first = await house.database.write(unit)
    try:
        yield is_first
    except UsiFedError:
        if is_first:
            await house.database.write(give_back, key)
        raise


def done(path: str, **query: str) -> Response:
    """Back to a page, which says that it is done."""
    return RedirectResponse(f"{path}?{urlencode({**query, 'done': '1'})}", 303)


def reason_in(fields: Mapping[str, str], problems: dict[str, object]) -> str:
    """Why somebody does something, for the log; what is wrong with it goes to `problems`."""
    reason = fields.get("reason", "").strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        problems["reason"] = Sentence("must have 1 to %(most)s characters", most=LONGEST_REASON)
    return reason
