"""The pages of an organisation's own site, written, ordered, hidden and deleted by its officers."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.clock import iso
from usi_fed.errors import Conflict, InvalidInput, NotFound
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.organisations.site import page_path
from usi_fed.pages.organisations.standing import Standing, done, for_house, form_of_house, house_page, problem_of
from usi_fed.pages.views import When
from usi_fed.sentences import Sentence
from usi_fed.translation import minute, reader, tongues
from usi_fed.unions.model import OrganisationPage
from usi_fed.unions.own_pages import LONGEST_SLUG, LONGEST_TEXT, LONGEST_TITLE, PageDraft
from usi_fed.unions.pages_store import find_page, pages_of

_TEXTS = ("title", "slug", "text", "language")
_OFFERED = Sentence("must be one of those that are offered")


@for_house
async def show_pages(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/pages: all of them, hidden ones too, as they stand in the row."""
    return await _list_page(request, standing)


@form_of_house
async def act_on_pages(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/pages: the button `act` at the page `slug`."""
    sites, by, slug = house_of(request).sites, member.actor.id, fields.get("slug", "")
    organisation_id = standing.organisation.id
    match fields.get("act"):
        case "earlier":
            await sites.move_page(organisation_id, slug, "earlier", by)
        case "later":
            await sites.move_page(organisation_id, slug, "later", by)
        case "show" | "hide" as act:
            await sites.show_page(organisation_id, slug, by, is_published=act == "show")
        case "delete":
            await sites.delete_page(organisation_id, slug, by)
        case _:
            return await _list_page(request, standing, {"": _OFFERED})
    return done(f"{standing.home}/pages")


@for_house
async def show_new_page(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/pages/new"""
    draft = PageDraft("", "", language=reader().language.tag)
    return await _editor(request, standing, None, draft)


@for_house
async def show_editor(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/pages/{slug}

    Raises:
        NotFound: there is no such page.
    """
    page = await _get_page(request, standing)
    draft = PageDraft(page.title, page.source, page.slug, page.language, page.is_published, page.is_front)
    return await _editor(request, standing, page.slug, draft)


@form_of_house
async def write_new_page(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/pages/new"""
    return await _write(request, member, standing, None, fields)


@form_of_house
async def save_page(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/pages/{slug}"""
    return await _write(request, member, standing, request.path_params["slug"], fields)


async def _write(
    request: Request, member: Member, standing: Standing, slug: str | None, fields: Mapping[str, str]
) -> Response:
    texts = {name: fields.get(name, "") for name in _TEXTS}
    draft = PageDraft(**texts, is_published="is_published" in fields, is_front="is_front" in fields)
    try:
        await house_of(request).sites.write_page(standing.organisation.id, slug, draft, member.actor.id)
    except InvalidInput as error:
        return await _editor(request, standing, slug, draft, {error.field: error.problem})
    except Conflict as error:
        return await _editor(request, standing, slug, draft, problem_of(error))
    return done(f"{standing.home}/pages")


async def _get_page(request: Request, standing: Standing) -> OrganisationPage:
    slug = request.path_params["slug"]
    page = await house_of(request).database.read(find_page, standing.organisation.id, slug)
    if page is None:
        raise NotFound(f"no page {slug}")
    return page


async def _list_page(request: Request, standing: Standing, problems: Mapping[str, object] | None = None) -> Response:
    pages = await house_of(request).database.read(pages_of, standing.organisation.id)
    rows = [
        (page, page_path(standing.organisation, page.slug), When(iso(page.changed_at), minute(page.changed_at)))
        for page in pages
    ]
    return await house_page(request, "pages.html", standing, problems, rows=rows)


async def _editor(
    request: Request,
    standing: Standing,
    slug: str | None,
    draft: PageDraft,
    problems: Mapping[str, object] | None = None,
) -> Response:
    return await house_page(
        request,
        "page_editor.html",
        standing,
        problems,
        slug=slug,
        draft=draft,
        longest={"title": LONGEST_TITLE, "slug": LONGEST_SLUG, "text": LONGEST_TEXT},
        tongues=tongues(),
    )
