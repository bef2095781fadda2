"""The table of methods: which path and verb leads to which handler, and what it asks of the caller."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from usi_fed.api.call import Handler


class Caller(Enum):
    """Who may call a method."""

    ANYBODY = "anybody"  # a token is looked at when there is one
    APPLICATION = "application"  # any valid token
    PERSON = "person"  # the token of somebody's account
    BROWSER = "browser"  # a page of ours: cookies, no tokens


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the API. `path` may have `{names}`, each a whole segment."""

    verb: str
    path: str
    handler: Handler
    caller: Caller
    scope: str | None = None


def open_to_all(verb: str, path: str, handler: Handler, scope: str | None = None) -> Method:
    """A method that needs no token; with one, its scope counts."""
    return Method(verb, path, handler, Caller.ANYBODY, scope)


def for_applications(verb: str, path: str, handler: Handler, scope: str | None = None) -> Method:
    """A method that needs any valid token."""
    return Method(verb, path, handler, Caller.APPLICATION, scope)


def for_people(verb: str, path: str, handler: Handler, scope: str) -> Method:
    """A method that needs somebody's token with a scope."""
    return Method(verb, path, handler, Caller.PERSON, scope)


def for_browsers(verb: str, path: str, handler: Handler) -> Method:
    """A page."""
    return Method(verb, path, handler, Caller.BROWSER)


@dataclass(slots=True)
class _Node:
    verbs: dict[str, Method] = field(default_factory=dict)
    children: dict[str, "_Node"] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a path leads: its methods by verb, and what its `{names}` stand for."""

    verbs: dict[str, Method]
    path: dict[str, str]


class Router:
    """Finds methods by path, one dictionary step for each segment; exact segments win over `{names}`."""

    def __init__(self, methods: Iterable[Method]) -> None:
        self._root = _Node()
        self._exact: dict[str, Found] = {}
        for method in methods:
            self._add(method)

    def _add(self, method: Method) -> None:
        node, names = self._root, []
        for segment in method.path.strip("/").split("/"):
            is_name = segment.startswith("{")
            if is_name:
                names.append(segment[1:-1])
            node = node.children.setdefault("{}" if is_name else segment, _Node())
        if method.verb in node.verbs:
            raise ValueError(f"{method.verb} {method.path} is in the table twice")
        node.verbs[method.verb] = method
        node.names = names
        if not names:
            self._exact[method.path] = Found(node.verbs, {})

    def find(self, path: str) -> Found | None:
        """The methods of a path; a slash at its end does not matter (toot's browser address has one)."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact
        values: list[str] = []
        node = _walk(self._root, path.strip("/").split("/"), values)
        return Found(node.verbs, dict(zip(node.names, values, strict=True))) if node else None


def _walk(node: _Node, segments: list[str], values: list[str]) -> _Node | None:
    if not segments:
        return node if node.verbs else None
    first, rest = segments[0], segments[1:]
    child = node.children.get(first)
    if child is not None and (found := _walk(child, rest, values)) is not None:
        return found
    child = node.children.get("{}")
    if child is None or not first:
        return None
    values.append(first)
    found = _walk(child, rest, values)
    if found is None:
        values.pop()
    return found
