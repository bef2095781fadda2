"""The pages of an organisation's own site: written, ordered, hidden and deleted by its officers; as units of work."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from usi_fed.actors.store import get_actor
from usi_fed.clock import new_id
from usi_fed.errors import Conflict, InvalidInput, MalformedActivity, NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.posts.service import find_person
from usi_fed.sentences import Sentence
from usi_fed.text.compose import MARKDOWN, find_mentions, render
from usi_fed.text.language import find_spoken_language
from usi_fed.text.links import MentionTarget
from usi_fed.text.plain import clean_name, clean_typed
from usi_fed.unions import pages_store as store
from usi_fed.unions.model import OrganisationPage
from usi_fed.unions.offices import require_permission
from usi_fed.urls import Urls

LONGEST_TITLE, LONGEST_SLUG, LONGEST_TEXT = 100, 60, 8_000
MOST_PAGES = 12
NEW = "new"  # where a page is begun
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

Direction = Literal["earlier", "later"]


@dataclass(frozen=True, slots=True)
class PageDraft:
    """A page as it is typed. `slug` may stay empty: it is made of the title then."""

    title: str
    text: str
    slug: str = ""
    language: str = ""
    is_published: bool = True
    is_front: bool = False


def write_page(
    connection: Connection,
    organisation_id: int,
    slug: str | None,
    draft: PageDraft,
    by: int | None,
    urls: Urls,
    now: datetime,
) -> str:
    """Store a new page (`slug` None) or another text of one; its name in addresses.

    Raises:
        NotAllowed: `by` may not publish in the organisation's name.
        NotFound: there is no such page.
        InvalidInput: something is missing, too long, or taken.
        Conflict: there are as many pages as there may be.
    """
    require_permission(connection, by, organisation_id, "publish")
    pages = store.pages_of(connection, organisation_id)
    before = next((page for page in pages if page.slug == slug), None)
    if slug is not None and before is None:
        raise NotFound(f"no page {slug} of {organisation_id}")
    if before is None and len(pages) >= MOST_PAGES:
        raise Conflict(Sentence("There are %(most)s pages already: delete one first.", most=MOST_PAGES))
    others = {page.slug for page in pages if page is not before}
    values = _values(connection, draft, others, urls) | {"changed_at": now, "changed_by": by}
    if values["is_front"]:
        store.clear_front(connection, organisation_id)
    if before is not None:
        store.change_page(connection, before.id, **values)
    else:
        position = max((page.position for page in pages), default=0) + 1
        page = OrganisationPage(id=new_id(now), organisation_id=organisation_id, position=position, **values)
        store.add_page(connection, page)
    _log(connection, "page write", organisation_id, values["slug"], by, now)
    return str(values["slug"])


def move_page(
    connection: Connection, organisation_id: int, slug: str, direction: Direction, by: int | None, now: datetime
) -> None:
    """Let a page stand one place earlier or later in the row; at its ends nothing changes.

    Raises:
        NotAllowed, NotFound: as `write_page`.
    """
    require_permission(connection, by, organisation_id, "publish")
    pages = store.pages_of(connection, organisation_id)
    page = _get(pages, slug)
    place = pages.index(page)
    pages.remove(page)
    pages.insert(max(0, place + (-1 if direction == "earlier" else 1)), page)
    for position, one in enumerate(pages, 1):
        if one.position != position:
            store.change_page(connection, one.id, position=position)
    _log(connection, "page order", organisation_id, slug, by, now)


def show_page(
    connection: Connection, organisation_id: int, slug: str, by: int | None, now: datetime, *, is_published: bool
) -> None:
    """Show a page to everybody, or hide it.

    Raises:
        NotAllowed, NotFound: as `write_page`.
    """
    require_permission(connection, by, organisation_id, "publish")
    page = _get(store.pages_of(connection, organisation_id), slug)
    store.change_page(connection, page.id, is_published=is_published)
    _log(connection, "page show" if is_published else "page hide", organisation_id, slug, by, now)


def delete_page(connection: Connection, organisation_id: int, slug: str, by: int | None, now: datetime) -> None:
    """Delete a page for good.

    Raises:
        NotAllowed, NotFound: as `write_page`.
    """
    require_permission(connection, by, organisation_id, "publish")
    page = _get(store.pages_of(connection, organisation_id), slug)
    store.remove_page(connection, page.id)
    _log(connection, "page delete", organisation_id, slug, by, now)


def _get(pages: list[OrganisationPage], slug: str) -> OrganisationPage:
    found = next((page for page in pages if page.slug == slug), None)
    if found is None:
        raise NotFound(f"no page {slug}")
    return found


def _values(connection: Connection, draft: PageDraft, others: set[str], urls: Urls) -> dict[str, Any]:
    title, text = clean_name(draft.title, LONGEST_TITLE + 1), clean_typed(draft.text)
    if not 0 < len(title) <= LONGEST_TITLE:
        raise InvalidInput("title", Sentence("must have 1 to %(most)s characters", most=LONGEST_TITLE))
    if not 0 < len(text.strip()) <= LONGEST_TEXT:
        raise InvalidInput("text", Sentence("must have 1 to %(most)s characters", most=LONGEST_TEXT))
    if draft.language and find_spoken_language(draft.language) is None:
        raise InvalidInput("language", Sentence("must be one of those that are offered"))
    return {
        "slug": _slug(draft.slug.strip().lower(), title, others),
        "title": title,
        "source": text,
        "html": _html(connection, text, urls),
        "is_published": draft.is_published,
        "is_front": draft.is_front,
        "language": draft.language,
    }


def _slug(typed: str, title: str, others: set[str]) -> str:
    """The name in addresses: as typed, or else of the letters of the title that addresses have."""
    if typed:
        if len(typed) > LONGEST_SLUG or not _SLUG.fullmatch(typed):
            problem = Sentence("may have 1 to %(most)s small letters a to z, digits and -", most=LONGEST_SLUG)
            raise InvalidInput("slug", problem)
        if typed in others or typed == NEW:
            raise InvalidInput("slug", Sentence("is taken: choose another"))
        return typed
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    stem = "-".join(re.findall(r"[a-z0-9]+", plain))[: LONGEST_SLUG - 4].strip("-") or "page"
    names = (stem, *(f"{stem}-{number}" for number in range(2, len(others) + 4)))
    return next(name for name in names if name not in others | {NEW})


def _html(connection: Connection, text: str, urls: Urls) -> str:
    people = {handle: find_person(connection, handle, urls) for handle in find_mentions(text, MARKDOWN)}
    targets = {
        handle: MentionTarget(person.url or person.uri, person.username) for handle, person in people.items() if person
    }
    try:
        return render(text, MARKDOWN, targets, urls.tag, article=True)
    except MalformedActivity as error:
        raise InvalidInput("text", Sentence("is nested too deeply")) from error


def _log(connection: Connection, action: str, organisation_id: int, slug: str, by: int | None, now: datetime) -> None:
    organisation = get_actor(connection, organisation_id)
    log_act(connection, by, action, f"@{organisation.handle}/pages/{slug}", now, organisation_id)
