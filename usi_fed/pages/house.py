"""What the pages need of the house. `wiring` builds it; tests may build another."""

from typing import Protocol

from starlette.requests import Request

from usi_fed.accounts.elsewhere.joining import JoiningElsewhere
from usi_fed.accounts.elsewhere.service import Elsewhere
from usi_fed.accounts.elsewhere.ways import Ways
from usi_fed.accounts.joining import Joining
from usi_fed.accounts.mailed_links import MailedLinks
from usi_fed.accounts.passkeys import Passkeys
from usi_fed.accounts.recovery import Recovery
from usi_fed.accounts.second_passwords import SecondPasswords
from usi_fed.accounts.second_step import SecondSteps
from usi_fed.accounts.service import Accounts
from usi_fed.accounts.signing_in import SigningIn
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.service import Actors
from usi_fed.clock import Clock
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.groups.digests import Digests
from usi_fed.groups.service import Groups
from usi_fed.inbox.backfill import Backfill
from usi_fed.inbox.resolving import Resolver
from usi_fed.instance.service import Instance
from usi_fed.media.cards import CardBox
from usi_fed.media.service import MediaLibrary
from usi_fed.moderation.approving import Approving
from usi_fed.moderation.blocklists import Blocklists
from usi_fed.moderation.domains import Domains
from usi_fed.moderation.gates import Gates
from usi_fed.moderation.service import Moderation
from usi_fed.moderation.vouching import Vouching
from usi_fed.outbox.publish import Publisher
from usi_fed.pages.departures import Departures
from usi_fed.portability.archive import Archives
from usi_fed.portability.importing import Imports
from usi_fed.portability.moving import Moving
from usi_fed.portability.offers import Offers
from usi_fed.portability.sheets import Sheets
from usi_fed.posts.translating import Translator
from usi_fed.sealed.service import SealedNotes
from usi_fed.unions.affiliations import Affiliations
from usi_fed.unions.service import Unions
from usi_fed.unions.sites import Sites
from usi_fed.upkeep.administration import Administration
from usi_fed.upkeep.backups import Backups
from usi_fed.upkeep.checkup import Checkup
from usi_fed.urls import Urls


class House(Protocol):
    """The parts that the pages call."""

    @property
    def settings(self) -> Settings:
        """What the operator decided."""

    @property
    def instance(self) -> Instance:
        """What this server looks like."""

    @property
    def urls(self) -> Urls:
        """Every URL we mint."""

    @property
    def clock(self) -> Clock:
        """The current moment."""

    @property
    def database(self) -> Database:
        """Runs units of work."""

    @property
    def accounts(self) -> Accounts:
        """Who signs in here."""

    @property
    def unions(self) -> Unions:
        """Organisations, and who acts for them."""

    @property
    def signing_in(self) -> SigningIn:
        """The steps of signing in."""

    @property
    def second_steps(self) -> SecondSteps:
        """Codes of telephones, and recovery codes."""

    @property
    def sealed_notes(self) -> SealedNotes:
        """What only named people read."""

    @property
    def second_passwords(self) -> SecondPasswords:
        """Passwords for whoever is forced to sign in."""

    @property
    def mailed_links(self) -> MailedLinks:
        """Links that sign in."""

    @property
    def passkeys(self) -> Passkeys:
        """Keys of people's devices."""

    @property
    def elsewhere(self) -> Elsewhere:
        """Accounts elsewhere that open accounts here."""

    @property
    def joining_elsewhere(self) -> JoiningElsewhere:
        """Making accounts for who has one elsewhere."""

    @property
    def ways(self) -> Ways:
        """With what people can sign in."""

    @property
    def vouching(self) -> Vouching:
        """Officers who let people in."""

    @property
    def joining(self) -> Joining:
        """People who come without an invitation."""

    @property
    def approving(self) -> Approving:
        """Officers who decide who joins."""

    @property
    def gates(self) -> Gates:
        """Who may not come in."""

    @property
    def moderation(self) -> Moderation:
        """What is decided about people, posts and reports."""

    @property
    def domains(self) -> Domains:
        """The rules about other servers."""

    @property
    def blocklists(self) -> Blocklists:
        """Rules that servers share."""

    @property
    def recovery(self) -> Recovery:
        """Links for new passwords."""

    @property
    def actors(self) -> Actors:
        """Our own actors."""

    @property
    def affiliations(self) -> Affiliations:
        """What organisations belong to, and who attests it."""

    @property
    def sites(self) -> Sites:
        """The pages of our organisations' own sites."""

    @property
    def groups(self) -> Groups:
        """Who belongs to groups, and what is posted to them."""

    @property
    def digests(self) -> Digests:
        """Mails about what is new in groups."""

    @property
    def remote_actors(self) -> RemoteActors:
        """Actors of other servers."""

    @property
    def resolver(self) -> Resolver:
        """Finds what somebody names, here or elsewhere."""

    @property
    def backfill(self) -> Backfill:
        """Fills in conversations."""

    @property
    def translator(self) -> Translator:
        """Posts translated by a machine."""

    @property
    def publisher(self) -> Publisher:
        """What local actors do, here and towards other servers."""

    @property
    def media(self) -> MediaLibrary:
        """Files of posts and profiles."""

    @property
    def cards(self) -> CardBox:
        """Pictures of pages, for who shares them."""

    @property
    def departures(self) -> Departures:
        """The way to strangers' own servers."""

    @property
    def sheets(self) -> Sheets:
        """What people take along, as CSV files."""

    @property
    def archives(self) -> Archives:
        """Everything of an account in one file."""

    @property
    def moving(self) -> Moving:
        """From and to other accounts."""

    @property
    def imports(self) -> Imports:
        """What people bring along."""

    @property
    def backups(self) -> Backups:
        """Backups that were asked for on a page."""

    @property
    def checkup(self) -> Checkup:
        """What is wrong with this server."""

    @property
    def administration(self) -> Administration:
        """What administrators do."""

    @property
    def offers(self) -> Offers:
        """Profiles out of archives."""


def house_of(request: Request) -> House:
    """The house that answers a request."""
    house: House = request.app.state.house
    return house
