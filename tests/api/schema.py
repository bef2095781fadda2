"""Checks answers against the published description of Mastodon's API.

Where the description is missing, the tests go on without that one check, and `test_schema.py` says so.
"""

import functools
import json
import re

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.shared import OPENAPI


@functools.cache
def _document():
    document = _tolerant(json.loads(OPENAPI.read_text("utf-8")))
    # Mastodon itself has none of another server's people; ours is also for administrators only.
    document["components"]["schemas"]["AdminAccount"]["properties"]["email"]["type"] = ["string", "null"]
    return document


def _tolerant(node):
    """The description's alternatives overlap (every Quote is a ShallowQuote too), so one or more must fit."""
    if isinstance(node, list):
        return [_tolerant(item) for item in node]
    if not isinstance(node, dict):
        return node
    is_choice = isinstance(node.get("oneOf"), list)
    return {"anyOf" if key == "oneOf" and is_choice else key: _tolerant(value) for key, value in node.items()}


@functools.cache
def _registry():
    return Registry().with_resource("urn:api", Resource.from_contents(_document(), default_specification=DRAFT202012))


@functools.cache
def _validator(pointer):
    return Draft202012Validator({"$ref": f"urn:api#{pointer}"}, registry=_registry(), format_checker=FormatChecker())


def _template(path):
    """The description's own spelling of a path: `/api/v1/accounts/17` is `/api/v1/accounts/{id}`."""
    fits = [
        template
        for template in _document()["paths"]
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path)
    ]
    assert fits, f"{path} is not in the description"
    return min(fits, key=lambda template: template.count("{"))


def check(verb, path, answer):
    """Fail unless the answer is a success and is what the description promises.

    Raises:
        AssertionError: it is not.
    """
    assert answer.status == 200, f"{verb} {path}: {answer.status} {answer.text[:500]}"
    if not OPENAPI.is_file():
        return answer.json
    template = _template(path)
    responses = _document()["paths"][template][verb.lower()]["responses"]
    content = responses["200"].get("content")
    if not content:
        return answer.json
    escaped = template.replace("~", "~0").replace("/", "~1")
    pointer = f"/paths/{escaped}/{verb.lower()}/responses/200/content/application~1json/schema"
    _hold(pointer, answer.json, f"{verb} {path}")
    return answer.json


def check_entity(name, entity):
    """Fail unless it is an entity of this name; for methods whose paths the description does not have.

    Raises:
        AssertionError: it is not.
    """
    if OPENAPI.is_file():
        _hold(f"/components/schemas/{name}", entity, name)
    return entity


def _hold(pointer, document, what):
    problems = sorted(_validator(pointer).iter_errors(document), key=str)
    told = [f"{'/'.join(map(str, problem.absolute_path))}: {problem.message[:300]}" for problem in problems[:5]]
    assert not problems, f"{what}: {told}"
