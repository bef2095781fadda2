"""Structured header fields, as far as message signatures need them: dictionaries, inner lists, parameters.

Strict where RFC 8941 is lenient: a repeated key is refused, because of two signatures or two digests under
one name another reader might take the other. Decimals do not occur in these headers and are refused. Every
pattern is possessive, so reading takes time proportional to the length.
"""

import re
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from dataclasses import dataclass

from usi_fed.errors import MalformedActivity

MAX_FIELD_LETTERS = 8192
_MAX_MEMBERS = 64

_KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*+")
_INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*+)"')
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+\-.^_`|~:/]*+")
_BYTES = re.compile(r":([A-Za-z0-9+/=]*+):")
_SPACES = re.compile(r" *+")
_BLANKS = re.compile(r"[ \t]*+")


class Token(str):
    """A bare word, which is not the same as the quoted string of its letters."""

    __slots__ = ()


Value = str | Token | bytes | bool | int
Parameters = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Item:
    """One value and what is said about it."""

    value: Value
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class InnerList:
    """Several items in parentheses and what is said about all of them."""

    value: tuple[Item, ...]
    parameters: Parameters


Member = Item | InnerList


def parse_dictionary(text: str) -> dict[str, Member]:
    """Read a dictionary such as `sig1=("@method");created=1, sig2=:AAAA:`.

    Raises:
        MalformedActivity: not a dictionary, a repeated key, over `MAX_FIELD_LETTERS`, or a kind of value
            that message signatures do not use.

    Spec: RFC 8941 section 4.2.2
    """
    if len(text) > MAX_FIELD_LETTERS:
        raise MalformedActivity("structured field is too long")
    reader = _Reader(text)
    members: dict[str, Member] = {}
    reader.skip(_SPACES)
    while not reader.is_at_end():
        key = reader.take(_KEY, "key")
        if key in members or len(members) == _MAX_MEMBERS:
            raise MalformedActivity("structured field repeats a key or has too many")
        members[key] = _parse_member(reader)
        reader.skip(_BLANKS)
        if reader.is_at_end():
            break
        reader.expect(",")
        reader.skip(_BLANKS)
        if reader.is_at_end():
            raise MalformedActivity("structured field ends with a comma")
    return members


def serialize_inner_list(inner: InnerList) -> str:
    """The canonical text of an inner list with its parameters. Spec: RFC 8941 section 4.1.1.1"""
    items = " ".join(serialize_value(item.value) + _serialize_parameters(item.parameters) for item in inner.value)
    return f"({items}){_serialize_parameters(inner.parameters)}"


def serialize_value(value: Value) -> str:
    """The canonical text of one bare value. Spec: RFC 8941 section 4.1.3.1"""
    match value:
        case bool():
            return "?1" if value else "?0"
        case int() | Token():
            return str(value)
        case bytes():
            return f":{b64encode(value).decode()}:"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


def _serialize_parameters(parameters: Parameters) -> str:
    return "".join(
        f";{name}" if value is True else f";{name}={serialize_value(value)}" for name, value in parameters.items()
    )


class _Reader:
    """A position in a text."""

    __slots__ = ("position", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def is_at_end(self) -> bool:
        return self.position >= len(self.text)

    def next_letter(self) -> str:
        return self.text[self.position : self.position + 1]

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.position)
        if match:
            self.position = match.end()

    def accept(self, letter: str) -> bool:
        if self.next_letter() != letter:
            return False
        self.position += 1
        return True

    def expect(self, letter: str) -> None:
        if not self.accept(letter):
            raise MalformedActivity(f"structured field lacks {letter!r} at {self.position}")

    def take(self, pattern: re.Pattern[str], what: str) -> str:
        match = pattern.match(self.text, self.position)
        if match is None:
            raise MalformedActivity(f"structured field has no {what} at {self.position}")
        self.position = match.end()
        return match[match.lastindex or 0]


def _parse_member(reader: _Reader) -> Member:
    if not reader.accept("="):
        return Item(True, _parse_parameters(reader))
    if reader.accept("("):
        return _parse_inner_list(reader)
    return _parse_item(reader)


def _parse_inner_list(reader: _Reader) -> InnerList:
    items: list[Item] = []
    while True:
        reader.skip(_SPACES)
        if reader.accept(")"):
            return InnerList(tuple(items), _parse_parameters(reader))
        if len(items) == _MAX_MEMBERS:
            raise MalformedActivity("structured field has too many items")
        items.append(_parse_item(reader))
        if reader.next_letter() not in (" ", ")"):
            raise MalformedActivity("structured field has items that touch")


def _parse_item(reader: _Reader) -> Item:
    return Item(_parse_value(reader), _parse_parameters(reader))


def _parse_parameters(reader: _Reader) -> Parameters:
    parameters: Parameters = {}
    while reader.accept(";"):
        reader.skip(_SPACES)
        name = reader.take(_KEY, "parameter name")
        if name in parameters or len(parameters) == _MAX_MEMBERS:
            raise MalformedActivity("structured field repeats a parameter or has too many")
        parameters[name] = _parse_value(reader) if reader.accept("=") else True
    return parameters


def _parse_value(reader: _Reader) -> Value:
    first = reader.next_letter()
    if first == '"':
        text = reader.take(_STRING, "string")
        return text.replace('\\"', '"').replace("\\\\", "\\") if "\\" in text else text
    if first == ":":
        return _parse_bytes(reader.take(_BYTES, "byte sequence"))
    if first == "?":
        reader.position += 1
        return _parse_boolean(reader)
    if first == "-" or ("0" <= first <= "9"):
        return int(reader.take(_INTEGER, "integer"))
    return Token(reader.take(_TOKEN, "value"))


def _parse_boolean(reader: _Reader) -> bool:
    if reader.accept("1"):
        return True
    reader.expect("0")
    return False


def _parse_bytes(text: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise MalformedActivity("structured field has a byte sequence that is not base64") from error
