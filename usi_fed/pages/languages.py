"""Choosing the language of the pages: kept with the account, or at this browser for strangers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.store import change_account
from usi_fed.errors import InvalidInput
from usi_fed.pages.house import house_of
from usi_fed.pages.interaction import local_path
from usi_fed.pages.sessions import StaleForm, is_from_us, is_of_this_session, keep_cookie, read_form, signed_in
from usi_fed.translation import LANGUAGES, reader, speaking

FORM = "joining"
"""The id of a form whose page lets people choose the language within it, so that what they typed stays."""


async def choose_language(request: Request) -> Response:
    """POST /language?next=: from here on the pages speak the language `to`.

    Raises:
        InvalidInput, TooLarge: what came is not our form, or the language is none of ours.
        StaleForm: the form was on a page of another site, or of another session.
    """
    house = house_of(request)
    fields = await read_form(request)
    chosen = LANGUAGES.get(fields.get("to", ""))
    if chosen is None:
        raise InvalidInput("to", f"must be one of {', '.join(LANGUAGES)}")
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise StaleForm()
    account = await signed_in(request)
    if account is not None:
        if not is_of_this_session(request, fields):
            raise StaleForm()
        await house.database.write(change_account, account.actor_id, locale=chosen.tag)
    destination = RedirectResponse(local_path(request.query_params.get("next", "")), 303)
    return keep_cookie(house, destination, web.LANGUAGE, chosen.tag)


async def in_chosen_language(
    request: Request, fields: dict[str, str], show: Callable[[], Awaitable[Response]]
) -> Response | None:
    """The page of a form again, in the language that was chosen on it; None when the form was really sent."""
    chosen = LANGUAGES.get(fields.get("to", ""))
    if chosen is None or not is_from_us(request, fields):
        return None
    with speaking(replace(reader(), language=chosen)):
        return keep_cookie(house_of(request), await show(), web.LANGUAGE, chosen.tag)
