"""HTTP signatures after draft-cavage-http-signatures-12, the dialect every server speaks.

Spec: `../shared/interop/mastodon.md` sections 1.2 and 1.3
"""

from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Mapping
from datetime import datetime

from usi_fed.activitypub.digests import digest_header
from usi_fed.activitypub.http_dates import http_date, parse_http_date
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.signed_request import (
    MAX_COVERED,
    METHODS_WITHOUT_BODY,
    Claim,
    Request,
    encode_signature_base,
    parse_key_id,
    parse_unix_time,
    split_url,
)
from usi_fed.errors import MalformedActivity, SignatureRejected

_MAX_HEADER_LETTERS = 8192
_MAX_PARAMETERS = 16
_MAX_TIME_DIGITS = 12
_REQUEST_TARGET, _CREATED, _EXPIRES = "(request-target)", "(created)", "(expires)"


def parse_cavage(request: Request) -> Claim:
    """Read the `Signature` header and check that it covers enough.

    Raises:
        SignatureRejected: no header or several, or method and path, host, time or digest are not covered.
        MalformedActivity: the header does not follow the draft.
    """
    text = request.header("signature")
    parameters = _parse_parameters(text)
    algorithm = parameters.get("algorithm", "hs2019").lower()
    covered = _parse_covered(parameters.get("headers", "date"))
    if algorithm != "hs2019" and (_CREATED in covered or _EXPIRES in covered):
        raise MalformedActivity("(created) and (expires) go with hs2019 only")
    _require_coverage(covered, request.method)
    return Claim(
        dialect="cavage",
        key_id=parse_key_id(parameters.get("keyId", "")),
        covered=covered,
        created=_created(covered, parameters, request),
        # An expires that is not signed is anybody's word.
        expires=_unix_time(parameters, "expires") if _EXPIRES in covered else None,
        signature=_parse_signature(parameters.get("signature", "")),
        algorithm=parameters.get("algorithm", "").lower(),
    )


def cavage_base(claim: Claim, request: Request, target: str) -> bytes:
    """The bytes that were signed, with `target` as path and query.

    Raises:
        SignatureRejected: a covered header is missing or occurs twice.
    """
    return encode_signature_base([_line(name, claim, request, target) for name in claim.covered])


def sign_cavage(
    key: PrivateKey,
    method: str,
    url: str,
    date: datetime,
    digest: bytes | None,
    content_type: str | None = None,
    extra_covered: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers of a signed request, as Mastodon sends them; `digest` is the SHA-256 of the body.

    Names of `extra_covered` are lower-case. Safe to run in a thread.
    """
    authority, target = split_url(url)
    headers = {"host": authority, "date": http_date(date)}
    if digest is not None:
        headers["digest"] = digest_header(digest)
    if content_type is not None:
        headers["content-type"] = content_type
    headers |= extra_covered or {}
    lines = [f"{_REQUEST_TARGET}: {method.lower()} {target}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    signature = b64encode(key.sign(encode_signature_base(lines))).decode()
    algorithm = "rsa-sha256" if key.algorithm == "rsa" else "hs2019"
    covered = " ".join((_REQUEST_TARGET, *headers))
    headers["signature"] = f'keyId="{key.key_id}",algorithm="{algorithm}",headers="{covered}",signature="{signature}"'
    return {name.title(): value for name, value in headers.items()}


def _parse_parameters(text: str) -> dict[str, str]:
    """Read `name="value",name=123`; every search moves forward, so time is proportional to the length."""
    if len(text) > _MAX_HEADER_LETTERS or "\\" in text:
        raise MalformedActivity("Signature header is too long or holds escapes")
    parameters: dict[str, str] = {}
    position = 0
    while position < len(text):
        equals = text.find("=", position)
        if equals < 0 or len(parameters) == _MAX_PARAMETERS:
            raise MalformedActivity("Signature header is not a list of parameters")
        name = text[position:equals].strip()
        value, position = _parse_value(text, equals + 1)
        if not name or name in parameters:
            raise MalformedActivity("Signature header repeats a parameter or has one without a name")
        parameters[name] = value
    return parameters


def _parse_value(text: str, start: int) -> tuple[str, int]:
    """The value that begins at `start` and where the next parameter begins."""
    is_quoted = text.startswith('"', start)
    end = text.find('"' if is_quoted else ",", start + is_quoted)
    if end < 0:
        if is_quoted:
            raise MalformedActivity("Signature header has an open quote")
        return text[start:].strip(), len(text)
    if not is_quoted:
        return text[start:end].strip(), end + 1
    after = text.find(",", end)
    rest = text[end + 1 : after if after >= 0 else len(text)]
    if rest.strip():
        raise MalformedActivity("Signature header has letters after a quoted value")
    return text[start + 1 : end], after + 1 if after >= 0 else len(text)


def _parse_covered(text: str) -> tuple[str, ...]:
    names = tuple(text.lower().split(" "))
    if len(names) > MAX_COVERED or len(set(names)) != len(names) or "" in names:
        raise MalformedActivity("Signature header lists a header twice, too many or none")
    return names


def _require_coverage(covered: tuple[str, ...], method: str) -> None:
    required = {_REQUEST_TARGET, "host"}
    if method not in METHODS_WITHOUT_BODY:
        required.add("digest")
    missing = required.difference(covered)
    if "date" not in covered and _CREATED not in covered:
        missing.add("date")
    if missing:
        raise SignatureRejected(f"not signed: {', '.join(sorted(missing))}")


def _created(covered: tuple[str, ...], parameters: Mapping[str, str], request: Request) -> datetime:
    if _CREATED in covered:
        return _unix_time(parameters, "created")
    return parse_http_date(request.header("date"))


def _unix_time(parameters: Mapping[str, str], name: str) -> datetime:
    text = parameters.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_TIME_DIGITS:
        raise MalformedActivity(f"{name} is not a Unix time")
    return parse_unix_time(int(text))


def _parse_signature(text: str) -> bytes:
    try:
        signature = a2b_base64(text, strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise MalformedActivity("signature is not base64") from error
    if not signature:
        raise MalformedActivity("signature is empty")
    return signature


def _line(name: str, claim: Claim, request: Request, target: str) -> str:
    if name == _REQUEST_TARGET:
        return f"{name}: {request.method.lower()} {target}"
    moment = {_CREATED: claim.created, _EXPIRES: claim.expires}.get(name)
    if moment is not None:
        return f"{name}: {int(moment.timestamp())}"
    return f"{name}: {request.header(name)}"
