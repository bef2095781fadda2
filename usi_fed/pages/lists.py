"""The lists of a member: made, looked after, and filled with people whom the member follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.actors.follows_store import find_follow
from usi_fed.actors.model import Actor
from usi_fed.db.ids import find_id, parse_id
from usi_fed.errors import Gone, InvalidInput, NotFound
from usi_fed.pages.answers import html_page, words_of
from usi_fed.pages.house import House, house_of
from usi_fed.pages.interaction import local_path
from usi_fed.pages.members import Member, for_members, form_of_members
from usi_fed.pages.own_reading import get_named
from usi_fed.pages.views import person_view
from usi_fed.sentences import Sentence
from usi_fed.timelines import lists_store as store
from usi_fed.timelines.model import List
from usi_fed.translation import capital, said

LONGEST_TITLE = 255
POLICIES = ("list", "followed", "none")


@dataclass(frozen=True, slots=True)
class ListForm:
    """A list as it is filled in, and what is wrong with it. `name` is of somebody to be put in."""

    title: str = ""
    policy: str = "list"
    is_exclusive: bool = False
    name: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


@for_members
async def show_lists(request: Request, member: Member) -> Response:
    """GET /lists"""
    return await _lists_page(request, member, ListForm())


@form_of_members
async def make_list(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /lists; a list of that name that is there already is opened instead."""
    form = _of_form(fields)
    if form.problems:
        return await _lists_page(request, member, form, 422)
    try:
        made = await house_of(request).database.write(_make, member.actor.id, form)
    except InvalidInput as error:
        problems = {"title": capital(words_of(error))}
        return await _lists_page(request, member, ListForm(form.title, problems=problems), 422)
    return RedirectResponse(f"/lists/{made.id}/edit", 303)


@for_members
async def show_list_editor(request: Request, member: Member) -> Response:
    """GET /lists/{id}/edit

    Raises:
        NotFound: the member has no such list.
    """
    list_id = parse_id(request.path_params["id"])
    one = await house_of(request).database.read(store.get_list, member.actor.id, list_id)
    return await _editor_page(request, member, one, ListForm(one.title, one.replies_policy, one.exclusive))


@form_of_members
async def change_list(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /lists/{id}/edit: the button `act`: save, remove, add (who is named in `name`), or `take` with an id.

    Raises:
        NotFound: the member has no such list.
    """
    house, list_id = house_of(request), parse_id(request.path_params["id"])
    one = await house.database.read(store.get_list, member.actor.id, list_id)
    if fields.get("act") == "remove":
        await house.database.write(store.delete_list, member.actor.id, list_id)
        return RedirectResponse("/lists", 303)
    if person_id := find_id(fields.get("take", "")):
        await house.database.write(store.remove_members, member.actor.id, list_id, [person_id])
    elif fields.get("act") == "add":
        problem = await _add(house, member, list_id, fields.get("name", ""))
        if problem:
            form = ListForm(one.title, one.replies_policy, one.exclusive, fields.get("name", ""), {"name": problem})
            return await _editor_page(request, member, one, form, 422)
    else:
        form = _of_form(fields)
        if form.problems:
            return await _editor_page(request, member, one, form, 422)
        await house.database.write(
            store.change_list, member.actor.id, list_id, form.title, form.policy, form.is_exclusive
        )
    return RedirectResponse(f"/lists/{list_id}/edit?saved", 303)


@form_of_members
async def put_into_lists(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /people/{id}/lists?next=: the ticked lists are those that somebody is in from now on.

    Raises:
        NotFound: the member does not follow them, or there is nobody of this id.
    """
    person_id = parse_id(request.path_params["id"])
    chosen = {int(name.removeprefix("list-")) for name in fields if name.startswith("list-") and name[5:].isdigit()}
    await house_of(request).database.write(_put, member.actor.id, person_id, chosen)
    return RedirectResponse(local_path(request.query_params.get("next", "")), 303)


# ---- what was sent ----


def _of_form(fields: Mapping[str, str]) -> ListForm:
    title, policy = fields.get("title", "").strip(), fields.get("policy", "list")
    problems = {}
    if not 0 < len(title) <= LONGEST_TITLE:
        problems["title"] = said(Sentence("Give it a name of at most %(most)s characters.", most=LONGEST_TITLE))
    if policy not in POLICIES:
        problems["policy"] = said(Sentence("Choose which answers you want to see."))
    return ListForm(title, policy, "exclusive" in fields, problems=problems)


async def _add(house: House, member: Member, list_id: int, name: str) -> str:
    """Put somebody in; what is wrong, if anything."""
    try:
        await house.database.write(_add_named, member.actor.id, list_id, name.strip(), house.urls.handles)
    except (NotFound, Gone):
        return said(Sentence("You follow nobody of that name. A list is for people whom you follow."))
    return ""


# ---- units of work ----


def _make(connection: Connection, owner_id: int, form: ListForm) -> List:
    same = next((one for one in store.lists_of(connection, owner_id) if one.title == form.title), None)
    return same or store.add_list(connection, owner_id, form.title, "list", exclusive=False)


def _add_named(connection: Connection, owner_id: int, list_id: int, name: str, handles: str) -> None:
    person = get_named(connection, name.removeprefix("@").removesuffix(f"@{handles}"), owner_id)
    store.add_members(connection, owner_id, list_id, [person.id])


def _put(connection: Connection, owner_id: int, person_id: int, chosen: set[int]) -> None:
    if person_id != owner_id and find_follow(connection, owner_id, person_id) is None:
        raise NotFound(f"actor {owner_id} does not follow {person_id}")
    before = {one.id for one in store.lists_with(connection, owner_id, person_id)}
    for one in store.lists_of(connection, owner_id):
        if one.id in chosen and one.id not in before:
            store.add_members(connection, owner_id, one.id, [person_id])
        elif one.id in before and one.id not in chosen:
            store.remove_members(connection, owner_id, one.id, [person_id])


def _members(connection: Connection, list_id: int) -> list[Actor]:
    return store.members_of(connection, list_id, None)


# ---- pages ----


async def _lists_page(request: Request, member: Member, form: ListForm, status: int = 200) -> Response:
    found = await house_of(request).database.read(store.lists_of, member.actor.id)
    return await html_page(request, "pages/lists.html", status, is_private=True, place="lists", lists=found, form=form)


async def _editor_page(request: Request, member: Member, one: List, form: ListForm, status: int = 200) -> Response:
    house = house_of(request)
    people = await house.database.read(_members, one.id)
    return await html_page(
        request,
        "pages/list.html",
        status,
        is_private=True,
        place="lists",
        one=one,
        form=form,
        people=[(actor.id, person_view(actor, house.urls.paths)) for actor in people],
        is_saved="saved" in request.query_params,
    )
