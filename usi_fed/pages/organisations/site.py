"""The public site of an organisation: what it is in the movement, its branches, its people, and pages of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import find_actor
from usi_fed.errors import NotFound
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import find_member
from usi_fed.pages.organisations.words import country_name, kind_name, language_name, role_name, term_name
from usi_fed.pages.own_reading import get_named
from usi_fed.pages.reading import get_shown_actor
from usi_fed.pages.versions import short
from usi_fed.pages.views import PersonView, person_view, profile_view
from usi_fed.sentences import Sentence
from usi_fed.text.plain import to_text
from usi_fed.translation import direction_of
from usi_fed.unions.affiliations_store import affiliations_of
from usi_fed.unions.directory_store import branches_of
from usi_fed.unions.model import OrganisationPage
from usi_fed.unions.offices_store import officers_of
from usi_fed.unions.pages_store import find_page, pages_of
from usi_fed.unions.roles import Role
from usi_fed.unions.taxonomy import REGIONS, SECTORS, THEMES
from usi_fed.urls import Urls

LONGEST_FRONT_BYTES, LONGEST_EXCERPT = 6_000, 700
"""What a site shows of the page that opens it, beside the posts: all of it, or its first words."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is public of an organisation beside its profile and posts. Of other servers' only `about` and `parent`."""

    actor: Actor
    about: Organisation
    parent: Actor | None = None
    branches: tuple[Actor, ...] = ()
    attests: tuple[Actor, ...] = ()
    people: tuple[tuple[Actor, tuple[Role, ...]], ...] = ()
    pages: tuple[OrganisationPage, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A word by which organisations are found, and the directory of those that have it."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class PageView:
    """A page of a site. `content` is "" where only an `excerpt` fits."""

    title: str
    url: str
    content: Markup
    excerpt: str
    language: str
    direction: str


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site as templates show it. `parent_uri` is where a parent is that we do not know.

    `attests` are those whom it attests, each with its domain. `known_as` are the whole addresses of those to whom it
    belongs and who belong to it: Mastodon marks the link in their profile as verified when it finds its own here.
    `topics` is the page of the topics of a group of ours, `payment` where people give it money.
    """

    kind: Term
    sectors: tuple[Term, ...]
    themes: tuple[Term, ...]
    places: tuple[Term, ...]
    languages: tuple[Term, ...]
    parent: PersonView | None
    parent_uri: str
    is_parent_here: bool
    branches: tuple[PersonView, ...]
    attests: tuple[tuple[PersonView, str], ...]
    known_as: tuple[str, ...]
    people: tuple[tuple[PersonView, tuple[str, ...]], ...]
    pages: tuple[PageView, ...]
    front: PageView | None
    topics: str
    payment: str


def find_site(connection: Connection, actor: Actor) -> Site | None:
    """The site of an organisation; None of a person, for whom nothing is asked."""
    if actor.kind not in ("Organization", "Group"):
        return None
    about = find_organisation(connection, actor.id)
    if about is None:
        return None
    parent = find_actor(connection, about.parent_uri) if about.parent_uri else None
    if parent is not None and (parent.is_shut_out or parent.concealed):
        parent = None
    if not actor.is_local:
        return Site(actor, about, parent)
    people: dict[int, tuple[Actor, list[Role]]] = {}
    for office, who in officers_of(connection, actor.id):
        if office.is_shown and not who.is_shut_out:
            people.setdefault(who.id, (who, []))[1].append(office.role)
    attested = [who for _, who in affiliations_of(connection, None, actor.id, "accepted")]
    shown = [who for who in attested if not who.is_shut_out and not who.concealed]
    ids = {who.id for who in shown}
    return Site(
        actor,
        about,
        parent,
        tuple(one for one in branches_of(connection, actor.uri) if one.id not in ids),
        tuple(shown),
        tuple((who, tuple(roles)) for who, roles in people.values()),
        tuple(page for page in pages_of(connection, actor.id) if page.is_published),
    )


def site_view(site: Site, urls: Urls) -> SiteView:
    """A site in the reader's words."""
    about = site.about
    front = next((page for page in site.pages if page.is_front), None)
    places = [_term("country", about.country, country_name(about.country))] if about.country else []
    places += [_term("region", about.region, term_name(about.region, REGIONS))] if about.region else []
    return SiteView(
        kind=_term("kind", about.kind, kind_name(about.kind)),
        sectors=_terms("sector", about.sectors, SECTORS),
        themes=_terms("theme", about.themes, THEMES),
        places=tuple(places),
        languages=tuple(_term("language", tag, language_name(tag)) for tag in about.languages),
        parent=person_view(site.parent, urls) if site.parent else None,
        parent_uri=about.parent_uri or "",
        is_parent_here=site.parent is not None and site.parent.is_local and site.actor.is_local,
        branches=tuple(person_view(one, urls) for one in site.branches),
        attests=tuple((person_view(one, urls), one.domain or urls.handles) for one in site.attests),
        known_as=tuple(one.url or one.uri for one in (*filter(None, [site.parent]), *site.branches, *site.attests)),
        people=tuple((person_view(who, urls), tuple(map(role_name, roles))) for who, roles in site.people),
        pages=tuple(_page_view(page, site.actor, urls, is_whole=False) for page in site.pages if not page.is_front),
        front=_page_view(front, site.actor, urls, is_whole=len(front.html) <= LONGEST_FRONT_BYTES) if front else None,
        topics=f"/@{site.actor.username}/topics" if site.actor.is_local and site.actor.kind == "Group" else "",
        payment=about.payment_url or "",
    )


def _terms(name: str, terms: list[str], known: Mapping[str, Sentence]) -> tuple[Term, ...]:
    return tuple(_term(name, term, term_name(term, known)) for term in terms)


def _term(name: str, term: str, words: str) -> Term:
    return Term(words, f"/organisations?{urlencode({name: term})}")


def _page_view(page: OrganisationPage, actor: Actor, urls: Urls, *, is_whole: bool) -> PageView:
    return PageView(
        title=page.title,
        url=page_path(actor, page.slug),
        content=Markup(urls.links_in(page.html) if is_whole else ""),  # noqa: S704 - made by us
        excerpt="" if is_whole else short(to_text(page.html), LONGEST_EXCERPT),
        language=page.language,
        direction=direction_of(page.language),
    )


def page_path(actor: Actor, slug: str) -> str:
    """Where a page of an organisation stands."""
    return f"/@{actor.username}/pages/{slug}"


async def show_own_page(request: Request) -> Response:
    """GET /@{name}/pages/{slug}: a page of an organisation's own, for everybody.

    Raises:
        NotFound: there is no such page, or it is hidden.
        Gone, NotAllowed: as `get_shown_actor`.
    """
    house = house_of(request)
    name, slug = request.path_params["name"], request.path_params["slug"]
    member = await find_member(request)

    def read(connection: Connection) -> tuple[Site, OrganisationPage]:
        actor = get_shown_actor(connection, name) if member is None else get_named(connection, name, member.person.id)
        site, page = find_site(connection, actor), find_page(connection, actor.id, slug)
        if site is None or page is None or not page.is_published:
            raise NotFound("no such page")
        return site, page

    site, page = await house.database.read(read)
    urls = house.urls.paths
    shown = _page_view(page, site.actor, urls, is_whole=True)
    values: dict[str, Any] = {
        "profile": profile_view(site.actor, urls),
        "site": site_view(site, urls),
        "page": shown,
        "whole_url": house.urls.origin + shown.url,
        "description": short(to_text(page.html), 200),
        "card_url": house.urls.profile_card(site.actor.username),
    }
    return await html_page(request, "organisations/own_page.html", **values)
