"""How often passwords may be tried: by network, by account and network, and a brake for each account."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from usi_fed.accounts.limits import Limit, network_of
from usi_fed.errors import TooManyRequests

TRIES_WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT_AND_NETWORK, TRIES_PER_NETWORK = 10, 50
# From everywhere together: only a brake, for whoever could lock an account by guessing would lock its owner out.
QUICK_TRIES_PER_ACCOUNT = 50
BRAKE_SECONDS = 5.0


class Tries:
    """Counts what fails: a hundred people of one office sign in behind one address. `key` says whose password it is.

    `pause` waits for a number of seconds.
    """

    def __init__(self, pause: Callable[[float], Awaitable[None]], *, is_counting: bool) -> None:
        self._is_counting = is_counting
        self._pause = pause
        self._of_network = Limit(TRIES_PER_NETWORK, TRIES_WINDOW)
        self._of_account_and_network = Limit(TRIES_PER_ACCOUNT_AND_NETWORK, TRIES_WINDOW)
        self._of_account = Limit(QUICK_TRIES_PER_ACCOUNT, TRIES_WINDOW)

    def count_network(self, address: str) -> None:
        """Count a try, before it is known whose.

        Raises:
            TooManyRequests: too many have failed from this network.
        """
        if self._is_counting:
            self._of_network.count(network_of(address))

    async def count(self, key: str, address: str) -> None:
        """Count a try; slow down those who guess one account's password from many networks.

        Raises:
            TooManyRequests: too many have failed from this network for this account.
        """
        if not self._is_counting:
            return
        self._of_account_and_network.count(f"{key} {network_of(address)}")
        try:
            self._of_account.count(key)
        except TooManyRequests:
            await self._pause(BRAKE_SECONDS)

    def have_ended_well(self, key: str, address: str) -> None:
        """The owner was there. Others' failures from the same network stay counted: one right password among many
        guesses must not make room for more of them.
        """
        self._of_account_and_network.forget(f"{key} {network_of(address)}")
        self._of_account.forget(key)
        self._of_network.give_back(network_of(address))
