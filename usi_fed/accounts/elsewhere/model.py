"""What is known of people on their way to a service elsewhere, and of those who come back."""

from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

Kind = Literal["fediverse", "oidc", "oauth2"]
Purpose = Literal["log-in", "join", "link"]

LONGEST_SUBJECT = 255
LONGEST_LABEL = 200


class Profile(msgspec.Struct, frozen=True):
    """How somebody shows themselves elsewhere, as plain text; `picture` is its address there."""

    username: str = ""
    name: str = ""
    note: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    picture: str = ""


class Identity(msgspec.Struct, frozen=True):
    """An account elsewhere that was proven to be somebody's: the `subject` of an `issuer`.

    `label` is how its owner knows it, such as @ana@union.example.
    """

    kind: Kind
    issuer: str
    subject: str
    label: str
    profile: Profile = Profile()

    @property
    def key(self) -> str:
        """Who says it and of whom, in one text for one person."""
        return msgspec.json.encode([self.kind, self.issuer, self.subject]).decode()


def keyed_identity(key: str, label: str) -> Identity:
    """The identity that `Identity.key` gave this text."""
    kind, issuer, subject = msgspec.json.decode(key, type=tuple[Kind, str, str])
    return Identity(kind, issuer, subject, label)


class Journey(msgspec.Struct, frozen=True):
    """Somebody is on the way to a service, of which `key` is the name in our addresses.

    `verifier` and `nonce` are secrets of this journey (RFC 7636, OpenID Connect). `actor_id` is of who links an
    account.
    """

    purpose: Purpose
    key: str
    kind: Kind
    issuer: str
    verifier: str
    nonce: str
    destination: str = "/"
    invitation: str = ""
    actor_id: int = 0


class Arrival(msgspec.Struct, frozen=True):
    """Somebody is back whom nobody here knows, and may join.

    `needs_nothing`: the operator has said that the people of this service join without invitation or an officer's yes.
    """

    identity: Identity
    invitation: str = ""
    needs_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """What goes along to the service; `redirect_uri` is where it sends people back.

    `iss` came back with them: what the service calls itself, "" when it said nothing (RFC 9207).
    """

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    iss: str = ""


class Service(Protocol):
    """One that says who somebody is."""

    @property
    def key(self) -> str:
        """Its name in our addresses; no other service has it."""

    @property
    def kind(self) -> Kind:
        """How it speaks."""

    @property
    def issuer(self) -> str:
        """Who says it; with `kind` and a subject it names a person for ever."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def joins(self) -> bool:
        """Whether its people may make accounts without an invitation."""

    async def authorization(self, passage: Passage) -> str:
        """The address there on which somebody agrees.

        Raises:
            RemoteRefused, RemoteUnavailable: it cannot be used, or not now.
        """

    async def identify(self, passage: Passage, code: str) -> Identity:
        """Who came back with this code.

        Raises:
            RemoteRefused, RemoteUnavailable: it does not say so, or not now.
            NotAllowed: it says who, and that is not enough.
        """
