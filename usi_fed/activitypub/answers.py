"""What comes back through the door: the values that `client.py` gives, and how content types are judged.

Spec: RFC 9110 section 8.3, ActivityPub 3.2 #retrieving-objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from usi_fed.activitypub.strict_json import parse_json
from usi_fed.errors import MalformedActivity, RemoteRefused, RemoteUnavailable, TooLarge

ACTIVITY_TYPE = "application/activity+json"
ACTIVITY_PROFILE = "https://www.w3.org/ns/activitystreams"
ACTIVITY_ACCEPT = "application/activity+json, application/ld+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer with status 200; `url` is where it was found after redirects.

    The names of `headers` are in lower case; of a repeated header the first value is kept.
    """

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object from another server.

    `uri` is the `id` it was proven to have; where no `id` was expected, the URL that finally answered.
    """

    uri: str
    json: dict[str, Any]
    raw: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Media:
    """What was written to a file: the type is the other server's claim, the size was counted."""

    url: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DeliveryAnswer:
    """What an inbox answered. `detail` is the beginning of a refusal's text."""

    status: int
    retry_after: timedelta | None
    detail: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a programming interface answered, with any status; `url` is without its query."""

    url: str
    status: int
    body: bytes = field(repr=False)

    def document(self) -> dict[str, Any]:
        """The JSON object of a success.

        Raises:
            RemoteRefused: another status, which is in `http_status`, or no JSON object.
            RemoteUnavailable: a status that says to come back later.
        """
        if self.status >= 500 or self.status == 429:
            raise RemoteUnavailable(f"{self.url} answered {self.status}")
        if not 200 <= self.status < 300:
            raise RemoteRefused(f"{self.url} answered {self.status}", self.status)
        try:
            return parse_json(self.body)
        except (MalformedActivity, TooLarge) as error:
            raise RemoteRefused(f"{self.url} gave an unusable answer: {error}") from error

    @property
    def error_code(self) -> str:
        """What an OAuth server calls the fault, "" when it says nothing of one. Spec: RFC 6749 section 5.2"""
        try:
            code = parse_json(self.body).get("error")
        except (MalformedActivity, TooLarge):
            return ""
        return code if isinstance(code, str) else ""


def essence(content_type: str) -> str:
    """Type and subtype in lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def is_activity_type(content_type: str) -> bool:
    """Is this `Content-Type` one of the two that ActivityPub documents may have?

    Plain `application/json`, and `application/ld+json` without the profile, are not: a server that stores
    uploads could be made to serve those (`../shared/interop/security.md` section 2).
    """
    kind = essence(content_type)
    if kind == "application/ld+json":
        return ACTIVITY_PROFILE in _profiles(content_type)
    return kind == ACTIVITY_TYPE


def _profiles(content_type: str) -> list[str]:
    """Spec: RFC 6906 section 3.1, several profiles are separated by spaces"""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "profile":
            return value.strip().strip('"').split()
    return []
