"""Who signs in here, with what, and on whose behalf an application acts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

Role = Literal["member", "moderator", "admin"]
ROLES: tuple[Role, ...] = ("member", "moderator", "admin")


class Account(NamedTuple):
    """Somebody who may sign in. The fields are the columns of `accounts`, in order."""

    actor_id: int
    email: str | None
    password_hash: str | None
    role: Role
    approved: bool
    disabled_at: datetime | None
    locale: str
    preferences: dict[str, Any]
    created_at: datetime
    active_at: datetime | None

    @property
    def may_sign_in(self) -> bool:
        """Whether this account is approved and not disabled."""
        return self.approved and self.disabled_at is None


class Session(NamedTuple):
    """A browser that is signed in. The fields are the columns of `sessions`, in order.

    `browser` is its family, as `browsers.family_of` says it; `used_on` the beginning of the day (UTC) of its last use.
    `acting_as` is the organisation for which its owner acts there.
    """

    token_hash: str
    actor_id: int
    created_at: datetime
    expires_at: datetime
    browser: str | None
    used_on: datetime | None
    acting_as: int | None = None


class StoredStep(NamedTuple):
    """The second step of signing in to an account. The fields are the columns of `second_steps`, in order.

    `last_step` is the number of 30 seconds (RFC 6238) whose code was used last.
    """

    actor_id: int
    sealed_secret: bytes
    last_step: int
    confirmed: bool
    created_at: datetime


NoticeKind = Literal[
    "voucher-made",
    "voucher-used",
    "way-added",
    "way-removed",
    "password-set",
    "warned",
    "limited",
    "shut-out",
    "disabled",
    "post-deleted",
    "post-covered",
    "objection-accepted",
    "objection-refused",
]


class Notice(NamedTuple):
    """What somebody is told at signing in, about the account itself. The fields are the columns, in order.

    `by` is the handle of the officer who did it, the account elsewhere or the organisation that it is about, or empty;
    `words` what was written to the person, or empty.
    """

    id: int
    actor_id: int
    kind: NoticeKind
    by: str
    at: datetime
    words: str = ""


class JoinRequest(NamedTuple):
    """Somebody wants an account here. The fields are the columns of `join_requests`, in order.

    `elsewhere` is the account at a service that said who they are, as `Identity.key` writes it, and `label` how it is
    called; "" when there is none. Without one there is a `password_hash`.
    """

    id: int
    username: str
    name: str
    email: str | None
    password_hash: str | None
    locale: str
    reason: str
    created_at: datetime
    elsewhere: str = ""
    label: str = ""


class Application(NamedTuple):
    """A program that people use with their account. The fields are the columns of `applications`, in order."""

    id: int
    client_id: str
    secret_hash: str
    name: str
    website: str | None
    redirect_uris: list[str]
    scopes: str
    created_at: datetime


class AuthorizationCode(NamedTuple):
    """A consent waiting for its application to collect a token. The fields are the columns, in order."""

    code_hash: str
    application_id: int
    actor_id: int
    redirect_uri: str
    scopes: str
    code_challenge: str | None
    code_challenge_method: str | None
    expires_at: datetime
    person_id: int | None


class Invitation(NamedTuple):
    """Leave to make an account; the first one of a server makes its administrator. The fields are the columns.

    `note` is for whom it is, in the inviter's words; `locale` the language of the page on which people join;
    `organisation_id` is in whose name it is made.
    """

    code_hash: str
    invited_by: int | None
    role: Role
    uses_left: int
    expires_at: datetime
    created_at: datetime
    note: str = ""
    locale: str = ""
    organisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class RecoveryOffer:
    """What is mailed to somebody who forgot the password, in the language `locale`: `code` is good for one new one."""

    email: str
    username: str
    locale: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignInOffer:
    """What is mailed to somebody who wants to sign in without a password; `code` is good for once, at one browser."""

    email: str
    username: str
    locale: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """What a valid bearer token proves: which application asks, for whom, and what it may do.

    `actor_id` and `role` are None for a token of the application itself. `person_id` is the officer who let it act for
    the organisation `actor_id`, None where people let it act for themselves.
    """

    token_id: int
    application_id: int | None
    actor_id: int | None
    role: Role | None
    scopes: frozenset[str]
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token that is still good, as an administrator sees it: not what proves it.

    `username` is None for an application's own token, `application` for one that was made by command. `person_id` is as
    in `Credential`.
    """

    id: int
    username: str | None
    application: str | None
    scopes: str
    created_at: datetime
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What a client or a form calls a request that may be sent again, among those of one person."""

    actor_id: int
    key_hash: str
