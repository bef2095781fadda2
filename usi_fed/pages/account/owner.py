"""Whose account the pages below /account are about: whoever is signed in, and nobody else's."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.model import Account
from usi_fed.media.uploads import limited
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Handler, Member, MemberHandler, page_for
from usi_fed.pages.sessions import Sent
from usi_fed.translation import capital, said
from usi_fed.unions.roles import Permission

MOST_FILES, MOST_FIELDS = 4, 100

Form = dict[str, Any]
"""What a form with files sent, by name: a text, or Starlette's `UploadFile`."""


Owner = Member
"""Who looks after an account: their own, or as an officer that of an organisation."""


def for_owner(*needed: Permission) -> Callable[[MemberHandler], Handler]:
    """Makes a page for who is signed in; others sign in first. An organisation's needs one of these rights in it.

    It raises StaleForm for who was signed out meanwhile; what their form says is kept for sending it again.
    """
    return page_for(_whoever, *needed)


def _whoever(account: Account) -> None:
    """Everybody looks after their account."""


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


async def note(request: Request, owner: Owner, action: str) -> None:
    """Write down what an officer does with the account of an organisation; what people do with their own is theirs."""
    if owner.office is not None:
        await house_of(request).unions.note(owner.person.id, owner.office.organisation, action)


def texts_of(form: Form) -> dict[str, str]:
    """What was typed."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def network_address(request: Request) -> str:
    """The network address that asks."""
    return request.client.host if request.client else ""


def _clean(value: str | UploadFile) -> str | UploadFile:
    """PostgreSQL cannot store NUL characters."""
    return value.replace("\0", "") if isinstance(value, str) else value
