"""Builds the house from Settings, once: every part gets what it needs through its constructor."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

from usi_fed import __version__
from usi_fed.accounts.elsewhere.fediverse import ForeignApplications
from usi_fed.accounts.elsewhere.joining import JoiningElsewhere
from usi_fed.accounts.elsewhere.journeys import Journeys
from usi_fed.accounts.elsewhere.service import Elsewhere
from usi_fed.accounts.elsewhere.services import Services
from usi_fed.accounts.elsewhere.ways import Ways
from usi_fed.accounts.joining import Joining
from usi_fed.accounts.letters import Courier
from usi_fed.accounts.mailed_links import MailedLinks
from usi_fed.accounts.passkeys import Passkeys
from usi_fed.accounts.passwords import Passwords
from usi_fed.accounts.recovery import Recovery
from usi_fed.accounts.second_passwords import SecondPasswords
from usi_fed.accounts.second_step import SecondSteps
from usi_fed.accounts.service import Accounts
from usi_fed.accounts.signing_in import SigningIn
from usi_fed.activitypub.addresses import NetworkPolicy
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.plain_reading import PlainReading
from usi_fed.activitypub.signer import Dialects
from usi_fed.actors.nodeinfo import NodeInfo
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.service import Actors
from usi_fed.background import Background, Bells, Drainer
from usi_fed.chores import Chores
from usi_fed.clock import Clock, now
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.db.engine import open_database
from usi_fed.db.leases import this_process
from usi_fed.health import count_usage
from usi_fed.inbox.asking import Asking
from usi_fed.inbox.backfill import Backfill
from usi_fed.inbox.endpoint import InboxEndpoint
from usi_fed.inbox.fetching import Fetching
from usi_fed.inbox.followers_check import FollowersCheck
from usi_fed.inbox.jobs import Receiver
from usi_fed.inbox.limits import hints_of_hosts
from usi_fed.inbox.pins import Pins
from usi_fed.inbox.provenance import Provenance
from usi_fed.inbox.quotes import Quotes
from usi_fed.inbox.resolving import Resolver
from usi_fed.instance.service import Instance
from usi_fed.mail import Mailer
from usi_fed.media.cards import FOLDER as CARDS
from usi_fed.media.cards import CardBox
from usi_fed.media.process import MediaProcessor
from usi_fed.media.service import MediaLibrary
from usi_fed.moderation.approving import Approving
from usi_fed.moderation.blocklists import Blocklists
from usi_fed.moderation.domains import Domains
from usi_fed.moderation.service import Moderation
from usi_fed.moderation.vouching import Vouching
from usi_fed.outbox.delivery import Limits, Sender
from usi_fed.outbox.delivery_store import known_dialects
from usi_fed.outbox.publish import Publisher
from usi_fed.outbox.served import ServedOutboxes
from usi_fed.pages.departures import Departures
from usi_fed.portability.acts import Acts
from usi_fed.portability.archive import Archives
from usi_fed.portability.importing import Imports
from usi_fed.portability.jobs import Importer
from usi_fed.portability.moving import Moving
from usi_fed.portability.offers import Offers
from usi_fed.portability.sheets import Sheets
from usi_fed.posts.served import ServedPosts
from usi_fed.posts.service import Limits as PostLimits
from usi_fed.posts.translating import Translator, translator_of
from usi_fed.queue import Job, Queue
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
    moderation: Moderation
    actors: Actors
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


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all rooms stand on."""

    settings: Settings
    urls: Urls
    clock: Clock
    database: Database
    queue: Queue
    safe: KeySafe
    domains: Domains
    instance: Instance
    is_stage: bool


@dataclass(frozen=True, slots=True)
class _People:
    """Ours and others, and the way to them."""

    client: Client
    actors: Actors
    remote_actors: RemoteActors
    linked_data: LinkedData
    reading: PlainReading


