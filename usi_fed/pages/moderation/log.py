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
    "vouch": Sentence("Codes on paper"),
    "administration": Sentence("Administration"),
}
ACTIONS = {
    "silence": Sentence("Limited"),
    "suspend": Sentence("Shut out"),
    "free": Sentence("Freed"),
    "warn": Sentence("Warned"),
    "account role": Sentence("Gave another role"),
    "account disable": Sentence("Stopped from signing in"),
    "account enable": Sentence("Let sign in again"),
    "account delete": Sentence("Deleted the account"),
    "post deleted": Sentence("Deleted a post"),
    "post covered": Sentence("Covered the pictures of a post"),
    "report assigned": Sentence("Gave a report into somebody's hands"),
    "report unassigned": Sentence("Gave a report out of hand"),
    "report resolved": Sentence("Closed a report"),
    "report reopened": Sentence("Opened a report again"),
    "report forwarded": Sentence("Passed a report on"),
    "report note": Sentence("Wrote a note to a report"),
    "join approved": Sentence("Let join"),
    "join rejected": Sentence("Did not let join"),
    "domain allow": Sentence("Allowed the server"),
    "domain noop": Sentence("Made a rule that limits nobody for the server"),
    "domain silence": Sentence("Limited the server"),
    "domain suspend": Sentence("Shut out the server"),
    "domain free": Sentence("Dropped the rule for the server"),
    "list added": Sentence("Added a list"),
    "list removed": Sentence("Removed a list"),
    "list applies": Sentence("Lets a list change rules by itself"),
    "list proposes": Sentence("Lets a list only propose"),
    "list left out": Sentence("Left out what a list says"),
    "vouch invitation": Sentence("Made a code for somebody new"),
    "vouch account": Sentence("Made a code to come back in"),
    "federation": Sentence("Changed with whom the server deals"),
    "server change": Sentence("Changed how the server shows itself"),
    "invitation make": Sentence("Made an invitation"),
    "invitation end": Sentence("Ended an invitation"),
    "backup make": Sentence("Had a backup made"),
    "backup fetch": Sentence("Fetched the backup"),
    "backup remove": Sentence("Removed the backup"),
    "keys rotate": Sentence("Made new keys"),
    "cache clear": Sentence("Dropped files of other servers"),
    "queue retry": Sentence("Had it sent again"),
    "queue give up": Sentence("Gave up sending"),
    "inbox replay": Sentence("Had it read again"),
}
# Areas that are several beginnings of actions.
_WIDE_AREAS = {
    "person": ("silence", "suspend", "free", "warn"),
    "administration": ("server ", "invitation ", "backup ", "keys ", "cache ", "queue ", "inbox "),
}
_DETAILS = {
    "reason": Sentence("Why"),
    "about": Sentence("About"),
    "to": Sentence("To"),
    "role": Sentence("Role"),
    "post": Sentence("Post"),
    "source": Sentence("List"),
    "url": Sentence("Address"),
    "domains": Sentence("Servers"),
    "reject_media": Sentence("Without its files"),
    "reject_reports": Sentence("Without its reports"),
    "applies": Sentence("Change rules by itself"),
    "uses": Sentence("How many may join with it"),
    "sealed": Sentence("Locked with a passphrase"),
    "files": Sentence("Files"),
    "activities": Sentence("How many"),
    "deliveries": Sentence("How many"),
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
        lines=[_line(entry, people) for entry in entries],
        people=sorted((f"@{actor.handle}", actor.id) for actor in people.values()),
        areas={name: said(words) for name, words in AREAS.items()},
        wanted=wanted,
        area=area,
        older=older_of([entry.id for entry in entries], PAGE_SIZE),
        is_first=window.max_id is None,
    )


def _line(entry: LogEntry, people: dict[int, Actor]) -> Line:
    who = gettext("The server or its operator")
    if entry.actor_id is not None:
        known = people.get(entry.actor_id)
        who = f"@{known.handle}" if known else gettext("Somebody who has left")
    details = tuple((said(_DETAILS.get(name, name)), _told(value)) for name, value in (entry.detail or {}).items())
    action = said(ACTIONS.get(entry.action, entry.action))
    return Line(When(iso(entry.at), minute(entry.at)), who, action, entry.target, details)


def _told(value: object) -> str:
    return "✓" if value is True else str(value)
