"""Builds the house from Settings, once: every part gets what it needs through its constructor."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed import __version__
from usi_fed.accounts.service import Accounts
from usi_fed.accounts.store import count_accounts
from usi_fed.activitypub.addresses import NetworkPolicy
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.signer import Dialects
from usi_fed.actors.nodeinfo import NodeInfo, Usage
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.service import Actors
from usi_fed.actors.store import count_local
from usi_fed.background import Background, Bells, Drainer
from usi_fed.chores import Chores
from usi_fed.clock import Clock, now
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.db.engine import open_database
from usi_fed.db.leases import this_process
from usi_fed.inbox.backfill import Backfill
from usi_fed.inbox.endpoint import InboxEndpoint
from usi_fed.inbox.fetching import Fetching
from usi_fed.inbox.follow_ups import FollowUps
from usi_fed.inbox.followers_check import FollowersCheck
from usi_fed.inbox.jobs import Receiver
from usi_fed.inbox.provenance import Provenance
from usi_fed.inbox.quotes import Quotes
from usi_fed.media.process import MediaProcessor
from usi_fed.media.service import MediaLibrary
from usi_fed.moderation.domains import Domains
from usi_fed.outbox.delivery import Limits, Sender
from usi_fed.outbox.delivery_store import known_dialects
from usi_fed.outbox.publish import Publisher
from usi_fed.outbox.served import ServedOutboxes
from usi_fed.posts.served import ServedPosts
from usi_fed.posts.service import Limits as PostLimits
from usi_fed.posts.store import count_local_posts
from usi_fed.queue import Job, Queue
from usi_fed.urls import Urls

MASTER_KEY = "master.key"


@dataclass(frozen=True, slots=True)
class House:
    """Every part that lives as long as the process."""

    settings: Settings
    urls: Urls
    clock: Clock
    database: Database
    queue: Queue
    safe: KeySafe
    client: Client
    domains: Domains
    actors: Actors
    remote_actors: RemoteActors
    accounts: Accounts
    media: MediaLibrary
    nodeinfo: NodeInfo
    served_posts: ServedPosts
    is_host_allowed: Callable[[str], bool]
    publisher: Publisher
    served_outboxes: ServedOutboxes
    sender: Sender
    fetching: Fetching
    receiver: Receiver
    backfill: Backfill
    inbox: InboxEndpoint


@asynccontextmanager
async def open_house(settings: Settings, *, clock: Clock = now, queue: Queue | None = None) -> AsyncIterator[House]:
    """Build all parts, and take them down again in the opposite order.

    The database must have the newest schema (`db/migrate.py`).

    Raises:
        ConfigurationError: the master key cannot be used.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    safe = KeySafe.open(settings.data_dir / MASTER_KEY)
    urls = Urls.of(settings, safe.derive("links"))
    stack = ExitStack()
    bells = queue or stack.enter_context(_queue_of(settings))
    database = open_database(settings.database)
    await database.open()
    domains = Domains(database, clock, only_listed=settings.federation_mode == "allowlist")
    await domains.load()
    client = Client(
        _policy(settings),
        is_host_allowed=domains.is_host_allowed,
        dialects=Dialects(await database.read(known_dialects)),
        clock=clock,
        delivery_connections=Limits().total,
    )
    await client.open()
    actors = Actors(database, urls, safe, clock)
    await actors.ensure_instance_actor()
    client.signer = actors.instance_signer
    remote_actors = RemoteActors(database, client, urls, clock, is_silenced=domains.is_silenced)
    processor = MediaProcessor()
    linked_data = LinkedData()
    media = MediaLibrary(
        database,
        client,
        processor,
        settings.media_dir,
        clock=clock,
        cache_bytes=settings.media_cache_bytes,
        takes_media=domains.takes_media,
    )
    authorities = {settings.domain}
    provenance = Provenance(database, remote_actors, linked_data, authorities, domains.is_host_allowed, clock)
    post_limits = PostLimits(characters=settings.post_characters)
    publisher = Publisher(database, bells, urls, actors, remote_actors, clock, post_limits)
    fetching = Fetching(database, client, remote_actors, urls, clock)
    sender = Sender(database, client, actors, clock=clock)
    if isinstance(bells, Bells):
        bells.listen(Job.OUTBOX, sender.wake)
    quotes = Quotes(database, client, fetching)
    follow_ups = FollowUps(fetching, quotes)
    backfill = Backfill(database, client, fetching, urls, clock)
    followers_check = FollowersCheck(database, client, publisher, urls)
    receiver = Receiver(
        database, fetching, follow_ups, bells, urls, domains.takes_reports, clock, holder=this_process()
    )
    house = House(
        settings=settings,
        urls=urls,
        clock=clock,
        database=database,
        queue=bells,
        safe=safe,
        client=client,
        domains=domains,
        actors=actors,
        remote_actors=remote_actors,
        accounts=Accounts(database, rate_limits=settings.rate_limits, clock=clock),
        media=media,
        nodeinfo=NodeInfo(settings, urls, database, count_usage, clock),
        served_posts=ServedPosts(database, urls),
        is_host_allowed=domains.is_host_allowed,
        publisher=publisher,
        served_outboxes=ServedOutboxes(database, urls),
        sender=sender,
        fetching=fetching,
        receiver=receiver,
        backfill=backfill,
        inbox=InboxEndpoint(settings, database, provenance, bells, clock, followers_check),
    )
    try:
        yield house
    finally:
        await receiver.close()
        await followers_check.close()
        await backfill.close()
        await remote_actors.close()
        await linked_data.close()
        await processor.close()
        await client.close()
        await actors.close()
        await database.close()
        stack.close()


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
    chores = Chores(house.database, house.publisher, house.media, house.clock, holder=this_process())
    return {Job.INBOX: house.receiver, Job.OUTBOX: house.sender, Job.UPKEEP: chores}


def background_of(house: House) -> Background | None:
    """The in-process worker; None when Celery does the work."""
    return Background(house.queue, drainers_of(house), house.clock) if isinstance(house.queue, Bells) else None


def count_usage(connection: Connection, present: datetime) -> Usage:
    """How much the server is used, for NodeInfo."""
    return Usage(
        people=count_local(connection),
        active_month=count_accounts(connection, present - timedelta(days=30)),
        active_half_year=count_accounts(connection, present - timedelta(days=180)),
        posts=count_local_posts(connection),
    )


def _policy(settings: Settings) -> NetworkPolicy:
    return NetworkPolicy(
        user_agent=f"USI-Fed/{__version__} (+{settings.origin}/)",
        allow_http=settings.scheme == "http",
        allowed_networks=settings.allow_private_networks,
    )
