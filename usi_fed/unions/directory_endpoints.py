"""Our directory as other servers read it: the organisations that want to be found, as a collection.

Spec: Activity Vocabulary #dfn-orderedcollection; `docs/vocabulary.md`, "Directories"
"""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from usi_fed.activitypub.contexts import context_for
from usi_fed.actors.answers import activity_answer, wants_activity
from usi_fed.actors.document import Document, terms_of
from usi_fed.actors.house import house_of
from usi_fed.actors.served import Served
from usi_fed.db.ids import find_id
from usi_fed.db.paging import Window
from usi_fed.errors import MalformedActivity
from usi_fed.unions.directory_store import Entry, Wanted, count_listed, directory_page
from usi_fed.urls import Urls

PAGE_SIZE = 50

_FIRST_PAGE = ("1", "true")


class DocumentRoute(Route):
    """A route for those who want the document; a browser is looked after by the pages, if they have such a path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this is asked."""
        match, child = super().matches(scope)
        if match is Match.NONE or not wants_activity(Request(scope)):
            return Match.NONE, {}
        return match, child


async def show_directory(request: Request) -> Response:
    """The collection, or one of its pages; for everybody, also under authorized fetch."""
    house = house_of(request)
    page = request.query_params.get("page")
    document = await house.database.read(_collection, house.urls) if page is None else await _page(request, page)
    return activity_answer(request, Served.of({"@context": context_for(document), **document}), is_open=True)


async def _page(request: Request, page: str) -> Document:
    house = house_of(request)
    below = None if page in _FIRST_PAGE else find_id(page)
    if below is None and page not in _FIRST_PAGE:
        raise MalformedActivity("no such page")
    window = Window(max_id=below, limit=PAGE_SIZE)
    entries = await house.database.read(directory_page, window, Wanted(is_local=True))
    collection = house.urls.organisations
    document: Document = {
        "id": f"{collection}?page={page}",
        "type": "OrderedCollectionPage",
        "partOf": collection,
        "orderedItems": [_item(entry) for entry in entries],
    }
    if len(entries) == PAGE_SIZE:
        document["next"] = f"{collection}?page={entries[-1][0].id}"
    return document


def _collection(connection: Connection, urls: Urls) -> Document:
    return {
        "id": urls.organisations,
        "type": "OrderedCollection",
        "totalItems": count_listed(connection),
        "first": f"{urls.organisations}?page=1",
    }


def _item(entry: Entry) -> Document:
    """Enough for a line in a list; what counts is the actor's own document."""
    actor, organisation = entry
    return {
        "id": actor.uri,
        "type": actor.kind,
        "preferredUsername": actor.username,
        "name": actor.name or actor.username,
        "url": actor.url,
        **terms_of(organisation),
    }


routes: list[Route] = [DocumentRoute("/organisations", show_directory)]
