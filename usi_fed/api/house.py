"""What the client API needs of the house. `wiring` builds it; tests may build another."""

from typing import Protocol

from usi_fed.accounts.service import Accounts
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.service import Actors
from usi_fed.clock import Clock
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.groups.service import Groups
from usi_fed.inbox.backfill import Backfill
from usi_fed.inbox.resolving import Resolver
from usi_fed.instance.service import Instance
from usi_fed.media.service import MediaLibrary
from usi_fed.moderation.approving import Approving
from usi_fed.moderation.domains import Domains
from usi_fed.moderation.gates import Gates
from usi_fed.moderation.service import Moderation
from usi_fed.outbox.publish import Publisher
from usi_fed.portability.sheets import Sheets
from usi_fed.posts.translating import Translator
from usi_fed.unions.affiliations import Affiliations
from usi_fed.unions.service import Unions
from usi_fed.urls import Urls


class House(Protocol):
    """The parts that the methods call."""

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
    def database(self) -> Database:
        """Runs units of work."""

    @property
    def clock(self) -> Clock:
        """The current moment."""

    @property
    def accounts(self) -> Accounts:
        """Who signs in here."""

    @property
    def actors(self) -> Actors:
        """Our own actors."""

    @property
    def remote_actors(self) -> RemoteActors:
        """The actors of other servers."""

    @property
    def resolver(self) -> Resolver:
        """Finds what somebody names, here or elsewhere."""

    @property
    def backfill(self) -> Backfill:
        """Fills in conversations."""

    @property
    def media(self) -> MediaLibrary:
        """Files of posts and profiles."""

    @property
    def gates(self) -> Gates:
        """Who may not come in."""

    @property
    def domains(self) -> Domains:
        """The rules about other servers."""

    @property
    def approving(self) -> Approving:
        """Who joins."""

    @property
    def moderation(self) -> Moderation:
        """Reports, and what moderators decide."""

    @property
    def translator(self) -> Translator:
        """Posts translated by a machine."""

    @property
    def groups(self) -> Groups:
        """Who belongs to groups, and what is posted to them."""

    @property
    def unions(self) -> Unions:
        """Our organisations."""

    @property
    def affiliations(self) -> Affiliations:
        """What organisations belong to, and who attests it."""

    @property
    def sheets(self) -> Sheets:
        """Lists to take along."""

    @property
    def publisher(self) -> Publisher:
        """What local actors do, here and towards other servers."""
