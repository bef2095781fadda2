"""Signing out: in the ordinary way, and leaving quickly, when nobody must see what was on the screen."""

from string import punctuation
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.pages import calendar
from usi_fed.pages.house import House, house_of
from usi_fed.pages.sessions import StaleForm, is_of_this_session, keep_cookie, read_form, session_secret, signed_in

# Spec: W3C Clear Site Data. Browsers heed it over https only, so every cookie is taken away by name as well.
_CLEAR = '"cache", "cookies", "storage"'


async def log_out(request: Request) -> Response:
    """POST /log-out: end the session of this browser, and show the front page.

    Raises:
        StaleForm: the form was on no page that we made for this session.
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    fields = await read_form(request)
    if secret := session_secret(request):
        if not is_of_this_session(request, fields):
            raise StaleForm()
        await _lock_sealed(request)
        await house.accounts.close_session(secret)
    return keep_cookie(house, keep_cookie(house, RedirectResponse("/", 303), web.SESSION, ""), web.SEALED, "")


async def leave(request: Request) -> Response:
    """POST /leave: sign out, let the browser forget this site, and go where the administrator leads.

    It works from a page whose session has ended meanwhile, too: who presses this has no time for an explanation.

    Raises:
        StaleForm: the form was on a page of another site.
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    fields = await read_form(request)
    is_from_here = request.headers.get("sec-fetch-site") == "same-origin"
    if not is_from_here and not is_of_this_session(request, fields):
        raise StaleForm()
    if secret := session_secret(request):
        await _lock_sealed(request)
        await house.accounts.close_session(secret)
    response = _way_out(house)
    response.headers["Clear-Site-Data"] = _CLEAR
    for name in web.COOKIES:
        keep_cookie(house, response, name, "")
    return response


async def _lock_sealed(request: Request) -> None:
    """Close the sealed notes that whoever leaves has open."""
    account = await signed_in(request)
    if account is not None:
        await house_of(request).sealed_notes.lock(account.actor_id)


def _way_out(house: House) -> Response:
    """To the harmless page: our calendar, if no other was chosen.

    To another site it is no redirect: Chromium holds those after a form to the page's `form-action`, and whoever runs
    that site may redirect further. `Refresh` leads there, and leaves nothing to go back to.
    """
    address = quote(house.instance.face.choices.leave_url, safe=punctuation)  # a header's value is ASCII
    if not address:
        return RedirectResponse(calendar.PAGE, 303)
    place = urlsplit(address).hostname or ""
    body = web.page("pages/left.html", address=address, place=place)
    return Response(body, 200, {**calendar.HEADERS, "Refresh": f"0; url={address}"})
