"""Refusals that only the client API knows, and how every error looks to a client.

Spec: ../shared/mastodon-api/openapi.json `Error`, `ValidationError`
"""

import math
from typing import Any

from usi_fed.errors import Busy, InvalidInput, NotFound, TooManyRequests, UsiFedError


class NotSignedIn(UsiFedError):
    """No token, or one that is not valid any more."""

    status = 401
    public = "The access token is invalid"


class KeptOut(UsiFedError):
    """Moderators have shut out the network from which this comes."""

    status = 403
    public = "Your network is not allowed"


class OutOfScope(UsiFedError):
    """The token is good, but its owner has not allowed this."""

    status = 403
    public = "This action is outside the authorized scopes"


class NeedsPerson(UsiFedError):
    """The token belongs to an application; this method needs somebody's account."""

    status = 422
    public = "This method requires an authenticated user"


def error_body(error: UsiFedError) -> dict[str, Any]:
    """The JSON that tells a client what went wrong."""
    if isinstance(error, InvalidInput):
        details = {error.field: [{"error": "ERR_INVALID", "description": error.problem}]} if error.field else {}
        return {"error": f"Validation failed: {error}", "details": details}
    # A NotFound's message names what was looked for, a Busy's what the database said: that is for our log.
    return {"error": error.public if isinstance(error, NotFound | Busy) else str(error) or error.public}


def error_headers(error: UsiFedError) -> list[tuple[str, str]]:
    """What a client needs besides the body."""
    if isinstance(error, TooManyRequests | Busy):
        return [("Retry-After", str(math.ceil(error.retry_after.total_seconds())))]
    if isinstance(error, NotSignedIn):
        return [("WWW-Authenticate", 'Bearer realm="USI Fed", error="invalid_token"')]
    return []
