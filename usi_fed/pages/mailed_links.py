"""Signing in with a link that comes by mail: asking for one, and using it."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from usi_fed import web
from usi_fed.accounts.tickets import form_token
from usi_fed.errors import NotAllowed, NotFound
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.once import once_at_browser
from usi_fed.pages.sessions import address_of, client_of, cookie_of, form_seed, is_from_us, keep_cookie, read_form
from usi_fed.pages.signing_in import destination_of, go_on, keeping_opener, log_in_page
from usi_fed.translation import gettext, said


async def show_asking(request: Request) -> Response:
    """GET /log-in/link?next=: the form that asks for a link.

    Raises:
        NotFound: no mail is sent here.
    """
    _house(request)
    return await _asking_page(request)


async def ask_for_link(request: Request) -> Response:
    """POST /log-in/link: mail a link, if there is somebody to mail it to; the answer is the same for all.

    Raises:
        NotFound: no mail is sent here.
        TooManyRequests: this network asks too often.
        InvalidInput, TooLarge: what came is not our form.
    """
    house = _house(request)
    fields = await read_form(request)
    if not is_from_us(request, fields):
        return await _asking_page(request, said(web.STALE_FORM), 403)
    seed = cookie_of(request, web.FORM)
    await house.mailed_links.ask(fields.get("login", ""), seed, destination_of(request), address_of(request))
    return await html_page(request, "pages/mailed_link.html", is_private=True, state="asked")


async def show_link(request: Request) -> Response:
    """GET /log-in/link/{code}: a button; programs that look at mail open every link, and must not use it up."""
    code, seed = request.path_params["code"], cookie_of(request, web.FORM)
    if not await house_of(request).mailed_links.is_good(code, seed):
        return await _useless_link(request)
    return await html_page(
        request,
        "pages/mailed_link.html",
        is_private=True,
        state="here",
        action=request.url.path,
        form_token=form_token(seed),
    )


async def use_link(request: Request) -> Response:
    """POST /log-in/link/{code}: sign in, or go on to the second step.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    if not is_from_us(request, fields):
        return await _useless_link(request)
    return await once_at_browser(request, fields, lambda: _use(request))


async def _use(request: Request) -> Response:
    code, seed = request.path_params["code"], cookie_of(request, web.FORM)
    try:
        outcome, destination = await house_of(request).mailed_links.use(code, seed, client_of(request))
    except NotFound:
        return await _useless_link(request)
    except NotAllowed as error:
        return await log_in_page(request, said(error), error.status)
    return go_on(request, outcome, destination)


def _house(request: Request) -> House:
    house = house_of(request)
    if not house.mailed_links.is_possible:
        raise NotFound("no mail is sent here")
    return house


async def _asking_page(request: Request, problem: str = "", status: int = 200) -> Response:
    seed = form_seed(request)
    response = await html_page(
        request,
        "pages/mailed_link.html",
        status,
        is_private=True,
        state="asking",
        action=f"/log-in/link?{urlencode({'next': destination_of(request)})}",
        form_token=form_token(seed),
        problem=problem,
    )
    return keep_cookie(house_of(request), keeping_opener(response), web.FORM, seed)


async def _useless_link(request: Request) -> Response:
    title = gettext("This link cannot be used")
    explanation = gettext(
        "It has been used, is older than a quarter of an hour, or was asked for in another browser. "
        "Ask for another where you sign in."
    )
    return await html_page(request, "pages/error.html", 404, title=title, explanation=explanation)
