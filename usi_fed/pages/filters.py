"""The filters of a member: what they do not want to read, or only when they ask for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.db.ids import parse_id
from usi_fed.errors import InvalidInput
from usi_fed.pages.answers import html_page, words_of
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members, form_of_members
from usi_fed.sentences import Sentence
from usi_fed.timelines import filters_store as store
from usi_fed.timelines.filtering import CONTEXTS, LONGEST_KEYWORD, LONGEST_TITLE, Filter
from usi_fed.translation import capital, minute, said

HOURS = (1, 6, 24, 7 * 24, 30 * 24)


@dataclass(frozen=True, slots=True)
class FilterForm:
    """A filter as it is filled in. `hours` is how long it lasts from now, "" for good, "same" as it was."""

    title: str = ""
    words: str = ""
    is_whole: bool = True
    contexts: tuple[str, ...] = CONTEXTS
    action: str = "warn"
    hours: str = ""
    ends: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def keywords(self) -> list[str]:
        """The words, each once."""
        return list(dict.fromkeys(line.strip() for line in self.words.splitlines() if line.strip()))


@for_members
async def show_filters(request: Request, member: Member) -> Response:
    """GET /filters"""
    return await _list_page(request, member, FilterForm())


@form_of_members
async def make_filter(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /filters; the same once more changes the one of that name."""
    form = _of_form(fields)
    if not form.problems:
        house = house_of(request)
        form = await house.database.write(_make, member.actor.id, form, house.clock())
    if form.problems:
        return await _list_page(request, member, form, 422)
    return RedirectResponse("/filters?saved", 303)


@for_members
async def show_filter(request: Request, member: Member) -> Response:
    """GET /filters/{id}

    Raises:
        NotFound: the member has no such filter.
    """
    house, filter_id = house_of(request), parse_id(request.path_params["id"])
    found = await house.database.read(store.get_filter, member.actor.id, filter_id)
    return await _edit_page(request, filter_id, _of_filter(found))


@form_of_members
async def change_filter(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /filters/{id}: the button `act`: save or remove.

    Raises:
        NotFound: the member has no such filter.
    """
    house, filter_id = house_of(request), parse_id(request.path_params["id"])
    if fields.get("act") == "remove":
        await house.database.write(store.remove_filter, member.actor.id, filter_id)
        return RedirectResponse("/filters", 303)
    form = _of_form(fields)
    if not form.problems:
        form = await house.database.write(_change, member.actor.id, filter_id, form, house.clock())
    if form.problems:
        return await _edit_page(request, filter_id, form, 422)
    return RedirectResponse("/filters?saved", 303)


# ---- the form ----


def _of_form(fields: Mapping[str, str]) -> FilterForm:
    form = FilterForm(
        title=fields.get("title", "").strip(),
        words=fields.get("words", "").replace("\r\n", "\n"),
        is_whole="whole" in fields,
        contexts=tuple(name for name in CONTEXTS if f"in-{name}" in fields),
        action="hide" if fields.get("action") == "hide" else "warn",
        hours=fields.get("hours", ""),
    )
    return replace(form, problems=_problems(form))


def _problems(form: FilterForm) -> dict[str, str]:
    found: dict[str, Sentence] = {}
    if not 0 < len(form.title) <= LONGEST_TITLE:
        found["title"] = Sentence("Give it a name of at most %(most)s characters.", most=LONGEST_TITLE)
    if not form.keywords:
        found["words"] = Sentence("Write at least one word.")
    elif max(map(len, form.keywords)) > LONGEST_KEYWORD:
        found["words"] = Sentence("A word may have at most %(most)s characters.", most=LONGEST_KEYWORD)
    elif len(form.keywords) > store.MOST_KEYWORDS:
        found["words"] = Sentence("There may be at most %(most)s words.", most=store.MOST_KEYWORDS)
    if not form.contexts:
        found["contexts"] = Sentence("Choose at least one place.")
    if form.hours not in ("", "same", *map(str, HOURS)):
        found["hours"] = Sentence("Choose how long it lasts.")
    return {name: said(problem) for name, problem in found.items()}


def _of_filter(found: Filter) -> FilterForm:
    return FilterForm(
        title=found.title,
        words="\n".join(word.keyword for word in found.keywords),
        is_whole=all(word.whole_word for word in found.keywords),
        contexts=found.contexts,
        action="hide" if found.action == "hide" else "warn",
        hours="same" if found.expires_at else "",
        ends=minute(found.expires_at) if found.expires_at else "",
    )


# ---- units of work ----


def _make(connection: Connection, actor_id: int, form: FilterForm, now: datetime) -> FilterForm:
    same = next((one for one in store.filters_of(connection, actor_id) if one.title == form.title), None)
    if same is not None:
        return _change(connection, actor_id, same.id, form, now)
    try:
        filter_id = store.add_filter(
            connection, actor_id, form.title, form.contexts, form.action, _end(form, None, now)
        )
    except InvalidInput as error:
        return replace(form, problems={"title": capital(words_of(error))})
    store.set_keywords(connection, filter_id, [(word, form.is_whole) for word in form.keywords])
    return form


def _change(connection: Connection, actor_id: int, filter_id: int, form: FilterForm, now: datetime) -> FilterForm:
    before = store.get_filter(connection, actor_id, filter_id)
    store.change_filter(
        connection,
        actor_id,
        filter_id,
        title=form.title,
        contexts=list(form.contexts),
        action=form.action,
        expires_at=_end(form, before.expires_at, now),
    )
    store.set_keywords(connection, filter_id, [(word, form.is_whole) for word in form.keywords])
    return form


def _end(form: FilterForm, before: datetime | None, now: datetime) -> datetime | None:
    if form.hours == "same":
        return before
    return now + timedelta(hours=int(form.hours)) if form.hours else None


# ---- pages ----


async def _list_page(request: Request, member: Member, form: FilterForm, status: int = 200) -> Response:
    house = house_of(request)
    now = house.clock()
    found: Sequence[Filter] = await house.database.read(store.filters_of, member.actor.id)
    return await html_page(
        request,
        "pages/filters.html",
        status,
        is_private=True,
        place="filters",
        filters=[
            (one.id, one.title, [word.keyword for word in one.keywords], one.action == "hide", _until(one, now))
            for one in found
        ],
        form=form,
        hours=HOURS,
        is_saved="saved" in request.query_params,
    )


def _until(one: Filter, now: datetime) -> tuple[str, bool]:
    """When it ends, if it does, and whether it has."""
    return (minute(one.expires_at), one.expires_at <= now) if one.expires_at else ("", False)


async def _edit_page(request: Request, filter_id: int, form: FilterForm, status: int = 200) -> Response:
    return await html_page(
        request,
        "pages/filter.html",
        status,
        is_private=True,
        place="filters",
        filter_id=filter_id,
        form=form,
        hours=HOURS,
    )
