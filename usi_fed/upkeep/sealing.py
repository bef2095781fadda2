"""A stream of bytes, encrypted under a passphrase piece by piece, so that a large file needs little memory.

The file is: the mark, the salt (16 bytes), then pieces of 64 KiB and 16 bytes of tag each. The key comes from
the passphrase by scrypt; each piece is sealed by AES-256-GCM with its number as nonce, and the last one
says that it is the last: bytes that were changed, left out, moved or cut off are noticed.
"""

import hashlib
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from usi_fed.errors import InvalidInput

MARK = b"usi-fed sealed 1\n"
SALT_BYTES = 16
PIECE_BYTES = 64 * 1024
TAG_BYTES = 16

_MORE, _LAST = b"more", b"last"


class SealingWriter:
    """Takes bytes, writes them sealed to `file`; `close` writes the last piece and leaves `file` open."""

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        salt = os.urandom(SALT_BYTES)
        file.write(MARK + salt)
        self._file = file
        self._cipher = _cipher(passphrase, salt)
        self._number = 0
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._waiting += data
        while len(self._waiting) > PIECE_BYTES:
            self._seal(bytes(self._waiting[:PIECE_BYTES]), _MORE)
            del self._waiting[:PIECE_BYTES]
        return len(data)

    def close(self) -> None:
        """Write what is left."""
        self._seal(bytes(self._waiting), _LAST)

    def _seal(self, piece: bytes, place: bytes) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number), piece, place))
        self._number += 1


class SealedReader:
    """Gives back the bytes of a sealed file, from its beginning."""

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        self._file = file
        if file.read(len(MARK)) != MARK:
            raise InvalidInput("file", "is not an encrypted backup of USI Fed")
        self._cipher = _cipher(passphrase, file.read(SALT_BYTES))
        self._number = 0
        self._opened = bytearray()
        self._next = self._read_piece()

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end.

        Raises:
            InvalidInput: the passphrase is wrong, or the file was changed or cut off.
        """
        while len(self._opened) < size and self._next:
            self._open_piece()
        data = bytes(self._opened[:size])
        del self._opened[:size]
        return data

    def _open_piece(self) -> None:
        piece, self._next = self._next, self._read_piece()
        try:
            self._opened += self._cipher.decrypt(_nonce(self._number), piece, _MORE if self._next else _LAST)
        except InvalidTag:
            problem = (
                "was changed or cut off"
                if self._number
                else "does not open with this passphrase, or was changed or cut off at its beginning"
            )
            raise InvalidInput("file", problem) from None
        self._number += 1

    def _read_piece(self) -> bytes:
        return self._file.read(PIECE_BYTES + TAG_BYTES)


def is_sealed(file: BinaryIO) -> bool:
    """Whether a file begins like a sealed one; the position in it stays at the beginning."""
    found = file.read(len(MARK)) == MARK
    file.seek(0)
    return found


def _cipher(passphrase: bytes, salt: bytes) -> AESGCM:
    return AESGCM(hashlib.scrypt(passphrase, salt=salt, n=1 << 16, r=8, p=1, maxmem=1 << 27, dklen=32))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
