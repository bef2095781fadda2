"""The profile of an organisation: name, text, badge, banner and table, for those who publish in its name."""

from collections.abc import Mapping

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed import web
from usi_fed.errors import InvalidInput, NotAllowed
from usi_fed.moderation.log_store import log_act
from usi_fed.outbox.profiles import TypedField
from usi_fed.pages.account.owner import texts_of, upload_form
from usi_fed.pages.account.profile import MOST_BYTES, as_it_is, change_in, form_values, rows_in
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.organisations.standing import Standing, done, for_house, house_page
from usi_fed.pages.sessions import is_of_this_session
from usi_fed.sentences import Sentence


@for_house
async def show_profile(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/profile"""
    return await _page(request, standing, *as_it_is(standing.organisation))


@for_house
async def save_profile(request: Request, member: Member, standing: Standing) -> Response:
    """POST /organisations/{name}/profile: what was typed is the profile from now on, here and on other servers.

    Raises:
        NotAllowed: no office gives that right.
        TooLarge: the pictures are larger than any that are taken.
    """
    if not standing.may("publish"):
        raise NotAllowed(Sentence("Your office in this organisation does not give you this right."))
    house, organisation = house_of(request), standing.organisation
    async with upload_form(request, MOST_BYTES) as form:
        texts = texts_of(form)
        try:
            if not is_of_this_session(request, texts):
                raise InvalidInput("", web.STALE_FORM)
            change = await change_in(house, form, organisation)
        except InvalidInput as error:
            problems = {error.field: error.problem}
            return await _page(request, standing, texts, rows_in(texts), problems, 422 if error.field else 403)
        changed = await house.publisher.update_profile(organisation, change)

    def log(connection: Connection) -> None:
        told = f"@{changed.handle}"
        log_act(connection, member.actor.id, "organisation profile", told, house.clock(), changed.id)

    await house.database.write(log)
    return done(f"{standing.home}/profile")


async def _page(
    request: Request,
    standing: Standing,
    texts: dict[str, str],
    rows: list[TypedField],
    problems: Mapping[str, object] | None = None,
    status: int = 0,
) -> Response:
    shown = form_values(standing.organisation, texts, rows, house_of(request).urls.paths)
    action = f"{standing.home}/profile"
    return await house_page(
        request, "profile.html", standing, problems, status, action=action, may_be_bot=False, is_bot=False, **shown
    )
