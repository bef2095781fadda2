"""A sender in a process of its own, to be killed: `python -m tests.outbox.sending_process DATABASE_URL`."""

import asyncio
import sys

from tests.outbox.receivers import LOOPBACK, PlainSigners
from usi_fed.activitypub.client import Client
from usi_fed.db.engine import open_database
from usi_fed.outbox.delivery import Sender


async def main(database_url: str) -> None:
    database = open_database(database_url)
    await database.open()
    async with Client(LOOPBACK) as client:
        sender = Sender(database, client, PlainSigners())
        await sender.drain()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
