"""What all rooms stand on, and who is met from there: our people, others, and the way to them."""

from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

from usi_fed import __version__
from usi_fed.activitypub.addresses import NetworkPolicy
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.plain_reading import PlainReading
from usi_fed.activitypub.signer import Dialects
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.service import Actors
from usi_fed.background import Bells
from usi_fed.clock import Clock
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.db.engine import open_database
from usi_fed.instance.service import Instance
from usi_fed.moderation.domains import Domains
from usi_fed.moderation.gates import Gates
from usi_fed.outbox.delivery import Limits
from usi_fed.outbox.delivery_store import known_dialects
from usi_fed.queue import Queue
from usi_fed.urls import Urls
from usi_fed.wiring.house import House


@dataclass(frozen=True, slots=True)
class Ground:
    """What all rooms stand on."""

    settings: Settings
    urls: Urls
    clock: Clock
    database: Database
    queue: Queue
    safe: KeySafe
    domains: Domains
    gates: Gates
    instance: Instance
    is_stage: bool


@dataclass(frozen=True, slots=True)
class People:
    """Ours and others, and the way to them."""

    client: Client
    actors: Actors
    remote_actors: RemoteActors
    linked_data: LinkedData
    reading: PlainReading


async def lay_ground(
    settings: Settings, clock: Clock, queue: Queue | None, stage_of: House | None, stack: AsyncExitStack
) -> Ground:
    """Open the database and read what holds for the whole server; `stack` takes it down again.

    Raises:
        ConfigurationError: the master key cannot be used.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    safe = KeySafe.open(settings.master_key_file)
    wanted = queue or stack.enter_context(_queue_of(settings))
    database = open_database(settings.database)
    await database.open()
    stack.push_async_callback(database.close)
    domains = await _read_rules(settings, clock, database, stack)
    gates = Gates(database, clock)
    await gates.load()
    domains.when_news.append(gates.load)
    urls = Urls.of(settings, stage_of.urls.secret if stage_of else safe.derive("links"), domains.takes_media)
    instance = Instance(settings, urls, database)
    await instance.load()
    stack.push_async_callback(instance.close)
    is_stage = stage_of is not None
    return Ground(settings, urls, clock, database, wanted, safe, domains, gates, instance, is_stage)


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


async def meet_people(ground: Ground, stack: AsyncExitStack) -> People:
    """Open the way to other servers; from then on ours can be signed for."""
    settings, database, clock, domains = ground.settings, ground.database, ground.clock, ground.domains
    linked_data = LinkedData()
    stack.push_async_callback(linked_data.close)
    reading = PlainReading(linked_data)
    client = Client(
        _policy(settings),
        is_host_allowed=domains.is_host_allowed,
        dialects=Dialects(await database.read(known_dialects)),
        clock=clock,
        delivery_connections=Limits().total,
        reading=reading,
        is_cut_off=ground.is_stage,
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
    return People(client, actors, remote_actors, linked_data, reading)


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


def _policy(settings: Settings) -> NetworkPolicy:
    return NetworkPolicy(
        user_agent=f"USI-Fed/{__version__} (+{settings.origin}/)",
        allow_http=settings.scheme == "http",
        allowed_networks=settings.allow_private_networks,
    )
