"""Making an account for who has one elsewhere: /join/with/{key}, after a service has said who they are."""

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.elsewhere.model import Arrival, Profile
from usi_fed.accounts.tickets import form_token
from usi_fed.actors.usernames import MAX_LETTERS
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooManyRequests
from usi_fed.pages.answers import html_page
from usi_fed.pages.elsewhere import OFFER, find_invitation
from usi_fed.pages.house import house_of
from usi_fed.pages.invited import inviter_of, reader_of
from usi_fed.pages.joining import LONGEST_NAME, typed_in
from usi_fed.pages.languages import FORM, in_chosen_language
from usi_fed.pages.once import once_at_browser
from usi_fed.pages.sessions import (
    address_of,
    cookie_of,
    form_seed,
    is_from_us,
    keep_cookie,
    read_form,
    signed_in,
    user_agent,
)
from usi_fed.sentences import Sentence
from usi_fed.text.plain import clean_name
from usi_fed.translation import capital, gettext, said, speaking

_KEPT = ("username", "name", "email", "reason")
_GONE = Sentence("It is too long ago, or has been done. Begin again, with the invitation if you had one.")


async def show_form(request: Request) -> Response:
    """GET /join/with/{key}: the form, while somebody is back."""
    arrival = await _arrival(request)
    if arrival is None:
        return await _gone(request)
    with speaking(reader_of(request, await find_invitation(request, arrival.invitation))):
        return await _form_page(request, arrival, _suggested(arrival.identity.profile), {})


async def join(request: Request) -> Response:
    """POST /join/with/{key}: make the account and sign its owner in; then on to what they show elsewhere.

    Where an officer decides who joins, they wait as everybody else does.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    again = await in_chosen_language(request, fields, lambda: _form_again(request, fields))
    return again or await once_at_browser(request, fields, lambda: _join(request, fields))


async def _form_again(request: Request, fields: dict[str, str]) -> Response:
    arrival = await _arrival(request)
    return await (_form_page(request, arrival, fields, {}) if arrival else _gone(request))


async def _join(request: Request, fields: dict[str, str]) -> Response:
    arrival = await _arrival(request)
    if arrival is None:
        return await _gone(request)
    with speaking(reader_of(request, await find_invitation(request, arrival.invitation))):
        return await _join_with(request, arrival, fields)


async def _join_with(request: Request, arrival: Arrival, fields: dict[str, str]) -> Response:
    if not is_from_us(request, fields):
        return await _form_page(request, arrival, fields, {"": web.STALE_FORM})
    try:
        return await _joined(request, arrival, fields)
    except InvalidInput as error:
        return await _form_page(request, arrival, fields, {error.field: error.problem})
    except (Conflict, NotAllowed, TooManyRequests) as error:
        return await _form_page(request, arrival, fields, {"": error.args[0]}, error.status)
    except NotFound:
        return await _gone(request)


async def _joined(request: Request, arrival: Arrival, fields: dict[str, str]) -> Response:
    house = house_of(request)
    typed = (request.path_params["key"], cookie_of(request, web.FORM), *typed_in(fields))
    if house.joining_elsewhere.asks(arrival, address_of(request)):
        await house.joining_elsewhere.ask(*typed, fields.get("reason", ""), address_of(request))
        return RedirectResponse("/join/asked", 303)
    account, arrival = await house.joining_elsewhere.join(*typed, address_of(request))
    secret = await house.accounts.open_session(account.actor_id, user_agent(request))
    offer = await house.offers.bring(account.actor_id, arrival.identity)
    onward = OFFER if offer.parts else "/welcome"
    return keep_cookie(house, RedirectResponse(onward, 303), web.SESSION, secret)


async def _arrival(request: Request) -> Arrival | None:
    seed = cookie_of(request, web.FORM)
    return await house_of(request).joining_elsewhere.find(request.path_params["key"], seed) if seed else None


async def _gone(request: Request) -> Response:
    """The second of two clicks comes here, too."""
    if await signed_in(request) is not None:
        return RedirectResponse("/welcome", 303)
    title = gettext("This link cannot be used")
    return await html_page(request, "pages/error.html", 404, title=title, explanation=said(_GONE))


def _suggested(profile: Profile) -> dict[str, str]:
    """The name elsewhere, and a user name as one may be here, as near as possible to that."""
    username = re.sub(r"[^a-z0-9_]+", "_", profile.username.lower()).strip("_")[:MAX_LETTERS]
    return {"username": username, "name": clean_name(profile.name, LONGEST_NAME)}


async def _form_page(
    request: Request, arrival: Arrival, fields: dict[str, str], problems: dict[str, str], status: int = 0
) -> Response:
    """The form, with what was typed before and what is wrong with it, by field; "" is the form as a whole."""
    house, seed = house_of(request), form_seed(request)
    asks = house.joining_elsewhere.asks(arrival, address_of(request))
    invitation = await find_invitation(request, arrival.invitation)
    response = await html_page(
        request,
        "pages/join.html",
        status or 403 if problems.get("") else 422 if problems else 200,
        is_private=True,
        action=request.url.path,
        form_token=form_token(seed),
        is_first=False,
        inviter=await inviter_of(house, invitation) if invitation else None,
        is_officer=invitation is not None and invitation.role == "moderator",
        is_open=False,
        asks=asks,
        handles=house.urls.handles,
        typed={name: fields.get(name, "") for name in _KEPT},
        problems={field: capital(said(problem)) for field, problem in problems.items()},
        from_elsewhere="",
        label=arrival.identity.label,
        language_form=FORM,
        brings_name=bool(arrival.identity.profile.name) and not asks,
    )
    return keep_cookie(house, response, web.FORM, seed)
