"""The cryptography of sealed notes, without database or people in it.

A note is encrypted once, under a key of its own; that key lies in one box for each reader, closed with the reader's
public key. So whoever writes needs nobody's passphrase. A reader's private key is stored wrapped under a passphrase
that this server does not keep.

Spec: `../shared/domain.md` section 4.6, "Sealed"; RFC 7748 (X25519), RFC 5869 (HKDF), RFC 8439, RFC 9106 (Argon2id);
`docs/decisions/0039-sealed-notes.md`
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from usi_fed.errors import NotAllowed
from usi_fed.sentences import Sentence

KEY_BYTES = 32
Stretching = Callable[[bytes, str], bytes]
_SALT_BYTES, _NONCE_BYTES = 16, 12
_PASSES, _KIBIBYTES = 4, 32 * 1024  # a third of a second of an old server for each guess
_SMALLEST_PAGE = 4096
"""Bytes: a line and a long report look alike; what is longer is padded to four times as much, and so on."""

# Crockford's letters, as in `accounts/tickets.py`: none looks like another.
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_MISREAD = str.maketrans("oil", "011")
_PAPER_LETTERS = 52  # of five bits each; the last one holds what 256 bits leave over
_PAPER_GROUP = 4


class WrongKey(NotAllowed):
    """What somebody typed opens nothing here."""

    def __init__(self) -> None:
        super().__init__(Sentence("This does not open it. Check what you typed."))


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key to close boxes with, and the one that opens them; 32 bytes each."""

    public: bytes
    private: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """A closed note: its text, and the boxes with its key by the numbers of their readers."""

    ciphertext: bytes
    boxes: dict[int, bytes]


def new_pair() -> KeyPair:
    """A pair that nobody had before."""
    private = X25519PrivateKey.generate()
    return KeyPair(private.public_key().public_bytes_raw(), private.private_bytes_raw())


# ---- private keys, at rest and on paper ----


def wrap(private: bytes, passphrase: str) -> bytes:
    """A private key as it is stored: salt, nonce, ciphertext. Takes a while on purpose."""
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    return salt + nonce + ChaCha20Poly1305(_stretched(passphrase, salt)).encrypt(nonce, private, None)


def unwrap(wrapped: bytes, passphrase: str) -> bytes:
    """The private key that `wrap` stored.

    Raises:
        WrongKey: it is another passphrase.
    """
    salt, nonce = wrapped[:_SALT_BYTES], wrapped[_SALT_BYTES : _SALT_BYTES + _NONCE_BYTES]
    return _decrypt(_stretched(passphrase, salt), nonce, wrapped[_SALT_BYTES + _NONCE_BYTES :], None)


def wrap_with_key(private: bytes, key: bytes) -> bytes:
    """A private key under a random key, for a few minutes."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, private, None)


def unwrap_with_key(wrapped: bytes, key: bytes) -> bytes:
    """The private key that `wrap_with_key` stored.

    Raises:
        WrongKey: it is another key.
    """
    return _decrypt(key, wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], None)


def paper_of(private: bytes) -> str:
    """A private key to be written on paper: 52 letters in groups of four."""
    number = int.from_bytes(private, "big") << 4
    letters = "".join(_LETTERS[(number >> 5 * place) & 31] for place in reversed(range(_PAPER_LETTERS)))
    return "-".join(letters[at : at + _PAPER_GROUP] for at in range(0, len(letters), _PAPER_GROUP))


def private_of(paper: str) -> bytes:
    """The private key that somebody has typed from paper.

    Raises:
        WrongKey: it is none.
    """
    letters = "".join(letter for letter in paper.lower() if letter.isalnum()).translate(_MISREAD)
    if len(letters) != _PAPER_LETTERS or not set(letters) <= set(_LETTERS):
        raise WrongKey()
    number = 0
    for letter in letters:
        number = number << 5 | _LETTERS.index(letter)
    return (number >> 4).to_bytes(KEY_BYTES, "big")


def public_of(private: bytes) -> bytes:
    """The public key that belongs to a private one."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


# ---- notes ----


def seal(text: bytes, readers: Mapping[int, bytes], label: bytes) -> Sealed:
    """Close a note for those with these public keys. `label` is what it is bound to, such as its number."""
    key = secrets.token_bytes(KEY_BYTES)
    # The key is used once, so the nonce may be anything.
    ciphertext = ChaCha20Poly1305(key).encrypt(bytes(_NONCE_BYTES), _padded(text), label)
    return Sealed(ciphertext, {reader: close_box(key, public, label) for reader, public in readers.items()})


def unseal(ciphertext: bytes, key: bytes, label: bytes) -> bytes:
    """The note, with the key out of a box.

    Raises:
        WrongKey: the key or the label is another one, or something was altered.
    """
    padded = _decrypt(key, bytes(_NONCE_BYTES), ciphertext, label)
    return padded.rstrip(b"\0")[:-1]


def close_box(key: bytes, public: bytes, label: bytes) -> bytes:
    """The key of a note for one reader: a public key made for this box, and the key encrypted."""
    ours = X25519PrivateKey.generate()
    shared = ours.exchange(X25519PublicKey.from_public_bytes(public))
    sender = ours.public_key().public_bytes_raw()
    closed = ChaCha20Poly1305(_box_key(shared, sender, public)).encrypt(bytes(_NONCE_BYTES), key, label)
    return sender + closed


def open_box(box: bytes, private: bytes, label: bytes) -> bytes:
    """The key of a note out of a reader's box.

    Raises:
        WrongKey: it is another reader's box, or of another note.
    """
    sender, closed = box[:KEY_BYTES], box[KEY_BYTES:]
    ours = X25519PrivateKey.from_private_bytes(private)
    shared = ours.exchange(X25519PublicKey.from_public_bytes(sender))
    return _decrypt(_box_key(shared, sender, ours.public_key().public_bytes_raw()), bytes(_NONCE_BYTES), closed, label)


def _box_key(shared: bytes, sender: bytes, reader: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"usi-fed sealed note" + sender + reader).derive(shared)


def _stretched(passphrase: str, salt: bytes) -> bytes:
    secret = passphrase.encode("utf-8", "replace")
    return hash_secret_raw(secret, salt, _PASSES, _KIBIBYTES, 1, KEY_BYTES, Type.ID)


def _decrypt(key: bytes, nonce: bytes, ciphertext: bytes, label: bytes | None) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, label)
    except (InvalidTag, ValueError) as error:
        raise WrongKey() from error


def _padded(text: bytes) -> bytes:
    """The text, a mark where it ends, and nothing up to the size of a page."""
    page = _SMALLEST_PAGE
    while page < len(text) + 1:
        page *= 4
    return text + b"\x01" + bytes(page - len(text) - 1)
