"""The safe: secrets of this server, encrypted before they reach the database."""

import base64
import binascii
import hmac
import os
import secrets
import stat
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from usi_fed.activitypub.keys import PrivateKey
from usi_fed.errors import ConfigurationError

_VERSION = b"\x01"
_MASTER_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_HEADER_BYTES = len(_VERSION) + _KEY_ID_BYTES
_MAX_FILE_BYTES = 4096
_FORBIDDEN_MODE = stat.S_IRWXO | stat.S_IWGRP


class KeySafe:
    """Seals and unseals secrets with AES-256-GCM under a master key that lies outside the database.

    The file holds one master key a line (32 bytes, base64). The first one seals, all of them unseal: to
    rotate, put a new line on top.

    A sealed secret is: version (1 byte), id of the master key (4), nonce (12), ciphertext and tag.
    """

    def __init__(self, master_keys: Sequence[bytes]) -> None:
        self._ciphers = {_header(key): AESGCM(key) for key in master_keys}
        self._current = _header(master_keys[0])
        self._first_master_key = master_keys[0]

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the master keys from `path`; a missing file is made, with mode 0600.

        Raises:
            ConfigurationError: the file cannot be read or made, is not a list of keys, or other users of
                the machine may read it.
        """
        try:
            if not path.exists():
                _make_file(path)
            text, mode = _read_file(path)
        except OSError as error:
            raise ConfigurationError([f"The master key file {path} cannot be used: {error.strerror}."]) from error
        if mode & _FORBIDDEN_MODE:
            raise ConfigurationError(
                [f"The master key file {path} is open to other users. Make it mode 0600: chmod 600 {path}"]
            )
        return cls(_parse_master_keys(text, path))

    def seal(self, key: PrivateKey, associated: bytes) -> bytes:
        """Encrypt a private key; `associated` (say, the row's identity) must be the same when unsealing."""
        return self.seal_bytes(key.to_der(), associated)

    def unseal(self, sealed: bytes, key_id: str, owner: str, associated: bytes) -> PrivateKey:
        """Decrypt a private key that `seal` encrypted.

        Raises:
            ConfigurationError: its master key is not in the file, or the sealed bytes were altered.
        """
        return PrivateKey.from_der(key_id, owner, self.unseal_bytes(sealed, associated))

    def seal_bytes(self, secret: bytes, associated: bytes) -> bytes:
        """Encrypt any short secret."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, secret, self._current + associated)
        return self._current + nonce + sealed

    def unseal_bytes(self, sealed: bytes, associated: bytes) -> bytes:
        """Decrypt what `seal_bytes` encrypted.

        Raises:
            ConfigurationError: its master key is not in the file, or the sealed bytes were altered.
        """
        header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        cipher = self._ciphers.get(header)
        if cipher is None:
            raise ConfigurationError(["A stored secret was sealed with a master key that is not in the file."])
        try:
            return cipher.decrypt(nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], header + associated)
        except (InvalidTag, ValueError) as error:
            raise ConfigurationError(["A stored secret does not fit its record or was altered."]) from error

    def can_open(self, sealed: bytes) -> bool:
        """Whether one of the master keys sealed this."""
        return sealed[:_HEADER_BYTES] in self._ciphers

    def derive(self, purpose: str) -> bytes:
        """Another 32-byte secret that depends on the first master key and on what it is for."""
        return hmac.digest(self._first_master_key, f"usi-fed:{purpose}".encode(), "sha256")


def _header(master_key: bytes) -> bytes:
    """How everything begins that this key seals: the version, and what tells the key from others."""
    return _VERSION + sha256(b"usi-fed master key id\0" + master_key).digest()[:_KEY_ID_BYTES]


def _make_file(path: Path) -> None:
    """Write a whole new file or none: another process may be doing the same."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(_MASTER_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return  # the other process was first, its key counts
        _sync_directory(path.parent)
    finally:
        draft.unlink()


def _sync_directory(directory: Path) -> None:
    """A key that seals secrets must not vanish in a power cut while the secrets stay."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_file(path: Path) -> tuple[bytes, int]:
    with path.open("rb") as file:
        return file.read(_MAX_FILE_BYTES), os.fstat(file.fileno()).st_mode


def _parse_master_keys(text: bytes, path: Path) -> list[bytes]:
    try:
        keys = [base64.b64decode(line, validate=True) for line in text.split()]
    except binascii.Error as error:
        raise ConfigurationError([f"The master key file {path} holds a line that is not base64."]) from error
    if not keys or any(len(key) != _MASTER_KEY_BYTES for key in keys):
        raise ConfigurationError([f"The master key file {path} must hold keys of {_MASTER_KEY_BYTES} bytes."])
    return keys
