"""The description of this API, made from the same table that answers its calls.

Spec: OpenAPI 3.1.1; JSON Schema 2020-12
"""

import re
import typing
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import msgspec
import orjson

from usi_fed.api.methods import Caller
from usi_fed.api.usi.methods import PREFIX, READ, WRITE, UsiMethod

Json = dict[str, Any]

_NAME = re.compile(r"\{(\w+)\}")
_REFERENCE = "#/components/schemas/{name}"


class Problem(msgspec.Struct):
    """What is wrong with a value."""

    error: str
    description: str


class Refusal(msgspec.Struct):
    """Why something was not done: `details` names the fields and says what is allowed there."""

    error: str
    details: dict[str, list[Problem]] = {}


_REFUSALS = {
    401: "No token, or one that is not valid any more",
    403: "The token, or an office in this organisation, does not allow it",
    404: "There is none, or the one who asks must not know of it",
    409: "It contradicts what is stored",
    413: "More bytes or fields than are read",
    422: "A value cannot be taken",
    429: "Too many calls: come back later",
    503: "The server cannot do it at this moment",
}


@lru_cache(maxsize=2)
def describe(methods: tuple[UsiMethod, ...], origin: str) -> bytes:
    """The document for a server."""
    kinds = [Refusal, *(kind for one in methods for kind in _structs(one.gives))]
    bodies = [one.asked for one in methods if one.asked is not None and one.has_body]
    _, components = msgspec.json.schema_components([*dict.fromkeys([*kinds, *bodies])], ref_template=_REFERENCE)
    document = {
        "openapi": "3.1.1",
        "info": {
            "title": "USI Fed: unions",
            "version": version("usi_fed"),
            "summary": "Organisations, who acts for them and who belongs to them.",
            "license": {"name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only"},
        },
        "servers": [{"url": f"{origin}{PREFIX}"}],
        "paths": _paths(methods),
        "components": {"schemas": components, "securitySchemes": {"oauth": _security(origin)}},
    }
    return orjson.dumps(document)


def _security(origin: str) -> Json:
    scopes = {READ: "See your organisations", WRITE: "Do in them what your offices let you do"}
    flow = {"authorizationUrl": f"{origin}/oauth/authorize", "tokenUrl": f"{origin}/oauth/token", "scopes": scopes}
    return {"type": "oauth2", "flows": {"authorizationCode": flow}}


def _paths(methods: Sequence[UsiMethod]) -> Json:
    paths: dict[str, Json] = {}
    for one in methods:
        paths.setdefault(one.path, {})[one.verb.lower()] = _operation(one)
    return paths


def _operation(one: UsiMethod) -> Json:
    needed = [{"oauth": [one.scope]}]
    operation: Json = {
        "operationId": f"{one.handler.__module__.rpartition('.')[2]}.{one.handler.__name__}",
        "summary": one.summary,
        "parameters": [*_in_path(one), *_in_query(one)],
        "security": [{}, *needed] if one.caller is Caller.ANYBODY else needed,
        "responses": _responses(one),
    }
    if one.asked is not None and one.has_body:
        fields = msgspec.structs.fields(one.asked)
        operation["requestBody"] = {
            "required": any(field.required for field in fields),
            "content": {"application/json": {"schema": _schema(one.asked)}},
        }
    return operation


def _in_path(one: UsiMethod) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _NAME.findall(one.path)
    ]


def _in_query(one: UsiMethod) -> list[Json]:
    if one.asked is None or one.has_body:
        return []
    return [
        {"name": field.encode_name, "in": "query", "required": field.required, "schema": _query_schema(field.type)}
        for field in msgspec.structs.fields(one.asked)
    ]


def _query_schema(kind: Any) -> Json:  # noqa: ANN401 - a type form
    """A query cannot say null: there what may be left out is left out."""
    schema = _schema(kind)
    if "anyOf" in schema:
        left = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
        schema = left[0] if len(left) == 1 else {**schema, "anyOf": left}
    if None in schema.get("enum", ()):
        schema = {**schema, "enum": [choice for choice in schema["enum"] if choice is not None]}
    return schema


def _responses(one: UsiMethod) -> Json:
    done: Json = {
        "description": "Done" if one.status != 202 else "Proposed",
        "content": {one.media_type: {"schema": _schema(one.gives)}},
    }
    if one.is_paged:
        done["headers"] = {"Link": {"description": "The next and the previous page", "schema": {"type": "string"}}}
    refused = {
        str(status): {"description": told, "content": {"application/json": {"schema": _schema(Refusal)}}}
        for status, told in _REFUSALS.items()
    }
    return {str(one.status): done, **refused}


def _schema(kind: Any) -> Json:  # noqa: ANN401 - a type form
    return msgspec.json.schema_components([kind], ref_template=_REFERENCE)[0][0]


def _structs(kind: Any) -> list[Any]:  # noqa: ANN401 - type forms
    """The Struct that a type is, or has in it."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [one for part in typing.get_args(kind) for one in _structs(part)]