@asynccontextmanager
async def open_house(
    settings: Settings, *, clock: Clock = now, queue: Queue | None = None, stage_of: House | None = None
) -> AsyncIterator[House]:
    """Build all parts, and take them down again in the opposite order.

    The database must have the newest schema (`db/migrate.py`). `stage_of` is the house whose stage this one is
    (decision 0028): it shows the same files, and reaches nobody.

    Raises:
        ConfigurationError: the master key cannot be used.
    """
    async with AsyncExitStack() as stack:
        ground = await _lay_ground(settings, clock, queue, stage_of, stack)
        people = await _meet_people(ground, stack)
        yield _furnish(ground, people, stack)


async def _lay_ground(
    settings: Settings, clock: Clock, queue: Queue | None, stage_of: House | None, stack: AsyncExitStack
) -> _Ground:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    safe = KeySafe.open(settings.master_key_file)
    wanted = queue or stack.enter_context(_queue_of(settings))
    database = open_database(settings.database)
    await database.open()
    stack.push_async_callback(database.close)
    domains = await _read_rules(settings, clock, database, stack)
    urls = Urls.of(settings, stage_of.urls.secret if stage_of else safe.derive("links"), domains.takes_media)
    instance = Instance(settings, urls, database)
    await instance.load()
    stack.push_async_callback(instance.close)
    is_stage = stage_of is not None
    return _Ground(settings, urls, clock, database, wanted, safe, domains, instance, is_stage)


async def _read_rules(settings: Settings, clock: Clock, database: Database, stack: AsyncExitStack) -> Domains:
    domains = Domains(
        database,
        clock,
        only_listed=settings.federation_mode == "allowlist",
        ours=(settings.domain, settings.handles),
    )
    await domains.load()
    stack.push_async_callback(domains.close)
    return domains


async def _meet_people(ground: _Ground, stack: AsyncExitStack) -> _People:
    settings, database, clock, domains = ground.settings, ground.database, ground.clock, ground.domains
    linked_data = LinkedData()
    stack.push_async_callback(linked_data.close)
    reading = PlainReading(linked_data)
    client = Client(
        _policy(settings),
        is_host_allowed=_nobody if ground.is_stage else domains.is_host_allowed,
        dialects=Dialects(await database.read(known_dialects)),
        clock=clock,
        delivery_connections=Limits().total,
        reading=reading,
    )
    await stack.enter_async_context(client)
    actors = Actors(database, ground.urls, ground.safe, clock, ground.instance)
    stack.push_async_callback(actors.close)
    await actors.ensure_instance_actor()
    client.signer = actors.instance_signer
    remote_actors = RemoteActors(
        database, client, ground.urls, clock, mark_of=domains.mark_of, rate_limits=settings.rate_limits
    )
    stack.push_async_callback(remote_actors.close)
    return _People(client, actors, remote_actors, linked_data, reading)


