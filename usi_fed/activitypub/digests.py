"""Body digests: the `Digest` and `Content-Digest` headers, SHA-256 only."""

from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from hashlib import sha256

from usi_fed.activitypub.structured_fields import parse_dictionary
from usi_fed.errors import MalformedActivity, SignatureRejected

_MAX_DIGESTS = 8


def body_digest(body: bytes) -> bytes:
    """SHA-256 of a raw body. Compute it once per body and hand it on."""
    return sha256(body).digest()


def digest_header(digest: bytes) -> str:
    """The value of `Digest`, which goes with draft-cavage signatures. Spec: RFC 3230 section 4.3.2"""
    return f"SHA-256={b64encode(digest).decode()}"


def content_digest_header(digest: bytes) -> str:
    """The value of `Content-Digest`, which goes with RFC 9421 signatures. Spec: RFC 9530 section 2"""
    return f"sha-256=:{b64encode(digest).decode()}:"


def verify_digest_header(value: str, digest: bytes) -> None:
    """Compare a received `Digest` header with the digest of the body that came with it.

    Raises:
        MalformedActivity: the header is not a list of `algorithm=base64`.
        SignatureRejected: it names no SHA-256, or another one.
    """
    entries = value.split(",")
    if len(entries) > _MAX_DIGESTS:
        raise MalformedActivity("Digest header with too many entries")
    found = []
    for entry in entries:
        algorithm, _, encoded = entry.strip().partition("=")
        if algorithm.lower() == "sha-256":
            found.append(_parse_base64(encoded))
    _require_match(found, digest, "Digest")


def verify_content_digest_header(value: str, digest: bytes) -> None:
    """Compare a received `Content-Digest` header with the digest of the body that came with it.

    Raises:
        MalformedActivity: the header is not a structured dictionary of byte sequences.
        SignatureRejected: it names no SHA-256, or another one.
    """
    member = parse_dictionary(value).get("sha-256")
    found = [member.value] if member is not None and isinstance(member.value, bytes) else []
    _require_match(found, digest, "Content-Digest")


def _parse_base64(text: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise MalformedActivity("Digest header is not base64") from error


def _require_match(found: list[bytes], digest: bytes, header: str) -> None:
    if not found:
        raise SignatureRejected(f"{header} header names no SHA-256")
    if any(one != digest for one in found):
        raise SignatureRejected(f"{header} header does not fit the body")
