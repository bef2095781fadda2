"""What a post said before it was edited, and what was changed each time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.clock import iso
from usi_fed.db.ids import parse_id
from usi_fed.errors import NotFound
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import find_member
from usi_fed.pages.reading import read_open_post
from usi_fed.pages.sessions import log_in_first
from usi_fed.pages.views import When, page_of, person_view
from usi_fed.posts.details_store import Details, load_details
from usi_fed.posts.versions_store import Version, versions_of
from usi_fed.posts.visibility import get_visible
from usi_fed.text.changes import Piece, changes
from usi_fed.text.plain import to_text
from usi_fed.translation import direction_of, gettext, minute, name_of
from usi_fed.urls import Urls

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a version: what it is, in which language, and how it differs from the version before."""

    name: str
    language: str | None
    direction: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class VersionOfPost:
    """A post as it was from `when` on."""

    when: When
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    name: str
    language: str | None
    text: str


@dataclass(frozen=True, slots=True)
class _Form:
    at: datetime
    texts: tuple[_Text, ...]


async def show_history(request: Request) -> Response:
    """GET /@{name}/{id}/history: for whoever may see the post.

    Raises:
        NotFound: there is no such post, or it is not for who asks.
    """
    house = house_of(request)
    name, post_id = request.path_params["name"], parse_id(request.path_params["id"])
    member = await find_member(request)
    if member is None and "@" in name:
        return log_in_first(request, 303)
    viewer_id = member.actor.id if member is not None else None
    details, earlier = await house.database.read(_read, name, post_id, viewer_id, house.urls)
    forms = [*(_earlier(version, details) for version in earlier), _present(details)][-MOST_SHOWN - 1 :]
    shown = [_compared(before, after) for before, after in pairwise(forms)]
    if len(forms) <= MOST_SHOWN:
        shown.insert(0, _compared(replace(forms[0]), forms[0]))
    return await html_page(
        request,
        "pages/history.html",
        is_private=viewer_id is not None,
        author=person_view(details.author, house.urls.paths),
        versions=shown[::-1],
        back=f"{page_of(details.author)}/{post_id}",
        is_indexed=False,
    )


def _read(
    connection: Connection, name: str, post_id: int, viewer_id: int | None, urls: Urls
) -> tuple[Details, Sequence[Version]]:
    if viewer_id is None:
        details = read_open_post(connection, name, post_id, urls).details
    else:
        post = get_visible(connection, post_id, viewer_id)
        if post.is_boost:
            raise NotFound("a boost has no history")
        [details] = load_details(connection, [post])
    return details, versions_of(connection, post_id)


def _earlier(version: Version, details: Details) -> _Form:
    options = version.poll_options or []
    files = [str(file["description"]) for file in version.media]
    first = _Text("", details.post.language, to_text(version.content))
    return _Form(version.created_at, _texts(first, version.title, version.warning, version.wordings, options, files))


def _present(details: Details) -> _Form:
    post = details.post
    options = [str(option["title"]) for option in details.poll.options] if details.poll else []
    files = [file.description for file in details.media]
    first = _Text("", post.language, to_text(post.content))
    at = post.edited_at or post.published
    return _Form(at, _texts(first, post.title, post.warning, post.wordings, options, files))


def _texts(
    main: _Text,
    title: str,
    warning: str,
    wordings: Sequence[dict[str, str]],
    options: Sequence[str],
    files: Sequence[str],
) -> tuple[_Text, ...]:
    """All that a version says, each with a name; the text itself needs none."""
    others = [
        _Text(name_of(one["language"]), one["language"],
              "\n".join(filter(None, (one["title"], one["warning"], to_text(one["content"])))))
        for one in wordings
    ]  # fmt: skip
    found = (
        _Text(gettext("Title"), main.language, title),
        _Text(gettext("Warning"), main.language, warning),
        main,
        *others,
        _Text(gettext("Choices"), main.language, "\n".join(options)),
        *(
            _Text(gettext("File %(number)s", number=number), main.language, words or gettext("(not described)"))
            for number, words in enumerate(files, 1)
        ),
    )
    return tuple(one for one in found if one.text)


def _compared(before: _Form, after: _Form) -> VersionOfPost:
    """A version with what is different in it; texts that are no longer there stand at its end."""
    old = {one.name: one for one in before.texts}
    new = {one.name: one for one in after.texts}
    gone = [replace(one, text="") for one in before.texts if one.name not in new]
    parts = tuple(
        Part(
            one.name,
            one.language,
            direction_of(one.language),
            tuple(changes(old[one.name].text if one.name in old else "", one.text)),
        )
        for one in (*after.texts, *gone)
    )
    return VersionOfPost(When(iso(after.at), minute(after.at)), parts)