def _furnish(ground: _Ground, people: _People, stack: AsyncExitStack) -> House:
    settings, urls, clock, database, queue = (
        ground.settings,
        ground.urls,
        ground.clock,
        ground.database,
        ground.queue,
    )
    domains, client, actors, remote_actors = ground.domains, people.client, people.actors, people.remote_actors
    passwords = Passwords()
    second_passwords = SecondPasswords(database, passwords, ground.safe, clock)
    accounts = Accounts(
        database,
        passwords=passwords,
        second_passwords=second_passwords,
        rate_limits=settings.rate_limits,
        clock=clock,
    )
    second_steps = SecondSteps(database, ground.safe, clock)
    signing_in = SigningIn(
        accounts, second_steps, second_passwords, database, rate_limits=settings.rate_limits, clock=clock
    )
    journeys = Journeys(database, ground.safe, clock)
    services = _services(ground, client)
    post_limits = PostLimits(characters=settings.post_characters)
    publisher = Publisher(database, queue, urls, actors, remote_actors, clock, post_limits)
    sender = Sender(database, client, actors, clock=clock)
    if isinstance(queue, Bells):
        queue.listen(Job.OUTBOX, sender.wake)
    hints = hints_of_hosts() if settings.rate_limits else None
    fetching = Fetching(database, client, remote_actors, urls, clock, queue, hints)
    remote_actors.when_refreshed.append(Pins(database, client, fetching).read)
    backfill = Backfill(database, client, fetching, urls, clock)
    stack.push_async_callback(backfill.close)
    media = _media(ground, people, stack)
    courier = _courier(settings, stack)
    sheets = Sheets(database, urls.handles, clock)
    return House(
        settings=settings,
        urls=urls,
        clock=clock,
        database=database,
        instance=ground.instance,
        queue=queue,
        safe=ground.safe,
        client=client,
        domains=domains,
        moderation=Moderation(database, queue, urls, actors, accounts, clock, courier),
        actors=actors,
        remote_actors=remote_actors,
        accounts=accounts,
        signing_in=signing_in,
        second_steps=second_steps,
        second_passwords=second_passwords,
        passkeys=Passkeys(signing_in, database, ground.safe, settings, clock),
        elsewhere=Elsewhere(signing_in, services, journeys, database, settings, ground.instance, clock),
        joining_elsewhere=JoiningElsewhere(accounts, journeys, database, clock),
        ways=Ways(accounts, services, database, clock),
        vouching=Vouching(database, accounts, clock),
        joining=Joining(database, ground.instance, actors, accounts, clock, rate_limits=settings.rate_limits),
        approving=Approving(database, actors, courier, urls, clock, server=ground.instance.name),
        blocklists=Blocklists(database, client, domains, clock),
        mailed_links=_mailed_links(ground, signing_in, stack),
        recovery=_recovery(ground, accounts, stack),
        media=media,
        cards=_cards(settings, stack),
        departures=Departures(client, rate_limits=settings.rate_limits),
        nodeinfo=NodeInfo(ground.instance, urls, database, count_usage, clock),
        served_posts=ServedPosts(database, urls),
        is_host_allowed=domains.is_host_allowed,
        publisher=publisher,
        translator=translator_of(settings, database, clock),
        served_outboxes=ServedOutboxes(database, urls),
        sender=sender,
        fetching=fetching,
        resolver=Resolver(database, remote_actors, fetching, urls),
        receiver=_receiver(ground, people, publisher, fetching, stack),
        backfill=backfill,
        inbox=_inbox(ground, people, publisher, stack),
        sheets=sheets,
        archives=Archives(database, media, sheets, urls, clock),
        moving=Moving(database, publisher, remote_actors),
        imports=Imports(database, queue, urls.handles, clock),
        importer=_importer(ground, people, publisher, fetching),
        offers=Offers(database, media, client, publisher, urls, clock),
        backups=Backups(settings, database, clock, holder=this_process()),
        checkup=Checkup(settings, ground.instance),
        administration=Administration(database, queue, urls, ground.instance, media, publisher, clock),
    )


def _services(ground: _Ground, client: Client) -> Services:
    settings = ground.settings
    applications = ForeignApplications(
        client, ground.database, ground.safe, ground.clock, settings.name, settings.origin
    )
    return Services(applications, settings, ground.clock)


def _courier(settings: Settings, stack: AsyncExitStack) -> Courier:
    courier = Courier(Mailer(settings) if settings.mail_url else None)
    stack.push_async_callback(courier.close)
    return courier


def _recovery(ground: _Ground, accounts: Accounts, stack: AsyncExitStack) -> Recovery:
    settings = ground.settings
    mailer = Mailer(settings, ground.instance.name) if settings.mail_url else None
    recovery = Recovery(accounts, mailer, ground.urls, server=ground.instance.name, rate_limits=settings.rate_limits)
    stack.push_async_callback(recovery.close)
    return recovery


