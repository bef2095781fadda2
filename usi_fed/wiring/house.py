"""The house: every part that lives as long as the process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

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
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.actors.nodeinfo import NodeInfo
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.service import Actors
from usi_fed.clock import Clock
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.groups.digests import Digests
from usi_fed.groups.service import Groups
from usi_fed.inbox.backfill import Backfill
from usi_fed.inbox.endpoint import InboxEndpoint
from usi_fed.inbox.fetching import Fetching
from usi_fed.inbox.jobs import Receiver
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
from usi_fed.outbox.delivery import Sender
from usi_fed.outbox.publish import Publisher
from usi_fed.outbox.served import ServedOutboxes
from usi_fed.pages.departures import Departures
from usi_fed.portability.archive import Archives
from usi_fed.portability.importing import Imports
from usi_fed.portability.jobs import Importer
from usi_fed.portability.moving import Moving
from usi_fed.portability.offers import Offers
from usi_fed.portability.sheets import Sheets
from usi_fed.posts.levels import Trust
from usi_fed.posts.served import ServedPosts
from usi_fed.posts.translating import Translator
from usi_fed.queue import Queue
from usi_fed.sealed.service import SealedNotes
from usi_fed.unions.affiliations import Affiliations
from usi_fed.unions.neighbours import Neighbours
from usi_fed.unions.service import Unions
from usi_fed.unions.sites import Sites
from usi_fed.upkeep.administration import Administration
from usi_fed.upkeep.backups import Backups
from usi_fed.upkeep.checkup import Checkup
from usi_fed.urls import Urls


@dataclass(frozen=True, slots=True)
class House:
    """Every part that lives as long as the process."""

    settings: Settings
    urls: Urls
    clock: Clock
    database: Database
    instance: Instance
    queue: Queue
    safe: KeySafe
    client: Client
    domains: Domains
    gates: Gates
    moderation: Moderation
    actors: Actors
    unions: Unions
    sealed_notes: SealedNotes
    affiliations: Affiliations
    digests: Digests
    groups: Groups
    neighbours: Neighbours
    sites: Sites
    remote_actors: RemoteActors
    accounts: Accounts
    signing_in: SigningIn
    second_steps: SecondSteps
    second_passwords: SecondPasswords
    mailed_links: MailedLinks
    passkeys: Passkeys
    elsewhere: Elsewhere
    joining_elsewhere: JoiningElsewhere
    ways: Ways
    vouching: Vouching
    joining: Joining
    approving: Approving
    blocklists: Blocklists
    recovery: Recovery
    media: MediaLibrary
    cards: CardBox
    departures: Departures
    nodeinfo: NodeInfo
    served_posts: ServedPosts
    find_trust: Callable[[Connection, datetime], Trust]
    is_host_allowed: Callable[[str], bool]
    publisher: Publisher
    translator: Translator
    served_outboxes: ServedOutboxes
    sender: Sender
    fetching: Fetching
    resolver: Resolver
    receiver: Receiver
    backfill: Backfill
    inbox: InboxEndpoint
    sheets: Sheets
    archives: Archives
    moving: Moving
    imports: Imports
    importer: Importer
    offers: Offers
    backups: Backups
    checkup: Checkup
    administration: Administration
