"""Making an account: with a one-time link (the first administrator's, or an invitation), or by oneself."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.accounts.model import Account, Invitation
from usi_fed.accounts.tickets import form_token
from usi_fed.actors.store import get_actor
from usi_fed.errors import InvalidInput, NotAllowed, NotFound, TooManyRequests
from usi_fed.onion import is_by_onion
from usi_fed.pages.answers import html_page
from usi_fed.pages.groups.mine import find_suggestions
from usi_fed.pages.house import House, house_of
from usi_fed.pages.invited import inviter_of, is_for_the_first, may_come_from_elsewhere, reader_of
from usi_fed.pages.languages import FORM, in_chosen_language
from usi_fed.pages.once import once_at_browser
from usi_fed.pages.sessions import (
    address_of,
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

LONGEST_NAME = 100
TRAP = "website"
"""A field that people do not see and programs fill in."""
_KEPT = ("username", "name", "email", "reason")
_NOTHING_SPECIAL: dict[str, object] = {
    "is_first": False,
    "inviter": None,
    "is_officer": False,
    "is_open": False,
    "asks": False,
    "from_elsewhere": "",
    "label": "",
    "brings_name": False,
}
_TRAPPED = Sentence("One field has to stay empty. Please take out what is in it.")
_USED = Sentence("It has been used up, is too old, or was mistyped.")
_NEW_SET_UP = Sentence(
    "Whoever runs the server sees a new one when it starts, as long as nobody is an administrator here."
)
_NEW_INVITATION = Sentence("Ask whoever sent it to you for a new one.")


async def show_invitation(request: Request) -> Response:
    """GET /set-up/{code} and /join/{code}: the form, while the link can still be used."""
    invitation = await _find_invitation(request)
    if invitation is None:
        return await _useless_link(request)
    with speaking(reader_of(request, invitation)):
        return await _form_page(request, invitation, {}, {})


async def accept_invitation(request: Request) -> Response:
    """POST /set-up/{code} and /join/{code}: make the account and sign its owner in.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    fields = await read_form(request)
    again = await in_chosen_language(request, fields, lambda: _invitation_again(request, fields))
    return again or await once_at_browser(request, fields, lambda: _accept(request, fields))


async def _invitation_again(request: Request, fields: dict[str, str]) -> Response:
    invitation = await _find_invitation(request)
    return await (_form_page(request, invitation, fields, {}) if invitation else _useless_link(request))


async def _accept(request: Request, fields: dict[str, str]) -> Response:
    invitation = await _find_invitation(request)
    if invitation is None:
        return await _useless_link(request)
    with speaking(reader_of(request, invitation)):
        return await _accept_with(request, invitation, fields)


async def _accept_with(request: Request, invitation: Invitation, fields: dict[str, str]) -> Response:
    house = house_of(request)
    if not is_from_us(request, fields):
        return await _form_page(request, invitation, fields, {"": web.STALE_FORM})
    try:
        account = await _make_account(request, invitation, fields)
    except InvalidInput as error:
        return await _form_page(request, invitation, fields, {error.field: error.problem})
    except (NotAllowed, TooManyRequests) as error:
        return await _form_page(request, invitation, fields, {"": error.args[0]}, error.status)
    secret = await house.accounts.open_session(account.actor_id, user_agent(request))
    return keep_cookie(house, RedirectResponse("/welcome", 303), web.SESSION, secret)


async def show_joining(request: Request) -> Response:
    """GET /join: the form for everybody, where this server lets people come by themselves.

    Raises:
        NotFound: it does not.
    """
    if not house_of(request).joining.is_possible:
        raise NotFound("people join by invitation only")
    return await _open_page(request, {}, {})


