"""What an operator can have done to an account, for which `usi-fed` has no command.

python -m tests.interop.operator_commands move NAME URI
python -m tests.interop.operator_commands alias NAME URI
python -m tests.interop.operator_commands delete NAME
"""

import sys
from collections.abc import Awaitable, Callable

from usi_fed.actors.service import ProfileChange
from usi_fed.cli.house import get_local, in_house
from usi_fed.wiring import House


async def move(house: House, name: str, uri: str) -> None:
    """Continue at another account."""
    target = await house.remote_actors.fetch(uri)
    await house.publisher.move_to(await get_local(house, name), target.id)


async def alias(house: House, name: str, uri: str) -> None:
    """Say that this account continues another one."""
    await house.publisher.update_profile(await get_local(house, name), ProfileChange(also_known_as=[uri]))


async def delete(house: House, name: str) -> None:
    """Delete an account everywhere."""
    await house.publisher.delete_actor(await get_local(house, name))


COMMANDS: dict[str, Callable[..., Awaitable[None]]] = {"move": move, "alias": alias, "delete": delete}

if __name__ == "__main__":
    in_house(lambda house: COMMANDS[sys.argv[1]](house, *sys.argv[2:]))
