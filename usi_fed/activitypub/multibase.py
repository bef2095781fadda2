"""Multibase text in base58btc (`z…`): how Multikeys and proof values are written."""

from usi_fed.errors import MalformedActivity

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {letter: value for value, letter in enumerate(_ALPHABET)}

# An RSA key of 8192 bits takes about 1,430 letters; decoding costs the square of the length.
MAX_LETTERS = 1600


def encode_base58btc(data: bytes) -> str:
    """Bytes as multibase text. Spec: Controlled Identifiers 1.0 section 2.4 (base-58-btc, header `z`)"""
    number = int.from_bytes(data, "big")
    letters: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        letters.append(_ALPHABET[digit])
    leading_zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + "1" * leading_zeros + "".join(reversed(letters))


def parse_base58btc(text: str) -> bytes:
    """The bytes of multibase text.

    Raises:
        MalformedActivity: the header is not `z`, a letter is not of the alphabet, or the text is longer
            than `MAX_LETTERS`.
    """
    if not text.startswith("z") or len(text) > MAX_LETTERS:
        raise MalformedActivity("multibase text must be base58btc (z) and of sensible length")
    number = 0
    for letter in text[1:]:
        digit = _DIGITS.get(letter)
        if digit is None:
            raise MalformedActivity("a letter outside the base58btc alphabet")
        number = number * 58 + digit
    leading_zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return b"\0" * leading_zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