async def join(request: Request) -> Response:
    """POST /join: make the account and sign its owner in, or have an officer look first.

    Raises:
        NotFound: this server takes nobody in like that.
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    if not house.joining.is_possible:
        raise NotFound("people join by invitation only")
    fields = await read_form(request)
    if again := await in_chosen_language(request, fields, lambda: _open_page(request, fields, {})):
        return again
    if not is_from_us(request, fields):
        return await _open_page(request, fields, {"": web.STALE_FORM})
    if fields.get(TRAP):
        return await _open_page(request, fields, {"": _TRAPPED})
    return await once_at_browser(request, fields, lambda: _join(request, fields))


async def _join(request: Request, fields: dict[str, str]) -> Response:
    try:
        return await _joined(request, fields)
    except InvalidInput as error:
        return await _open_page(request, fields, {error.field: error.problem})
    except (NotAllowed, TooManyRequests) as error:
        return await _open_page(request, fields, {"": error.args[0]}, error.status)


async def show_asked(request: Request) -> Response:
    """GET /join/asked: what happens now."""
    return await html_page(request, "pages/asked.html", is_private=True)


async def show_welcome(request: Request) -> Response:
    """GET /welcome: what a new person needs to know, once signed in."""
    house = house_of(request)
    account = await signed_in(request)
    if account is None:
        return RedirectResponse("/", 303)
    actor = await house.database.read(get_actor, account.actor_id)
    return await html_page(
        request,
        "pages/welcome.html",
        is_private=True,
        handle=f"@{actor.username}@{house.urls.handles}",
        profile=house.urls.paths.profile(actor.username),
        domain=house.settings.domain,
        is_admin=account.role == "admin",
        suggestions=await find_suggestions(house, actor.id),
    )


async def _joined(request: Request, fields: dict[str, str]) -> Response:
    house = house_of(request)
    typed = typed_in(fields)
    if house.joining.asks(address_of(request)):
        await house.joining.ask(*typed, fields.get("reason", ""), address_of(request))
        return RedirectResponse("/join/asked", 303)
    account = await house.joining.join(*typed, address_of(request))
    secret = await house.accounts.open_session(account.actor_id, user_agent(request))
    return keep_cookie(house, RedirectResponse("/welcome", 303), web.SESSION, secret)


async def _open_page(
    request: Request, fields: dict[str, str], problems: Mapping[str, object], status: int = 0
) -> Response:
    joining = house_of(request).joining
    asks = joining.asks(address_of(request))
    from_elsewhere = "" if is_by_onion() else "/log-in/elsewhere"
    return await _page(request, fields, problems, status, is_open=True, asks=asks, from_elsewhere=from_elsewhere)


async def _find_invitation(request: Request) -> Invitation | None:
    return await house_of(request).accounts.find_invitation(request.path_params["code"])


async def _useless_link(request: Request) -> Response:
    """Says what may have become of a link, and who makes a new one."""
    is_first = request.url.path.startswith("/set-up/")
    return await html_page(
        request,
        "pages/error.html",
        404,
        title=gettext("This link cannot be used"),
        explanation=f"{said(_USED)} {said(_NEW_SET_UP if is_first else _NEW_INVITATION)}",
    )


async def _make_account(request: Request, invitation: Invitation, fields: dict[str, str]) -> Account:
    return await house_of(request).joining.accept(
        invitation, request.path_params["code"], *typed_in(fields), address_of(request)
    )


def typed_in(fields: dict[str, str]) -> tuple[str, str, str, str | None]:
    """User name, name, password and e-mail address, as somebody typed them to join."""
    name = clean_name(fields.get("name", ""), LONGEST_NAME)
    return fields.get("username", ""), name, fields.get("password", ""), fields.get("email")


async def _form_page(
    request: Request,
    invitation: Invitation,
    fields: dict[str, str],
    problems: Mapping[str, object],
    status: int = 0,
) -> Response:
    return await _page(
        request,
        fields,
        problems,
        status,
        is_first=is_for_the_first(invitation),
        inviter=await inviter_of(house_of(request), invitation),
        is_officer=invitation.role == "moderator",
        from_elsewhere=await _from_elsewhere(request, invitation),
    )


async def _page(
    request: Request, fields: dict[str, str], problems: Mapping[str, object], status: int = 0, **kind: object
) -> Response:
    """The form, with what was typed before and what is wrong with it, by field; "" is the form as a whole."""
    house: House = house_of(request)
    seed = form_seed(request)
    response = await html_page(
        request,
        "pages/join.html",
        status or (403 if problems.get("") else 422 if problems else 200),
        is_private=True,
        action=request.url.path,
        form_token=form_token(seed),
        handles=house.urls.handles,
        typed={name: fields.get(name, "") for name in _KEPT},
        problems={field: capital(said(problem)) for field, problem in problems.items()},
        language_form=FORM,
        trap=TRAP,
        **{**_NOTHING_SPECIAL, **kind},
    )
    return keep_cookie(house, response, web.FORM, seed)


async def _from_elsewhere(request: Request, invitation: Invitation) -> str:
    """Where somebody goes who has an account elsewhere.

    It is "" where that is not offered, and by the onion address, to which no way leads back.
    """
    is_offered = not is_by_onion() and await may_come_from_elsewhere(house_of(request), invitation)
    return f"/join/{request.path_params['code']}/elsewhere" if is_offered else ""
