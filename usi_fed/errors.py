"""The error tree of the house.

    UsiFedError
    ├── MalformedActivity   400  the other side's document breaks the protocol
    ├── InvalidInput        422  a person or a client gave a value we cannot take; names the field
    ├── SignatureRejected   401  who sent this is not proven
    ├── NotAllowed          403  proven, but not entitled
    ├── NotFound            404  not here, or not for you: both look the same
    ├── Gone                410  was here, deleted
    ├── Conflict            409  contradicts what is stored
    ├── TooLarge            413  more bytes or items than the limit
    ├── TooManyRequests     429  come back after `retry_after`
    ├── RemoteRefused       502  another server answered, and the answer is final
    │   └── OutOfBounds     502  it was not even asked: our own rules or networks do not let us
    ├── RemoteUnavailable   503  another server did not answer: the one worth retrying
    │   └── TooBusy         503  nothing against that server: we ourselves had no time for its answer
    ├── StorageFull         503  our own disk or database cannot take more
    ├── Busy                503  too many want to change the same thing at this moment
    └── ConfigurationError       settings that cannot work; one sentence per fault

The message of an error is for our log and for the person concerned: it never holds a secret or another
person's data. `public` is the fixed sentence that a foreign server gets instead.
"""

from datetime import timedelta
from typing import ClassVar


class UsiFedError(Exception):
    """Root of all errors that this house raises on purpose."""

    status: ClassVar[int] = 500
    public: ClassVar[str] = "Something went wrong on this server."


class MalformedActivity(UsiFedError):
    """A document from another server that does not follow the protocol."""

    status = 400
    public = "The document is not a well-formed activity."


class InvalidInput(UsiFedError):
    """A value that we cannot take, from a person or a client.

    `field` names it as the sender knows it; the message says what is allowed.
    """

    status = 422
    public = "A value is not valid."

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        self.problem = problem


class SignatureRejected(UsiFedError):
    """Who sent a request or made a document is not proven."""

    status = 401
    public = "Request not signed, or the signature does not hold."


class NotAllowed(UsiFedError):
    """The sender is known and may not do this."""

    status = 403
    public = "This is not allowed."


class NotFound(UsiFedError):
    """The thing is not here, or the asker must not learn that it is."""

    status = 404
    public = "Record not found"


class Gone(UsiFedError):
    """The thing was here and has been deleted."""

    status = 410
    public = "This has been deleted."


class Conflict(UsiFedError):
    """The request contradicts what is stored."""

    status = 409
    public = "This contradicts what is stored."


class TooLarge(UsiFedError):
    """More bytes, items or nesting than the limit allows."""

    status = 413
    public = "The request is larger than this server allows."


class TooManyRequests(UsiFedError):
    """A limit per time is used up; `retry_after` says when to come back."""

    status = 429
    public = "Too many requests."

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RemoteRefused(UsiFedError):
    """Another server gave an answer that will not change by asking again.

    `http_status` is what it answered, or None when the answer itself was unusable (wrong type, too large,
    forbidden address).
    """

    status = 502
    public = "Another server refused or gave an unusable answer."

    def __init__(self, message: str, http_status: int | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status


class OutOfBounds(RemoteRefused):
    """Another server was not asked: it is blocked here, not on the allow-list, or in a network that is not allowed."""


class RemoteUnavailable(UsiFedError):
    """Another server did not answer properly for now; worth retrying, not before `retry_after` when given."""

    status = 503
    public = "Another server could not be reached. Try again later."

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooBusy(RemoteUnavailable):
    """We had no time for what another server answered; that says nothing about that server."""

    public = "This server is busy. Try again later."


class StorageFull(UsiFedError):
    """Our own disk or database cannot store more; nothing was half-written, ask again later."""

    status = 503
    public = "This server cannot store anything at the moment. Try again later."


class Busy(UsiFedError):
    """Others were changing the same thing, or had all connections, for too long; nothing was done, ask again soon.

    A unit of work raises it when another was first in a way that it cannot have seen: PostgreSQL then runs it again.
    """

    status = 503
    public = "This server is very busy at the moment. Try again in a few seconds."
    retry_after: ClassVar[timedelta] = timedelta(seconds=3)


class ConfigurationError(UsiFedError):
    """Settings with which the server cannot run. `faults` has one clear sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
