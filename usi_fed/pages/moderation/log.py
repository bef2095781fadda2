"""Who decided what about whom, and when."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.clock import iso
from usi_fed.db.ids import find_id
from usi_fed.db.paging import Window
from usi_fed.moderation.log_store import Filter, log_page, who_acted
from usi_fed.moderation.model import LogEntry
from usi_fed.pages.answers import older_than
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.log_words import action_of, details_of, target_of
from usi_fed.pages.moderation.officers import for_officers, officers_page
from usi_fed.pages.moderation.views import older_of
from usi_fed.pages.views import When
from usi_fed.sentences import Sentence
from usi_fed.translation import gettext, minute, said

PAGE_SIZE = 50
AREAS = {
    "": Sentence("Everything"),
    "report": Sentence("Reports"),
    "person": Sentence("Limited, shut out, warned"),
    "account": Sentence("Accounts and roles"),
    "post": Sentence("Posts"),
    "join": Sentence("Who may join"),
    "domain": Sentence("Servers"),
    "list": Sentence("Shared lists"),
    "gate": Sentence("E-mail and networks"),
    "objection": Sentence("Objections"),
    "organisation": Sentence("Organisations"),
    "vouch": Sentence("Codes on paper"),
    "administration": Sentence("Administration"),
}
# Areas that are several beginnings of actions.
_WIDE_AREAS = {
    "person": ("silence", "suspend", "free", "warn"),
    "gate": ("email ", "address "),
    "organisation": (
        "organisation ",
        "office ",
        "page ",
        "member ",
        "proposal ",
        "affiliation ",
        "acting ",
        "group ",
        "sealed ",
    ),
    "administration": ("server ", "invitation ", "backup ", "keys ", "cache ", "queue ", "inbox ", "token "),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log."""

    when: When
    who: str
    action: str
    target: str
    details: tuple[tuple[str, str], ...]


@for_officers
async def show_log(request: Request, member: Member) -> Response:
    """GET /moderation/log?who=&area=&q="""
    house, asked = house_of(request), request.query_params
    area = asked.get("area", "")
    areas = _WIDE_AREAS.get(area, (area,)) if area in AREAS and area else ()
    wanted = Filter(find_id(asked.get("who", "")), areas, asked.get("q", "")[:200])
    window = Window(max_id=older_than(request), limit=PAGE_SIZE)

    def read(connection: Connection) -> tuple[list[LogEntry], dict[int, Actor]]:
        return log_page(connection, window, wanted), find_actors(connection, who_acted(connection))

    entries, people = await house.database.read(read)
    return await officers_page(
        request,
        "log.html",
        member,
        lines=[line_of(entry, people) for entry in entries],
        people=sorted((f"@{actor.handle}", actor.id) for actor in people.values()),
        areas={name: said(words) for name, words in AREAS.items()},
        wanted=wanted,
        area=area,
        older=older_of([entry.id for entry in entries], PAGE_SIZE),
        is_first=window.max_id is None,
    )


def line_of(entry: LogEntry, people: dict[int, Actor]) -> Line:
    """A line as its readers say it; `people` are those who acted."""
    who = gettext("The server or its operator")
    if entry.actor_id is not None:
        known = people.get(entry.actor_id)
        who = f"@{known.handle}" if known else gettext("Somebody who has left")
    moment = When(iso(entry.at), minute(entry.at))
    return Line(moment, who, action_of(entry), target_of(entry), details_of(entry))
