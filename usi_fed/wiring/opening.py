"""Builds the house from Settings, once: every part gets what it needs through its constructor."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from usi_fed.clock import Clock, now
from usi_fed.config import Settings
from usi_fed.queue import Queue
from usi_fed.wiring.ground import lay_ground, meet_people
from usi_fed.wiring.house import House
from usi_fed.wiring.rooms import furnish


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
        ground = await lay_ground(settings, clock, queue, stage_of, stack)
        people = await meet_people(ground, stack)
        yield furnish(ground, people, stack)
