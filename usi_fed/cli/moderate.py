"""`usi-fed moderate`: limit people, shut them out, and end that."""

from collections.abc import Awaitable, Callable

import click

from usi_fed.actors.model import Actor
from usi_fed.cli.house import get_known, in_house, minding_administrators
from usi_fed.wiring import House

_handle = click.argument("handle")
_reason = click.option("--reason", default="", help="For the log; name nobody in it.")


@click.group()
def moderate() -> None:
    """Limit people, shut them out, and end that. HANDLE is a user name of ours, or name@domain."""


@moderate.command()
@_handle
@_reason
def silence(handle: str, reason: str) -> None:
    """Limit HANDLE: shown to those who follow, and nowhere else."""
    _decide(handle, lambda house, actor: house.moderation.silence(actor.id, None, reason))


@moderate.command()
@_handle
@_reason
def suspend(handle: str, reason: str) -> None:
    """Shut HANDLE out: nothing is shown or taken any more; follows with somebody elsewhere end."""
    _decide(handle, lambda house, actor: house.moderation.suspend(actor.id, None, reason))


@moderate.command()
@_handle
@_reason
def free(handle: str, reason: str) -> None:
    """End what was decided about HANDLE; a rule for the whole domain stays."""
    _decide(handle, lambda house, actor: house.moderation.free(actor.id, None, reason))


def _decide(handle: str, act: Callable[[House, Actor], Awaitable[Actor]]) -> None:
    async def decide(house: House) -> Actor:
        actor = await get_known(house, handle)
        async with minding_administrators(house):
            return await act(house, actor)

    click.echo(standing(in_house(decide)))


def standing(actor: Actor) -> str:
    """How somebody stands here, in one sentence."""
    states = [
        word for word, since in (("limited", actor.silenced_at), ("suspended", actor.suspended_at)) if since is not None
    ]
    return f"@{actor.handle} is {' and '.join(states) or 'free'}."
