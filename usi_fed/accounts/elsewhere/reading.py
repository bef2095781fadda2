"""Reading what other services answer: addresses, names and texts in documents that are not to be trusted."""

from collections.abc import Mapping
from typing import Any

from usi_fed.accounts.elsewhere.model import LONGEST_LABEL, LONGEST_SUBJECT
from usi_fed.activitypub.addresses import NetworkPolicy, parse_url
from usi_fed.errors import MalformedActivity, RemoteRefused
from usi_fed.text.plain import clean_name

_LONGEST_TEXT = 20_000


def text_of(document: Mapping[str, Any], path: str) -> str:
    """The text at `path`, where `a.b` is field b of field a; "" when there is none. Numbers are texts, too."""
    value: object = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.replace("\0", "")[:_LONGEST_TEXT] if isinstance(value, str) else ""


def subject_of(document: Mapping[str, Any], path: str) -> str:
    """What a service calls a person for ever.

    Raises:
        RemoteRefused: it does not say it.
    """
    subject = text_of(document, path)
    if not subject or len(subject) > LONGEST_SUBJECT or not subject.isprintable():
        raise RemoteRefused("the answer does not say who that is")
    return subject


def address_of(document: Mapping[str, Any], name: str, policy: NetworkPolicy) -> str:
    """An address that may be opened, "" when there is none.

    Raises:
        RemoteRefused: there is one that we do not open.
    """
    text = text_of(document, name)
    try:
        return str(parse_url(text, policy)) if text else ""
    except MalformedActivity as error:
        raise RemoteRefused(f"unusable {name}: {error}") from error


def token_of(document: Mapping[str, Any]) -> str:
    """The access token in the answer of a token endpoint. Spec: RFC 6749 section 5.1

    Raises:
        RemoteRefused: there is none that fits into a header.
    """
    token = text_of(document, "access_token")
    if not token or not token.isascii() or not token.isprintable():
        raise RemoteRefused("the answer has no access token")
    return token


def require_iss(given: str, own: str) -> None:
    """See to it that people come back from where they went: who is led astray meets another `iss`.

    Raises:
        RemoteRefused: they come from elsewhere.

    Spec: RFC 9207 section 2.4
    """
    if given and own and given != own:
        raise RemoteRefused("the answer is of another service")


def label_of(title: str, name: str) -> str:
    """How the owner of an account at a service knows it."""
    name = clean_name(name, LONGEST_LABEL)
    return f"{title}: {name}" if name else title


def says(document: Mapping[str, Any], path: str, wanted: str) -> bool:
    """Whether a field is `wanted`, or a list with it."""
    value: object = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return wanted in [_word(one) for one in (value if isinstance(value, list) else [value])]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else ""
