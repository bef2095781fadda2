"""The directory of organisations that want to be found, ours and those of other servers. It tells no numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.model import Actor, Organisation
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.organisations.attested import MarkView, marks_of
from usi_fed.pages.organisations.words import country_name, kind_name, language_name, place_words, term_name
from usi_fed.pages.views import PersonView, person_view
from usi_fed.sentences import Sentence
from usi_fed.translation import said, tongues
from usi_fed.unions.directory_store import Entry, Wanted, listed, listed_countries
from usi_fed.unions.taxonomy import KINDS, REGIONS, SECTORS, THEMES
from usi_fed.urls import Urls

PAGE_SIZE = 20
LAST_PAGE = 500
LONGEST_WORDS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """An organisation in the directory. `server` is "" of ours."""

    person: PersonView
    kind: str
    sectors: str
    place: str
    languages: str
    server: str
    url: str
    mark: MarkView | None


async def show_directory(request: Request) -> Response:
    """GET /organisations?kind=&sector=&theme=&country=&region=&language=&words=&page="""
    house, asked = house_of(request), request.query_params
    typed = {name: asked.get(name, "").replace("\0", "")[:LONGEST_WORDS].strip() for name in _FIELDS}
    query = {name: value for name, value in typed.items() if value}
    wanted = Wanted(
        typed["kind"],
        typed["sector"],
        typed["theme"],
        typed["country"],
        typed["region"],
        typed["language"],
        typed["words"],
    )
    page = _page_in(asked.get("page", ""))

    def read(connection: Connection) -> tuple[list[Entry], list[str], Mapping[int, MarkView]]:
        found = listed(connection, wanted, PAGE_SIZE + 1, (page - 1) * PAGE_SIZE)
        marks = marks_of(connection, [actor for actor, _ in found], house.clock(), house.urls)
        return found, listed_countries(connection), marks

    found, countries, marks = await house.database.read(read)
    return await html_page(
        request,
        "organisations/directory.html",
        place="organisations",
        rows=[_row(actor, about, marks.get(actor.id), house.urls.paths) for actor, about in found[:PAGE_SIZE]],
        wanted=wanted,
        is_asked=bool(query),
        choices=_choices(wanted, countries),
        newer={**query, "page": page - 1} if page > 1 else None,
        older={**query, "page": page + 1} if len(found) > PAGE_SIZE else None,
    )


_FIELDS = ("kind", "sector", "theme", "country", "region", "language", "words")


def _page_in(typed: str) -> int:
    """Which page was asked for, counted from 1."""
    is_number = typed.isascii() and typed.isdigit() and len(typed) < 5
    return min(max(int(typed), 1), LAST_PAGE) if is_number else 1


def _choices(wanted: Wanted, countries: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """What may be chosen, by the name of the field; what somebody asks for is among it, even when nobody has it."""
    named = {code: country_name(code) for code in {*countries, *filter(None, [wanted.country])}}
    spoken = dict(tongues())
    if wanted.language and wanted.language not in spoken:
        spoken[wanted.language] = language_name(wanted.language)
    return {
        "kind": [(kind, said(words)) for kind, words in KINDS.items()],
        "sector": _terms(SECTORS, wanted.sector),
        "theme": _terms(THEMES, wanted.theme),
        "country": sorted(named.items(), key=lambda pair: pair[1].casefold()),
        "region": _terms(REGIONS, wanted.region),
        "language": list(spoken.items()),
    }


def _terms(known: Mapping[str, Sentence], asked: str) -> list[tuple[str, str]]:
    named = [(term, said(words)) for term, words in known.items()]
    return named if not asked or asked in known else [*named, (asked, asked)]


def _row(actor: Actor, about: Organisation, mark: MarkView | None, urls: Urls) -> Row:
    person = person_view(actor, urls)
    return Row(
        person=person,
        kind=kind_name(about.kind),
        sectors=", ".join(term_name(one, SECTORS) for one in about.sectors),
        place=place_words(about),
        languages=", ".join(language_name(tag) for tag in about.languages),
        server=actor.domain,
        url=person.url,
        mark=mark,
    )
