"""Whose account the pages below /account are about: whoever is signed in, and nobody else's."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.model import Account
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.media.uploads import limited
from usi_fed.pages.answers import Handler, html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.late_forms import too_late
from usi_fed.pages.sessions import Sent, log_in_first, signed_in
from usi_fed.translation import capital, said

MOST_FILES, MOST_FIELDS = 4, 100

Form = dict[str, Any]
"""What a form with files sent, by name: a text, or Starlette's `UploadFile`."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is signed in, and who that is to the network."""

    account: Account
    actor: Actor


def for_owner(handler: Callable[[Request, Owner], Awaitable[Response]]) -> Handler:
    """A handler for who is signed in; others sign in first.

    It raises StaleForm for who was signed out meanwhile; what their form says is kept for sending it again.
    """

    @wraps(handler)
    async def answer(request: Request) -> Response:
        account = await signed_in(request)
        if account is not None:
            actor = await house_of(request).database.read(get_actor, account.actor_id)
            return await handler(request, Owner(account, actor))
        if request.method == "POST":
            raise await too_late(request)
        return log_in_first(request)

    return answer


async def account_page(
    request: Request,
    template: str,
    problems: Mapping[str, object] | None = None,
    status: int = 0,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> Response:
    """A page about the account; `problems` by the field that has them, "" for the form as a whole."""
    told = {field: capital(said(problem)) for field, problem in (problems or {}).items()}
    is_saved = request.method == "GET" and "saved" in request.query_params
    status = status or (403 if "" in told else 422 if told else 200)
    return await html_page(request, template, status, is_private=True, problems=told, is_saved=is_saved, **values)


@asynccontextmanager
async def upload_form(request: Request, most_bytes: int) -> AsyncIterator[Form]:
    """What a form with files sent; the files are closed when the context ends.

    Raises:
        TooLarge: it has more than `most_bytes`.
        HTTPException: it cannot be read.
    """
    async with limited(request, most_bytes).form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
        cleaned = {name: _clean(value) for name, value in form.multi_items()}
        has_files = any(isinstance(value, UploadFile) and value.size for value in cleaned.values())
        request.state.sent = Sent(texts_of(cleaned), has_files)
        yield cleaned


def texts_of(form: Form) -> dict[str, str]:
    """What was typed."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def network_address(request: Request) -> str:
    """The network address that asks."""
    return request.client.host if request.client else ""


def _clean(value: str | UploadFile) -> str | UploadFile:
    """PostgreSQL cannot store NUL characters."""
    return value.replace("\0", "") if isinstance(value, str) else value
