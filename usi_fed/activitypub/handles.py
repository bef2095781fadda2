"""Handles: `user@domain`, the name of an actor that people read and type.

Spec: RFC 7565 (acct URIs), `../shared/interop/mastodon.md` section 3, `../shared/interop/security.md` section 7.
"""

import re
from dataclasses import dataclass
from typing import Self

from usi_fed.activitypub.addresses import parse_authority
from usi_fed.errors import MalformedActivity

MAX_USERNAME_LENGTH = 2048

# Each run of word characters can be matched in one way only, so the time grows with the length alone.
_USERNAME = re.compile(r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*")
_USUAL_PORT = 443


@dataclass(frozen=True, slots=True)
class Handle:
    """A user name as its owner writes it, and a domain in A-labels with the port unless it is 443.

    User names differ only by more than case: compare with `is_same_as`, store `key`.
    """

    user: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `user@domain`, `@user@domain` or `acct:user@domain`.

        Raises:
            MalformedActivity: not of this form, or an impossible user name or domain.
        """
        text = text.strip()
        if text[:5].lower() == "acct:":
            text = text[5:]
        user, separator, domain = text.removeprefix("@").rpartition("@")
        if not separator:
            raise MalformedActivity("a handle has the form user@domain")
        return cls(parse_username(user), parse_domain(domain))

    @property
    def acct(self) -> str:
        """The handle as an acct URI."""
        return f"acct:{self}"

    @property
    def key(self) -> str:
        """The text that is equal for equal handles."""
        return str(self).lower()

    def is_same_as(self, other: "Handle") -> bool:
        """Do both name the same account?"""
        return self.key == other.key

    def __str__(self) -> str:
        return f"{self.user}@{self.domain}"


def parse_username(text: str) -> str:
    """Check a remote user name: ASCII letters, digits and `_`, with dots and hyphens inside.

    Raises:
        MalformedActivity: other characters, empty, or more than 2048 characters.
    """
    # the instance actor of Mastodon is named like its domain, so with dots and perhaps a port
    if len(text) > MAX_USERNAME_LENGTH or not _USERNAME.fullmatch(text):
        raise MalformedActivity("not a user name")
    return text


def parse_domain(text: str) -> str:
    """Bring the domain of a handle into its one form: lower case, A-labels, no trailing dot.

    Raises:
        MalformedActivity: not a host name with an optional port.
    """
    host, port = parse_authority(text)
    if ":" in host:
        host = f"[{host}]"
    return host if port == _USUAL_PORT else f"{host}:{port}"
