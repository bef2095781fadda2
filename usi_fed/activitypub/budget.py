"""A limit on what one incoming activity can make us fetch, so that nobody uses us to flood a third party."""

import time
from datetime import timedelta

from usi_fed.errors import RemoteRefused


class FetchBudget:
    """How many fetches one trigger may still cause; passed down with the work.

    A fetch counts once; its redirects, the second knock
    and the second look at an `id`, all bounded, do not. All of it has to be there `within` a time, if one is given.

    Spec: `../shared/lessons.md` point 8.
    """

    def __init__(self, max_fetches: int = 20, within: timedelta | None = None) -> None:
        self.fetches_left = max_fetches
        self._ends_at = float("inf") if within is None else time.monotonic() + within.total_seconds()

    @property
    def seconds_left(self) -> float:
        """How long a fetch may take that begins now; infinite without a limit."""
        return max(0.0, self._ends_at - time.monotonic())

    def spend(self) -> None:
        """Count one fetch.

        Raises:
            RemoteRefused: none is left.
        """
        if self.fetches_left <= 0:
            raise RemoteRefused("too many fetches for one activity")
        self.fetches_left -= 1
