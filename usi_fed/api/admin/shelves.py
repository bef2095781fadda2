"""Short lists that are kept whole: a page of one, as clients ask for it."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from usi_fed.api.call import Call, Reply
from usi_fed.api.paging import PageParams, window_of


class _Numbered(Protocol):
    @property
    def id(self) -> int:
        """The number by which the list is cut."""


N = TypeVar("N", bound=_Numbered)


async def page_of(call: Call, things: Sequence[N], entity: Callable[[N], dict[str, Any]]) -> Reply:
    """A page of things, the newest first."""
    window = window_of(await call.read(PageParams), usual=100, most=200)
    above, below = max(window.since_id or 0, window.min_id or 0), window.max_id
    fitting = [one for one in things if one.id > above and (below is None or one.id < below)]
    newest = sorted(fitting, key=lambda one: one.id, reverse=True)
    cut = newest[-window.limit :] if window.min_id is not None else newest[: window.limit]
    return call.page([entity(one) for one in cut], [one.id for one in cut], window.limit)
