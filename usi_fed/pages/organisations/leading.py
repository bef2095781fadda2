"""How a group is led: who comes in, who may post, its rules, and whether strangers may know of it."""

from collections.abc import Mapping
from typing import get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.errors import InvalidInput, NotFound
from usi_fed.groups.model import Admission, Group, Posting
from usi_fed.groups.store import find_group
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.organisations.standing import Standing, done, for_house, form_of_house, house_page
from usi_fed.sentences import Sentence
from usi_fed.translation import said
from usi_fed.unions.describing import Change

ADMISSIONS: Mapping[Admission, tuple[Sentence, Sentence]] = {
    "open": (Sentence("Everybody"), Sentence("Whoever wants to belong to it does, at once.")),
    "ask": (Sentence("Who asks and is let in"), Sentence("A steward or secretary decides.")),
    "invited": (Sentence("Only who is invited"), Sentence("Nobody can ask.")),
}
POSTINGS: Mapping[Posting, tuple[Sentence, Sentence]] = {
    "members": (Sentence("Members"), Sentence("What others send waits until a steward has read it.")),
    "anyone": (Sentence("Everybody"), Sentence("What anybody sends stands there at once.")),
}
_OFFERED = Sentence("must be one of those that are offered")


@for_house
async def show_settings(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/settings: the form for who governs, the words for the others.

    Raises:
        NotFound: it is no group.
    """
    led = await _led(request, standing)
    concealed = "1" if standing.organisation.concealed else ""
    typed = {"admission": led.admission, "posting": led.posting, "rules": led.rules_source, "how": led.how}
    return await _page(request, standing, {**typed, "concealed": concealed})


@form_of_house
async def save_settings(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/settings: from now on it is led so; to show what is hidden waits for a second person.

    Raises:
        NotFound: it is no group.
        NotAllowed: the member does not govern it.
    """
    house, led = house_of(request), await _led(request, standing)
    group_id, by = standing.organisation.id, member.person.id
    admission = next((one for one in get_args(Admission) if one == fields.get("admission")), None)
    posting = next((one for one in get_args(Posting) if one == fields.get("posting")), None)
    rules, how = (fields.get(name, "").replace("\r\n", "\n").strip() for name in ("rules", "how"))
    try:
        if admission is None or posting is None:
            raise InvalidInput("admission" if admission is None else "posting", _OFFERED)
        await house.groups.set_up(
            group_id,
            by,
            admission=None if admission == led.admission else admission,
            posting=None if posting == led.posting else posting,
            rules=None if rules == led.rules_source else rules,
            how=None if how == led.how else how,
        )
        is_concealed = "concealed" in fields
        waiting = []
        if is_concealed != standing.organisation.concealed:
            waiting = await house.unions.describe(group_id, Change(is_concealed=is_concealed), by)
    except InvalidInput as error:
        return await _page(request, standing, fields, {error.field: error.problem})
    return RedirectResponse(f"{standing.home}/proposals", 303) if waiting else done(f"{standing.home}/settings")


async def _led(request: Request, standing: Standing) -> Group:
    led = await house_of(request).database.read(find_group, standing.organisation)
    if led is None:
        raise NotFound("no group")
    return led


async def _page(
    request: Request, standing: Standing, typed: Mapping[str, str], problems: Mapping[str, object] | None = None
) -> Response:
    is_network = standing.about.kind == "EmployerNetwork"
    admissions = [(one, *map(said, words)) for one, words in ADMISSIONS.items() if one == "ask" or not is_network]
    return await house_page(
        request,
        "settings.html",
        standing,
        problems,
        typed={name: typed.get(name, "") for name in ("admission", "posting", "rules", "how", "concealed")},
        may_change=standing.may("govern"),
        admissions=admissions,
        postings=[(one, *map(said, words)) for one, words in POSTINGS.items()],
    )
