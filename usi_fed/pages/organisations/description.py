"""What an organisation says it is: its kind, where it belongs in the movement, where on earth, and who may find it."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.activitypub.organisation_parsing import ACTOR_TYPES, OrganisationKind
from usi_fed.actors.model import Organisation
from usi_fed.errors import InvalidInput
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.organisations.standing import Standing, done, for_house, form_of_house, house_page
from usi_fed.pages.organisations.words import countries, country_name, language_name, term_name
from usi_fed.sentences import Sentence
from usi_fed.translation import said, tongues
from usi_fed.unions.describing import Change
from usi_fed.unions.founding import Description
from usi_fed.unions.taxonomy import KINDS, REGIONS, SECTORS, THEMES

_DEGREES = Sentence("must be two numbers: degrees of latitude (-90 to 90) and longitude (-180 to 180)")
_FIELDS = {"listed": "is_listed"}
_OFFERED = Sentence("must be one of those that are offered")


@for_house
async def show_description(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/description: the form for who governs, the words for the others."""
    about = standing.about
    place = "" if about.latitude is None else f"{about.latitude}, {about.longitude}"
    typed = {
        "kind": about.kind,
        "country": about.country,
        "region": about.region,
        "place": place,
        "is_listed": "1" if about.is_listed else "",
        "risk": about.risk,
    }
    ticked = {f"sector_{one}" for one in about.sectors} | {f"theme_{one}" for one in about.themes}
    return await _page(request, standing, typed, ticked | {f"language_{one}" for one in about.languages})


@form_of_house
async def save_description(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/description: from now on it is that."""
    try:
        description = _of_form(fields, standing)
        change = Change(description=description, risk="high" if "risk" in fields else "")
        waiting = await house_of(request).unions.describe(standing.organisation.id, change, member.actor.id)
    except InvalidInput as error:
        return await _page(
            request, standing, fields, set(fields), {_FIELDS.get(error.field, error.field): error.problem}
        )
    return RedirectResponse(f"{standing.home}/proposals", 303) if waiting else done(f"{standing.home}/description")


def _of_form(fields: Mapping[str, str], standing: Standing) -> Description:
    kind = next((one for one in _kinds(standing) if one == fields.get("kind")), None)
    if kind is None:
        raise InvalidInput("kind", _OFFERED)
    spoken = [tag for tag, _ in _languages(standing.about)]
    return Description(
        kind=kind,
        parent_uri=standing.about.parent_uri if kind == "Branch" else None,
        sectors=tuple(term for term in SECTORS if f"sector_{term}" in fields),
        themes=tuple(term for term in THEMES if f"theme_{term}" in fields),
        country=fields.get("country", ""),
        region=fields.get("region", ""),
        languages=tuple(tag for tag in spoken if f"language_{tag}" in fields),
        place=_place(fields.get("place", "")),
        is_listed="is_listed" in fields,
    )


def _place(typed: str) -> tuple[float, float] | None:
    """Latitude and longitude, as a map shows them; in Arabic they may have other digits and another comma."""
    numbers = [one for one in re.split(r"[,،;\s]+", typed.strip()) if one]
    if not numbers:
        return None
    try:
        latitude, longitude = (float(one.replace("\u2212", "-").replace("٫", ".")) for one in numbers)
    except ValueError as error:
        raise InvalidInput("place", _DEGREES) from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # NaN neither
        raise InvalidInput("place", _DEGREES)
    return latitude, longitude


def _kinds(standing: Standing) -> list[OrganisationKind]:
    """What an organisation may become: its type on the wire stays, and so does whether it is a branch."""
    now = standing.about.kind
    if now == "Branch":
        return [now]
    return [kind for kind in KINDS if ACTOR_TYPES[kind] == ACTOR_TYPES[now] and kind != "Branch"]


def _languages(about: Organisation) -> list[tuple[str, str]]:
    """The languages that are offered, and those that it has."""
    offered = tongues()
    more = [(tag, language_name(tag)) for tag in about.languages if tag not in dict(offered)]
    return [*offered, *more]


async def _page(
    request: Request,
    standing: Standing,
    typed: Mapping[str, str],
    ticked: set[str],
    problems: Mapping[str, object] | None = None,
) -> Response:
    about = standing.about
    values: dict[str, Any] = {
        "typed": {name: typed.get(name, "") for name in ("kind", "country", "region", "place", "is_listed", "risk")},
        "ticked": ticked,
        "facts": _facts(about),
        "may_change": standing.may("govern"),
    }
    if values["may_change"]:
        values |= {
            "kinds": [(kind, said(KINDS[kind])) for kind in _kinds(standing)],
            "sectors": [(f"sector_{term}", said(words)) for term, words in SECTORS.items()],
            "themes": [(f"theme_{term}", said(words)) for term, words in THEMES.items()],
            "regions": [(term, said(words)) for term, words in REGIONS.items()],
            "countries": countries(),
            "spoken": [(f"language_{tag}", name) for tag, name in _languages(about)],
        }
    return await house_page(request, "description.html", standing, problems, **values)


def _facts(about: Organisation) -> dict[str, str]:
    return {
        "sectors": ", ".join(term_name(one, SECTORS) for one in about.sectors),
        "themes": ", ".join(term_name(one, THEMES) for one in about.themes),
        "country": country_name(about.country) if about.country else "",
        "region": term_name(about.region, REGIONS) if about.region else "",
        "languages": ", ".join(language_name(tag) for tag in about.languages),
    }
