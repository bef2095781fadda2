"""The door of a group, ours or another server's: as what somebody stands before it, and how they come in and leave."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.db.ids import parse_id
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.groups.knowing import may_know
from usi_fed.groups.standing import GroupStanding, standing_of
from usi_fed.pages.house import House, house_of
from usi_fed.pages.interaction import local_path
from usi_fed.pages.members import Member, form_of_oneself
from usi_fed.pages.once import once
from usi_fed.pages.own_reading import get_named
from usi_fed.pages.reading import get_shown_actor
from usi_fed.pages.sessions import session_secret
from usi_fed.sentences import Sentence

LONGEST_WORDS = 500
_TOO_LONG = Sentence("may have at most %(most)s characters", most=LONGEST_WORDS)
_OFFERED = Sentence("must be one of those that are offered")


def get_group(connection: Connection, name: str, member: Member | None, house: House) -> GroupStanding:
    """The group of ours that an address names, as far as who looks at it may know of it.

    Raises:
        NotFound: there is none.
        Gone, NotAllowed: as `get_shown_actor`.
    """
    group = get_shown_actor(connection, name) if member is None else get_named(connection, name, member.person.id)
    standing = standing_of(connection, group, member.person if member else None, house.clock())
    if standing is None or standing.led is None:
        raise NotFound("no group of ours")
    return standing


@form_of_oneself
async def act_at_door(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /people/{id}/membership?next=: the button `act`: join, leave, accept or decline.

    Raises:
        NotFound: there is no such group, or nothing to be answered.
        InvalidInput: there is no such button, or the words are too long.
        NotAllowed: the group does not take this person in.
    """
    house = house_of(request)
    group = await house.database.read(_known, parse_id(request.path_params["id"]), member.person)

    async def act() -> Response:
        await _act(house, member.person, group, fields)
        return RedirectResponse(local_path(request.query_params.get("next", "")), 303)

    return await once(request, session_secret(request), fields, act)


async def _act(house: House, person: Actor, group: Actor, fields: dict[str, str]) -> None:
    match fields.get("act"):
        case "join":
            words = fields.get("words", "").strip()
            if len(words) > LONGEST_WORDS:
                raise InvalidInput("words", _TOO_LONG)
            await house.groups.join(person, group.id, words)
        case "leave":
            await house.groups.leave(person, group.id)
        case "accept" | "decline" as answer:
            await house.groups.answer_invitation(person, group.id, accept=answer == "accept")
        case _:
            raise InvalidInput("act", _OFFERED)


def _known(connection: Connection, group_id: int, person: Actor) -> Actor:
    group = get_actor(connection, group_id)
    if group.kind != "Group" or not may_know(connection, group, person):
        raise NotFound("no group of which this person may know")
    return group
