"""Keys of actors: reading foreign ones from documents, making and using our own.

The algorithm of a signature is always the algorithm of the key that checks it; nothing a request says can
change it (`../shared/interop/security.md` section 3, "algorithm confusion").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from usi_fed.activitypub.multibase import encode_base58btc, parse_base58btc
from usi_fed.errors import MalformedActivity

Algorithm = Literal["rsa", "ed25519"]

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192
# A huge public exponent makes every verification as slow as a signature.
MAX_RSA_EXPONENT_BITS = 64
MAX_PEM_LETTERS = 8192
MAX_KEYS_PER_LIST = 10
MAX_KEY_ID_LETTERS = 2048

_PADDING = PKCS1v15()
_HASH = SHA256()
_MULTICODEC_ED25519 = b"\xed\x01"
_MULTICODEC_RSA = b"\x85\x24"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key with which an actor's signatures are checked.

    `key_id` is its URI, `owner` the URI of the actor it belongs to, `der` its SubjectPublicKeyInfo. Two
    are equal when id, owner and key material are.
    """

    key_id: str
    owner: str
    algorithm: Algorithm
    der: bytes = field(repr=False)
    _key: RSAPublicKey | Ed25519PublicKey = field(repr=False, compare=False)

    @classmethod
    def from_pem(cls, key_id: str, owner: str, pem: str) -> Self:
        """Read `publicKeyPem` of an actor document.

        Raises:
            MalformedActivity: not PEM, not RSA or Ed25519, or RSA outside 2048 to 8192 bits.
        """
        if len(pem) > MAX_PEM_LETTERS:
            raise MalformedActivity("publicKeyPem is too long to be a key")
        try:
            parsed = load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise MalformedActivity("publicKeyPem cannot be read") from error
        return cls._of(key_id, owner, parsed)

    @classmethod
    def from_multibase(cls, key_id: str, owner: str, multibase: str) -> Self:
        """Read `publicKeyMultibase` of a Multikey: Ed25519 (0xed) or RSA (0x1205).

        Raises:
            MalformedActivity: not base58btc, another kind of key, or RSA outside 2048 to 8192 bits.

        Spec: FEP-521a; Controlled Identifiers 1.0 section 2.2.2 (Multikey)
        """
        data = parse_base58btc(multibase)
        parsed: object = None
        try:
            if data.startswith(_MULTICODEC_ED25519):
                parsed = Ed25519PublicKey.from_public_bytes(data[2:])
            elif data.startswith(_MULTICODEC_RSA):
                parsed = load_der_public_key(data[2:])
        except (ValueError, UnsupportedAlgorithm) as error:
            raise MalformedActivity("publicKeyMultibase holds no usable key") from error
        return cls._of(key_id, owner, parsed)

    @classmethod
    def _of(cls, key_id: str, owner: str, parsed: object) -> Self:
        if isinstance(parsed, RSAPublicKey):
            algorithm: Algorithm = "rsa"
            if not MIN_RSA_BITS <= parsed.key_size <= MAX_RSA_BITS:
                raise MalformedActivity(f"an RSA key of {parsed.key_size} bits")
            if parsed.public_numbers().e.bit_length() > MAX_RSA_EXPONENT_BITS:
                raise MalformedActivity("an RSA key with a huge public exponent")
        elif isinstance(parsed, Ed25519PublicKey):
            algorithm = "ed25519"
        else:
            raise MalformedActivity("neither an RSA nor an Ed25519 key")
        der = parsed.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return cls(key_id, owner, algorithm, der, parsed)

    def to_pem(self) -> str:
        """As `publicKeyPem` of an actor document: SubjectPublicKeyInfo, ends with a newline."""
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def to_multibase(self) -> str:
        """As `publicKeyMultibase` of a Multikey. Spec: FEP-521a"""
        if isinstance(self._key, RSAPublicKey):
            data = _MULTICODEC_RSA + self._key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        else:
            data = _MULTICODEC_ED25519 + self._key.public_bytes_raw()
        return encode_base58btc(data)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` was made over `message` with this key.

        RSA keys: PKCS#1 v1.5 with SHA-256. Ed25519 keys: pure Ed25519.
        """
        try:
            if isinstance(self._key, RSAPublicKey):
                self._key.verify(signature, message, _PADDING, _HASH)
            else:
                self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, eq=False)
class PrivateKey:
    """A key of one of our own actors. Parsing one is slow; keep the object, not its text."""

    key_id: str
    owner: str
    algorithm: Algorithm
    _key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate_rsa(cls, key_id: str, owner: str) -> Self:
        """A new RSA key of 2048 bits, the size every server can read. Takes tens of milliseconds."""
        return cls(key_id, owner, "rsa", generate_private_key(public_exponent=65537, key_size=MIN_RSA_BITS))

    @classmethod
    def generate_ed25519(cls, key_id: str, owner: str) -> Self:
        """A new Ed25519 key, for proofs (FEP-8b32)."""
        return cls(key_id, owner, "ed25519", Ed25519PrivateKey.generate())

    @classmethod
    def from_der(cls, key_id: str, owner: str, der: bytes) -> Self:
        """Load a key that we made and stored ourselves, as `to_der` wrote it.

        Raises:
            ValueError: not a private key in DER, or neither RSA nor Ed25519.
        """
        # The consistency check of foreign keys costs 40 ms; ours were right when we made them.
        return cls._of(key_id, owner, load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True))

    @classmethod
    def from_pem(cls, key_id: str, owner: str, pem: str) -> Self:
        """Load a key of our own from unencrypted PEM, for imports from another server of ours.

        Raises:
            ValueError: not an unencrypted private key in PEM, or neither RSA nor Ed25519.
        """
        return cls._of(key_id, owner, load_pem_private_key(pem.encode(), None))

    @classmethod
    def _of(cls, key_id: str, owner: str, parsed: object) -> Self:
        if isinstance(parsed, RSAPrivateKey):
            return cls(key_id, owner, "rsa", parsed)
        if isinstance(parsed, Ed25519PrivateKey):
            return cls(key_id, owner, "ed25519", parsed)
        raise ValueError("neither an RSA nor an Ed25519 private key")

    @property
    def public(self) -> PublicKey:
        """The public half, with the same id and owner."""
        parsed = self._key.public_key()
        der = parsed.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return PublicKey(self.key_id, self.owner, self.algorithm, der, parsed)

    def sign(self, message: bytes) -> bytes:
        """Sign: RSA PKCS#1 v1.5 with SHA-256, or Ed25519. Other threads run meanwhile."""
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(message, _PADDING, _HASH)
        return self._key.sign(message)

    def to_der(self) -> bytes:
        """The secret itself, PKCS#8, unencrypted: only to be sealed by a `KeySafe`."""
        return self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def parse_actor_keys(document: Mapping[str, object]) -> tuple[PublicKey, ...]:
    """The keys an actor's own document vouches for: `publicKey` first, then `assertionMethod`.

    The document must have been fetched from its id. A key counts when its `owner` (Multikey: `controller`)
    is the actor and its id is the actor's id with a fragment, or lies on the actor's origin. Others are left
    out, as are unreadable ones; of two with one id the first counts. At most ten of each list are read.

    A key id alone says nothing about its owner: an actor may list an id that another actor of the same
    server uses. Whoever stores keys must not let one owner's replace another's.

    Spec: `../shared/interop/mastodon.md` section 1.4; FEP-521a; FEP-fe34
    """
    actor = document.get("id")
    if not isinstance(actor, str):
        return ()
    keys: dict[str, PublicKey] = {}
    for key in _readable_keys(document, actor):
        keys.setdefault(key.key_id, key)
    return tuple(keys.values())


def _readable_keys(document: Mapping[str, object], actor: str) -> Iterator[PublicKey]:
    entries = [
        *((entry, "owner", "publicKeyPem") for entry in _first_entries(document.get("publicKey"))),
        *((entry, "controller", "publicKeyMultibase") for entry in _first_multikeys(document)),
    ]
    for entry, owner_term, material_term in entries:
        key_id, material = entry.get("id"), entry.get(material_term)
        if not isinstance(key_id, str) or not isinstance(material, str):
            continue
        if entry.get(owner_term) != actor or not _belongs_to(key_id, actor):
            continue
        read = PublicKey.from_pem if material_term == "publicKeyPem" else PublicKey.from_multibase
        try:
            yield read(key_id, actor, material)
        except MalformedActivity:
            continue  # one broken key must not cost the actor the good ones


def _first_entries(value: object) -> list[Mapping[str, object]]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries[:MAX_KEYS_PER_LIST] if isinstance(entry, Mapping)]


def _first_multikeys(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [entry for entry in _first_entries(document.get("assertionMethod")) if entry.get("type") == "Multikey"]


def _belongs_to(key_id: str, actor: str) -> bool:
    if len(key_id) > MAX_KEY_ID_LETTERS:
        return False
    if key_id.partition("#")[0] == actor:
        return True
    origin = _origin(key_id)
    return origin is not None and origin == _origin(actor)


def _origin(uri: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc:
        return None
    default_port = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname, port or default_port
