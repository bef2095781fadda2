"""Who comes with an invitation: who invites, and in which language the way in is, whichever way in they take."""

from dataclasses import dataclass, replace

from starlette.requests import Request

from usi_fed import web
from usi_fed.accounts.model import Invitation
from usi_fed.actors.store import get_actor
from usi_fed.pages.house import House
from usi_fed.pages.organisations.attested import AttestedView, find_attested
from usi_fed.pages.sessions import cookie_of
from usi_fed.pages.views import PersonView, person_view
from usi_fed.translation import Reader, find_language, reader


def is_for_the_first(invitation: Invitation) -> bool:
    """Whether it makes the first administrator of a server, who has a password."""
    return invitation.role == "admin" and invitation.invited_by is None


async def may_come_from_elsewhere(house: House, invitation: Invitation) -> bool:
    """Whether it is good with an account of another server or service.

    Not for the first administrator, who has a password, nor from somebody who is hidden: the other service would learn
    who comes in there.
    """
    if is_for_the_first(invitation):
        return False
    inviter = invitation.invited_by
    return inviter is None or not (await house.database.read(get_actor, inviter)).concealed


def reader_of(request: Request, invitation: Invitation | None) -> Reader:
    """Who is spoken to: an invitation has a language, but what somebody chose at this browser counts more."""
    chosen = find_language(cookie_of(request, web.LANGUAGE))
    wanted = None if chosen or invitation is None else find_language(invitation.locale)
    return replace(reader(), language=wanted) if wanted else reader()


@dataclass(frozen=True, slots=True)
class Inviter:
    """Who invites: somebody, or an organisation, with what is known of whom it belongs to."""

    person: PersonView
    attested: AttestedView | None


async def inviter_of(house: House, invitation: Invitation) -> Inviter | None:
    """Who invites; None when the invitation was made by command before anybody was here."""
    inviter_id = invitation.organisation_id or invitation.invited_by
    if inviter_id is None:
        return None
    inviter = await house.database.read(get_actor, inviter_id)
    return Inviter(person_view(inviter, house.urls.paths), await find_attested(house, inviter))
