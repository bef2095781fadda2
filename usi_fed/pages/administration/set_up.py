"""The wizard: ten questions on a few small pages, for whoever has just made a server. Each can be passed over."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.errors import InvalidInput, NotFound
from usi_fed.pages.account.owner import Form, account_page, texts_of, upload_form
from usi_fed.pages.administration import choosing
from usi_fed.pages.administration.administrators import for_administrators
from usi_fed.pages.administration.invitations import NO_INVITATION, invitation_values, make_from
from usi_fed.pages.administration.mails import arrived, send_trial
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.upkeep.findings import Finding

HERE = "/administration/set-up"
# The pages in their order, each with what is chosen there.
STEPS: dict[str, tuple[str, ...]] = {
    "name": ("name", "description"),
    "language": ("language", "time_zone"),
    "look": ("look",),
    "people": ("registrations", "rules"),
    "contact": ("contact_email",),
    "invitation": (),
    "backup": (),
}
_ORDER = list(STEPS)


@for_administrators
async def begin(request: Request, member: Member) -> Response:
    """GET /administration/set-up: to the first page."""
    return RedirectResponse(f"{HERE}/{_ORDER[0]}", 303)


@for_administrators
async def show_step(request: Request, member: Member) -> Response:
    """GET /administration/set-up/{step}

    Raises:
        NotFound: there is no such page.
    """
    return await _page(request, member)


@for_administrators
async def take_step(request: Request, member: Member) -> Response:
    """POST /administration/set-up/{step}: keep what was chosen and go on; a trial mail or an invitation stays here.

    Raises:
        NotFound: there is no such page.
        TooLarge: the picture is larger than any that is taken.
    """
    step = _step(request)
    async with upload_form(request, choosing.MOST_BYTES) as form:
        do = form.get("do", "")
        problems = await choosing.save(request, member, () if do else STEPS[step], form)
        if problems:
            return await _page(request, member, form, problems)
        if step == "contact" and do == "mail":
            return await _tried(request, member, form)
        if step == "invitation" and do == "invite":
            return await _invited(request, member, form)
    return RedirectResponse(_next(step), 303)


async def _tried(request: Request, member: Member, form: Form) -> Response:
    try:
        finding = await send_trial(request, texts_of(form).get("mail_to", ""))
    except InvalidInput as error:
        return await _page(request, member, form, {error.field: error.problem})
    return await _page(request, member, form, finding=finding)


async def _invited(request: Request, member: Member, form: Form) -> Response:
    try:
        link = await make_from(request, member, texts_of(form))
    except InvalidInput as error:
        return await _page(request, member, form, {error.field: error.problem})
    return await _page(request, member, form, link=link)


def _step(request: Request) -> str:
    step: str = request.path_params["step"]
    if step not in STEPS:
        raise NotFound("the wizard has no such page")
    return step


def _next(step: str) -> str:
    following = _ORDER[_ORDER.index(step) + 1 :]
    return f"{HERE}/{following[0]}" if following else "/administration"


async def _page(
    request: Request,
    member: Member,
    form: Form | None = None,
    problems: choosing.Problems | None = None,
    finding: Finding | None = None,
    link: str = "",
) -> Response:
    step, house = _step(request), house_of(request)
    values = await choosing.shown(house, form)
    invitation = invitation_values(texts_of(form or {}), member, link) if step == "invitation" else NO_INVITATION
    number = _ORDER.index(step) + 1
    mail_to = texts_of(form or {}).get("mail_to", member.account.email or "")
    values |= {"finding": finding, "is_sent": finding is not None and arrived(finding), "mail_to": mail_to}
    values |= {"step": step, "number": number, "steps": len(_ORDER), "onward": _next(step), **invitation}
    values["back"] = f"{HERE}/{_ORDER[number - 2]}" if number > 1 else ""
    return await account_page(request, "administration/set_up.html", problems, **values)
