"""Pages of a list, newest first, and the Link header that leads to the next one."""

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from usi_fed.api.params import Id
from usi_fed.db.paging import Window

NAMES = frozenset({"max_id", "since_id", "min_id", "limit"})


class PageParams(msgspec.Struct):
    """Which part of a list a client asks for. `since_id` and `min_id` are both exclusive lower ends:
    the first gives the newest items above it, the second those right above it.
    """

    max_id: Id | None = None
    since_id: Id | None = None
    min_id: Id | None = None
    limit: int | None = None


def window_of(params: PageParams, usual: int = 20, most: int = 40) -> Window:
    """The part of a list that the parameters ask for."""
    limit = usual if params.limit is None else max(1, min(params.limit, most))
    return Window(params.max_id, params.since_id, params.min_id, limit)


def link_header(
    url: str, ids: Sequence[int], limit: int, keep: Sequence[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """The Link header for a page that has these ids: `next` is older, `prev` newer.

    `url` is the method's address without a query, `keep` what the query had besides paging.
    A client such as toot follows `next` until there is none, so a page that is not full has none.
    """
    if not ids:
        return []
    links = []
    if len(ids) >= limit:
        links.append(_link(url, keep, "max_id", min(ids), limit, "next"))
    links.append(_link(url, keep, "min_id", max(ids), limit, "prev"))
    return [("Link", ", ".join(links))]


def _link(url: str, keep: Sequence[tuple[str, str]], name: str, value: int, limit: int, relation: str) -> str:
    query = urlencode([*keep, ("limit", str(limit)), (name, str(value))])
    return f'<{url}?{query}>; rel="{relation}"'
