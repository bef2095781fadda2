"""What an organisation says of itself in the terms of `usi:`, read into one frozen form.

Spec: `docs/vocabulary.md`; `../shared/domain.md` section 4.1
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from usi_fed.activitypub.lenient import each, has_type, mapping_of, text_of, types_of, uri_of

OrganisationKind = Literal[
    "Union",
    "Federation",
    "NGO",
    "LabourService",
    "Movement",
    "Media",
    "College",
    "Branch",
    "Group",
    "EmployerNetwork",
]

ACTOR_TYPES: Mapping[OrganisationKind, Literal["Organization", "Group"]] = {
    kind: "Group" if kind in ("Branch", "Group", "EmployerNetwork") else "Organization"
    for kind in get_args(OrganisationKind)
}
"""The type on the wire of each kind: to a group people belong and post, an organisation speaks."""

MAX_TERMS = 20
_TERM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class ParsedOrganisation:
    """The kind and the place of an organisation in the movement; nothing in it is proven.

    `sectors`, `themes` and `region` are terms of `docs/vocabulary.md` or others' of the same form, `country` is of
    ISO 3166-1 or "", `languages` are of BCP 47. `place` is latitude and longitude in degrees. `is_listed`: it wants to
    stand in directories.
    """

    kind: OrganisationKind
    parent_uri: str | None
    sectors: tuple[str, ...]
    themes: tuple[str, ...]
    country: str
    region: str
    languages: tuple[str, ...]
    place: tuple[float, float] | None
    is_listed: bool


def parse_organisation(document: Mapping[str, object]) -> ParsedOrganisation | None:
    """Read these terms of an untrusted actor document; None without a known kind that fits its type."""
    said = text_of(document.get("usi:kind"))
    kind = next((known for known in ACTOR_TYPES if known == said), None)
    if kind is None or ACTOR_TYPES[kind] not in types_of(document):
        return None
    return ParsedOrganisation(
        kind=kind,
        parent_uri=uri_of(document.get("usi:parent")) if kind == "Branch" else None,
        sectors=_terms(document.get("usi:sector")),
        themes=_terms(document.get("usi:theme")),
        country=_matching(_COUNTRY, document.get("usi:country")),
        region=_matching(_TERM, document.get("usi:region")),
        languages=tuple(
            word
            for word in each(document.get("usi:language"))[:MAX_TERMS]
            if isinstance(word, str) and len(word) <= 35 and _LANGUAGE.fullmatch(word)
        ),
        place=_place(document.get("location")),
        is_listed=document.get("usi:listed") is True,
    )


def _terms(value: object) -> tuple[str, ...]:
    words = (word for word in each(value)[:MAX_TERMS] if isinstance(word, str))
    return tuple(dict.fromkeys(word for word in words if len(word) <= 60 and _TERM.fullmatch(word)))


def _matching(pattern: re.Pattern[str], value: object) -> str:
    word = text_of(value)
    return word if len(word) <= 60 and pattern.fullmatch(word) else ""


def _place(value: object) -> tuple[float, float] | None:
    place = mapping_of(value)
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if not has_type(place, "Place") or isinstance(latitude, bool) or isinstance(longitude, bool):
        return None
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    is_on_earth = -90 <= latitude <= 90 and -180 <= longitude <= 180
    return (float(latitude), float(longitude)) if is_on_earth else None