def _mailed_links(ground: _Ground, signing_in: SigningIn, stack: AsyncExitStack) -> MailedLinks:
    settings = ground.settings
    mailer = Mailer(settings, ground.instance.name) if settings.mail_url else None
    links = MailedLinks(
        signing_in,
        ground.database,
        mailer,
        ground.urls,
        server=ground.instance.name,
        rate_limits=settings.rate_limits,
        clock=ground.clock,
    )
    stack.push_async_callback(links.close)
    return links


def _media(ground: _Ground, people: _People, stack: AsyncExitStack) -> MediaLibrary:
    processor = MediaProcessor()
    stack.push_async_callback(processor.close)
    return MediaLibrary(
        ground.database,
        people.client,
        processor,
        ground.settings.media_dir,
        clock=ground.clock,
        cache_bytes=ground.settings.media_cache_bytes,
        takes_media=ground.domains.takes_media,
    )


def _cards(settings: Settings, stack: AsyncExitStack) -> CardBox:
    cards = CardBox(MediaProcessor(), settings.media_dir / CARDS)
    stack.push_async_callback(cards.close)
    return cards


def _importer(ground: _Ground, people: _People, publisher: Publisher, fetching: Fetching) -> Importer:
    acts = Acts(ground.database, publisher, people.remote_actors, fetching, ground.urls, ground.clock)
    return Importer(ground.database, acts, ground.clock, holder=this_process())


def _receiver(
    ground: _Ground, people: _People, publisher: Publisher, fetching: Fetching, stack: AsyncExitStack
) -> Receiver:
    quotes = Quotes(ground.database, people.client, fetching)
    quotes.when_settled.append(publisher.tell_quote_allowed)
    receiver = Receiver(
        ground.database,
        Asking(fetching, quotes),
        ground.queue,
        ground.urls,
        ground.domains.takes_reports,
        ground.clock,
        holder=this_process(),
    )
    stack.push_async_callback(receiver.close)
    return receiver


def _inbox(ground: _Ground, people: _People, publisher: Publisher, stack: AsyncExitStack) -> InboxEndpoint:
    followers_check = FollowersCheck(ground.database, people.client, publisher, ground.urls)
    stack.push_async_callback(followers_check.close)
    provenance = Provenance(
        ground.database,
        people.remote_actors,
        people.linked_data,
        people.reading,
        {ground.settings.domain},
        ground.domains.is_host_allowed,
        ground.clock,
    )
    return InboxEndpoint(ground.settings, ground.database, provenance, ground.queue, ground.clock, followers_check)


@contextmanager
def _queue_of(settings: Settings) -> Iterator[Queue]:
    if not settings.redis_url:
        yield Bells()
        return
    # Here and not above: Celery alone is larger than the memory that many a small server has for everything.
    from usi_fed.broker import CeleryQueue, create_celery  # noqa: PLC0415

    queue = CeleryQueue(create_celery(settings))
    try:
        yield queue
    finally:
        queue.close()


def drainers_of(house: House) -> dict[Job, Drainer]:
    """Who does which kind of work, for the in-process worker and for Celery's."""
    chores = Chores(house.database, house.publisher, house.media, house.blocklists, house.clock, holder=this_process())
    return {
        Job.INBOX: house.receiver,
        Job.OUTBOX: house.sender,
        Job.UPKEEP: chores,
        Job.IMPORTS: house.importer,
        Job.BACKUPS: house.backups,
    }


def background_of(house: House) -> Background | None:
    """The in-process worker; None when Celery does the work."""
    return Background(house.queue, drainers_of(house), house.clock) if isinstance(house.queue, Bells) else None


def _nobody(host: str) -> bool:
    return False


def _policy(settings: Settings) -> NetworkPolicy:
    return NetworkPolicy(
        user_agent=f"USI-Fed/{__version__} (+{settings.origin}/)",
        allow_http=settings.scheme == "http",
        allowed_networks=settings.allow_private_networks,
    )
