"""A limit on what one incoming activity can make us fetch, so that nobody uses us to flood a third party."""

import time
from datetime import timedelta
from typing import Self

from usi_fed.errors import RemoteRefused


class FetchBudget:
    """How many fetches, and how deep, one trigger may still cause; passed down with the work.

    The budgets that `deeper` gives share one count. A fetch counts once; its redirects, the second knock
    and the second look at an `id`, all bounded, do not. All of it has to be there `within` a time, if one is given.

    Spec: `../shared/lessons.md` point 8.
    """

    def __init__(self, max_fetches: int = 20, max_depth: int = 5, within: timedelta | None = None) -> None:
        self._fetches_left = [max_fetches]
        self._depth_left = max_depth
        self._ends_at = float("inf") if within is None else time.monotonic() + within.total_seconds()

    @property
    def fetches_left(self) -> int:
        """Fetches that may still be made, at any depth."""
        return self._fetches_left[0]

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
        self._fetches_left[0] -= 1

    def deeper(self) -> Self:
        """The budget for what a fetched document refers to.

        Raises:
            RemoteRefused: references are followed no further.
        """
        if self._depth_left <= 0:
            raise RemoteRefused("references nested too deep for one activity")
        child = type(self)(0, self._depth_left - 1)
        child._fetches_left = self._fetches_left
        child._ends_at = self._ends_at
        return child
