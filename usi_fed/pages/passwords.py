"""Choosing a new password, for who forgot the old one: asking for a link, and using it."""

from starlette.requests import Request
from starlette.responses import Response

from usi_fed import web
from usi_fed.accounts.tickets import form_token
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.once import once_at_browser
from usi_fed.pages.sessions import form_seed, is_from_us, keep_cookie, read_form
from usi_fed.translation import capital, gettext, said


async def show_forgotten(request: Request) -> Response:
    """GET /forgotten: the form that asks for a link.

    Raises:
        NotFound: no mail is sent here.
    """
    _house(request)
    return await _asking_page(request)


async def ask_for_link(request: Request) -> Response:
    """POST /forgotten: mail a link, if there is somebody to mail it to; the answer is the same for all.

    Raises:
        NotFound: no mail is sent here.
        TooManyRequests: this network asks too often.
        InvalidInput, TooLarge: what came is not our form.
    """
    house = _house(request)
    fields = await read_form(request)
    if not is_from_us(request, fields):
        return await _asking_page(request, said(web.STALE_FORM), 403)
    address = request.client.host if request.client else ""
    await house.recovery.ask(fields.get("login", ""), address)
    return await html_page(request, "pages/forgotten.html", is_private=True, is_asked=True)


async def show_new_password(request: Request) -> Response:
    """GET /new-password/{code}: the form, while the link can still be used."""
    if not await house_of(request).accounts.may_recover(request.path_params["code"]):
        return await _useless_link(request)
    return await _choosing_page(request)


async def choose_password(request: Request) -> Response:
    """POST /new-password/{code}: the new password holds, and everything that was signed in is signed out.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    if not is_from_us(request, fields):
        return await _choosing_page(request, said(web.STALE_FORM), 403)
    return await once_at_browser(request, fields, lambda: _choose(request, fields))


async def _choose(request: Request, fields: dict[str, str]) -> Response:
    try:
        await house_of(request).accounts.recover(request.path_params["code"], fields.get("password", ""))
    except InvalidInput as error:
        return await _choosing_page(request, capital(said(error.problem)), 422)
    except NotFound:
        return await _useless_link(request)
    return await html_page(request, "pages/new_password.html", is_private=True, is_chosen=True)


def _house(request: Request) -> House:
    house = house_of(request)
    if not house.recovery.is_possible:
        raise NotFound("no mail is sent here")
    return house


async def _asking_page(request: Request, problem: str = "", status: int = 200) -> Response:
    return await _form_page(request, "pages/forgotten.html", status, is_asked=False, problem=problem)


async def _choosing_page(request: Request, problem: str = "", status: int = 200) -> Response:
    values = {"is_chosen": False, "problem": problem, "action": request.url.path}
    return await _form_page(request, "pages/new_password.html", status, **values)


async def _form_page(request: Request, template: str, status: int, **values: object) -> Response:
    seed = form_seed(request)
    response = await html_page(request, template, status, is_private=True, form_token=form_token(seed), **values)
    return keep_cookie(house_of(request), response, web.FORM, seed)


async def _useless_link(request: Request) -> Response:
    title = gettext("This link cannot be used")
    explanation = gettext(
        "It has been used, is older than an hour, or a newer one was sent. Ask for another where you sign in."
    )
    return await html_page(request, "pages/error.html", 404, title=title, explanation=explanation)
