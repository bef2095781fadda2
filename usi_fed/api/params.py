"""One reader for what clients send: query, form, multipart or JSON, as typed Structs.

Rails' brackets are understood: `a[]=1`, `a[b]=1`, `a[0][b]=1` (`../shared/mastodon-api/clients.md` section 5).
"""

import functools
import re
import typing
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import parse_qsl

import msgspec
import orjson
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from usi_fed.db.ids import LARGEST_ID
from usi_fed.errors import InvalidInput, TooLarge
from usi_fed.media.uploads import limited

S = TypeVar("S", bound=msgspec.Struct)

MOST_BYTES = 1 << 20
MOST_FIELDS = 500
DEEPEST = 4
DEEPEST_JSON = 20

# An id as clients send it: a string of digits, or a number.
Id = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_ID)]

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP = re.compile(r"\[([^\[\]]*)\]")
_COMPLAINT = re.compile(r"(?s)(.*?)(?: - at `(.*)`)?")
_EXPECTED = re.compile(r"Expected `(?P<kinds>[^`]+)`(?: (?P<bound>>=|<=|>|<) (?P<limit>[0-9.-]+))?(?:, got .*)?")
_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a group of fields",
}
_BOUNDS = {">=": " of at least ", "<=": " of at most ", ">": " above ", "<": " below "}
_MISSING = re.compile(r"missing required field `(.+?)`")
_WORDS = {"on": True, "t": True, "yes": True, "off": False, "f": False, "no": False}


@asynccontextmanager
async def read_body(request: Request, most_bytes: int = MOST_BYTES) -> AsyncIterator[dict[str, Any]]:
    """The fields of a request's body, whatever its type; uploaded files are Starlette's `UploadFile`s and are
    closed when the context ends.

    Raises:
        InvalidInput: the body does not follow its content type.
        TooLarge: it has more than `most_bytes`, or too many fields.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    counted = limited(request, most_bytes)
    if kind == "multipart/form-data":
        try:
            async with counted.form(max_files=8, max_fields=MOST_FIELDS) as form:
                yield nest(form.multi_items())
        except MultiPartException as error:
            raise InvalidInput("", f"the form cannot be read: {error.message}") from error
        return
    body = await counted.body()
    if kind == "application/json":
        yield _from_json(body)
    else:
        yield nest(_pairs(body)) if body and kind == "application/x-www-form-urlencoded" else {}


def without_nul(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - whatever a client sends
    """The same without NUL characters, which PostgreSQL cannot store and which say nothing.

    Raises:
        InvalidInput: it is nested deeper than anything that a client has to say.
    """
    if isinstance(value, str):
        return value.replace("\0", "")
    if depth > DEEPEST_JSON:
        raise InvalidInput("", f"the body may be nested at most {DEEPEST_JSON} deep")
    if isinstance(value, dict):
        return {without_nul(name): without_nul(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [without_nul(item, depth + 1) for item in value]
    return value


def read_query(request: Request) -> dict[str, Any]:
    """The fields of a request's query.

    Raises:
        InvalidInput: a name's brackets cannot be read.
        TooLarge: there are too many.
    """
    query = request.scope["query_string"]
    return nest(_pairs(query)) if query else {}


def nest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Fields whose names have brackets, as nested dictionaries and lists.

    Raises:
        InvalidInput: a name's brackets are broken or too deep, or contradict another name.
    """
    root: dict[str, Any] = {}
    for key, value in pairs:
        found = _KEY.fullmatch(key)
        steps = _STEP.findall(found[2]) if found else []
        if not found or len(steps) > DEEPEST:
            raise InvalidInput("", "a field's name has brackets that cannot be read")
        _put(root, [found[1], *steps], value)
    return {name: _with_lists(value) for name, value in root.items()}


def convert(fields: Mapping[str, Any], kind: type[S]) -> S:
    """Fields as a typed Struct; unknown ones are ignored.

    Raises:
        InvalidInput: a value is not of its type; names the field and says what is allowed.
    """
    try:
        return msgspec.convert(_fitted(fields, kind), kind, strict=False)
    except msgspec.ValidationError as error:
        raise _explained(str(error), kind) from error


# ---- reading ----


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise TooLarge(f"The request has more than {MOST_FIELDS} fields.") from error


def _from_json(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("", "the body is not valid JSON") from error
    if not isinstance(document, dict):
        raise InvalidInput("", "the body must be a JSON object")
    # Some clients send JSON whose names have brackets all the same.
    return nest(document.items())


# ---- brackets ----


def _put(root: dict[str, Any], steps: list[str], value: object) -> None:
    """Set a value deep inside; lists are dictionaries with numbers for keys until all fields have come."""
    node = root
    for step, following in pairwise(steps):
        child = node.setdefault(_slot(node, step, following), {})
        if not isinstance(child, dict):
            raise InvalidInput(steps[0], "is given both as a group and as a single value")
        node = child
    values = value if steps[-1] == "" and isinstance(value, list) else [value]
    for item in values:
        node[steps[-1] or str(len(node))] = item


def _slot(node: dict[str, Any], step: str, following: str) -> str:
    """Where a step leads: `a[][b]=1&a[][c]=2` is one group, `a[][b]=1&a[][b]=2` are two."""
    if step:
        return step
    last = node.get(str(len(node) - 1))
    return str(len(node) - 1) if isinstance(last, dict) and following not in last else str(len(node))


def _with_lists(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Groups whose keys are numbers are lists in that order: `fields_attributes[0][name]`."""
    if not isinstance(value, dict):
        return value
    if value and all(key.isascii() and key.isdigit() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(item) for key, item in value.items()}


# ---- types ----


@functools.cache
def names_of(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The names of a Struct's fields as clients know them."""
    return frozenset(_types(kind))


@functools.cache
def _types(kind: type[msgspec.Struct]) -> dict[str, tuple[Any, ...]]:
    """The alternatives of each field's type."""
    return {field.encode_name: tuple(_variants(field.type)) for field in msgspec.structs.fields(kind)}


def _variants(annotation: Any) -> list[Any]:  # noqa: ANN401 - a type form
    """The alternatives of an annotation, without Annotated and None."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _variants(typing.get_args(annotation)[0])
    if origin in (typing.Union, UnionType):
        return [one for part in typing.get_args(annotation) if part is not NoneType for one in _variants(part)]
    return [annotation]


def _is_struct(annotation: Any) -> bool:  # noqa: ANN401 - a type form
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _fitted(fields: Mapping[str, Any], kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The known fields, with the shorthands of forms made into what the types say."""
    known = {name: _fit(fields[name], variants) for name, variants in _types(kind).items() if name in fields}
    return {name: value for name, value in known.items() if value is not msgspec.UNSET}


def _fit(value: Any, variants: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any JSON value
    first = variants[0]
    if typing.get_origin(first) is list:
        items = value if isinstance(value, list) else [] if value in ("", None) else [value]
        inner = tuple(_variants(typing.get_args(first)[0]))
        return [_fit(item, inner) for item in items]
    if _is_struct(first):
        return _fitted(value, first) if isinstance(value, Mapping) else value
    if value == "" and str not in variants:
        return msgspec.UNSET
    if bool in variants and isinstance(value, str):
        return _WORDS.get(value.lower(), value)
    return value


def _explained(message: str, kind: type[msgspec.Struct]) -> InvalidInput:
    """msgspec's complaint, such as "Expected `int`, got `str` - at `$.poll.expires_in`", in words that help."""
    found = _COMPLAINT.fullmatch(message)
    problem, place = (found[1], found[2] or "$") if found else (message, "$")
    steps = [step for step in re.split(r"[.\[\]]+", place.removeprefix("$")) if step]
    if missing := _MISSING.search(problem):
        return InvalidInput(".".join([*steps, missing[1]]), "is required")
    allowed = _allowed(steps, kind)
    return InvalidInput(".".join(steps), f"must be one of {', '.join(allowed)}" if allowed else _in_words(problem))


def _in_words(problem: str) -> str:
    """What is allowed, for people who do not know the names of Python's types."""
    found = _EXPECTED.fullmatch(problem)
    if not found:
        return problem[:1].lower() + problem[1:].replace("`", "")
    kinds = [_KINDS.get(kind, kind) for kind in found["kinds"].split(" | ") if kind != "null"]
    bound = _BOUNDS[found["bound"]] if found["bound"] else ""
    return f"must be {' or '.join(kinds)}{bound}{found['limit'] or ''}"


def _allowed(steps: list[str], kind: type[msgspec.Struct]) -> list[str]:
    """The words that may stand at a place, when only certain ones may."""
    variants: tuple[Any, ...] = (kind,)
    for step in steps:
        if _is_struct(variants[0]):
            variants = _types(variants[0]).get(step, (str,))
        elif typing.get_origin(variants[0]) is list:
            variants = tuple(_variants(typing.get_args(variants[0])[0]))
    return [str(word) for one in variants if typing.get_origin(one) is Literal for word in typing.get_args(one)]
