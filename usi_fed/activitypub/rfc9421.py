"""HTTP message signatures after RFC 9421: one signature, over a request.

Covered components may be header fields and the derived components of a request. Component parameters (`sf`,
`key`, `bs`, `tr`, `req`, and with them `@query-param`) are refused: nobody in this network sends them, and each
is one more way to read a request in two ways.

Spec: RFC 9421; `../shared/interop/mastodon.md` sections 1.2 and 1.3
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime

from usi_fed.activitypub.digests import content_digest_header
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
from usi_fed.activitypub.structured_fields import (
    InnerList,
    Item,
    Parameters,
    parse_dictionary,
    serialize_inner_list,
)
from usi_fed.errors import MalformedActivity, SignatureRejected

ALGORITHMS = {"rsa": "rsa-v1_5-sha256", "ed25519": "ed25519"}

_LABEL = "sig1"
_COMPONENT_NAME = re.compile(r"@?[a-z0-9!#$%&'*+.^_`|~\-]++")


def parse_rfc9421(request: Request) -> Claim:
    """Read `Signature-Input` and `Signature` and check that they cover enough.

    What must be covered: `@method` and the whole target, which is `@target-uri`, or the authority together
    with everything after it. Without `@target-uri` the scheme is not covered; we answer under one only.

    Raises:
        SignatureRejected: a header is missing or repeated, or method, target, `created` or the body's digest
            is not covered.
        MalformedActivity: the headers do not follow the RFC, hold several signatures, or use a component that
            we do not support.
    """
    label, covered_list = _only_member(request.header("signature-input"), "Signature-Input")
    signature_label, signature = _only_member(request.header("signature"), "Signature")
    if not isinstance(covered_list, InnerList) or not isinstance(signature.value, bytes):
        raise MalformedActivity("Signature-Input is no list or Signature no byte sequence")
    if label != signature_label or not signature.value:
        raise MalformedActivity("Signature and Signature-Input have different labels, or it is empty")
    covered = _parse_components(covered_list)
    _require_coverage(covered, request)
    parameters = covered_list.parameters
    created = _unix_time(parameters, "created")
    if created is None:
        raise SignatureRejected("created is not signed")
    return Claim(
        dialect="rfc9421",
        key_id=parse_key_id(_text(parameters, "keyid")),
        covered=covered,
        created=created,
        expires=_unix_time(parameters, "expires"),
        signature=signature.value,
        algorithm=_text(parameters, "alg").lower(),
        parameters=serialize_inner_list(covered_list),
    )


def rfc9421_base(covered: tuple[str, ...], parameters: str, request: Request) -> bytes:
    """The bytes that were signed: one line for each component identifier, then the parameters.

    Raises:
        SignatureRejected: a covered header is missing or occurs twice.

    Spec: RFC 9421 section 2.5
    """
    lines = [f"{component}: {_component_value(component, request)}" for component in covered]
    lines.append(f'"@signature-params": {parameters}')
    return encode_signature_base(lines)


def sign_rfc9421(
    key: PrivateKey,
    method: str,
    url: str,
    created: datetime,
    digest: bytes | None,
    content_type: str | None = None,
    extra_covered: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers of a signed request, as Mastodon sends them; `digest` is the SHA-256 of the body.

    Names of `extra_covered` are lower-case. Safe to run in a thread.
    """
    authority, target = split_url(url)
    headers = dict(extra_covered or {})
    if digest is not None:
        headers["content-digest"] = content_digest_header(digest)
    if content_type is not None:
        headers["content-type"] = content_type
    covered = ("@method", "@target-uri", *headers)
    parameters: Parameters = {
        "created": int(created.timestamp()),
        "keyid": key.key_id,
        "alg": ALGORITHMS[key.algorithm],
    }
    signature_params = serialize_inner_list(InnerList(tuple(Item(name, {}) for name in covered), parameters))
    request = Request(
        method=method.upper(),
        scheme=url.partition(":")[0].lower(),
        authority=authority,
        target=target,
        headers={name: [value] for name, value in headers.items()},
    )
    base = rfc9421_base(tuple(f'"{name}"' for name in covered), signature_params, request)
    return {name.title(): value for name, value in headers.items()} | {
        "Host": authority,
        "Signature-Input": f"{_LABEL}={signature_params}",
        "Signature": f"{_LABEL}=:{b64encode(key.sign(base)).decode()}:",
    }


def _only_member(text: str, header: str) -> tuple[str, Item | InnerList]:
    members = parse_dictionary(text)
    if len(members) != 1:
        raise MalformedActivity(f"{header} must hold exactly one signature")
    return next(iter(members.items()))


def _parse_components(covered: InnerList) -> tuple[str, ...]:
    identifiers = tuple(_parse_component(item) for item in covered.value)
    if len(identifiers) > MAX_COVERED or len(set(identifiers)) != len(identifiers):
        raise MalformedActivity("Signature-Input lists a component twice or too many")
    return identifiers


def _parse_component(item: Item) -> str:
    """The component identifier in canonical text, such as `"@method"`."""
    name = item.value
    if type(name) is not str or not _COMPONENT_NAME.fullmatch(name):
        raise MalformedActivity("a component name must be a string in lower case")
    if item.parameters:
        raise MalformedActivity(f"component parameters are not supported: {', '.join(item.parameters)}")
    if name.startswith("@") and name not in _DERIVED:
        raise MalformedActivity("a derived component that is unknown or not supported")
    return f'"{name}"'


def _require_coverage(covered: tuple[str, ...], request: Request) -> None:
    missing = {'"@method"'}.difference(covered)
    if request.method not in METHODS_WITHOUT_BODY and '"content-digest"' not in covered:
        missing.add('"content-digest"')
    if not _covers_target(covered, "?" in request.target):
        missing.add('"@target-uri"')
    if missing:
        raise SignatureRejected(f"not signed: {', '.join(sorted(missing))}")


def _covers_target(covered: tuple[str, ...], has_query: bool) -> bool:
    if '"@target-uri"' in covered:
        return True
    if '"@authority"' not in covered:
        return False
    if '"@request-target"' in covered:
        return True
    return '"@path"' in covered and ('"@query"' in covered or not has_query)


def _text(parameters: Parameters, name: str) -> str:
    value = parameters.get(name, "")
    if type(value) is not str:
        raise MalformedActivity(f"{name} must be a string")
    return value


def _unix_time(parameters: Parameters, name: str) -> datetime | None:
    value = parameters.get(name)
    if value is None:
        return None
    if type(value) is not int:
        raise MalformedActivity(f"{name} must be an integer")
    return parse_unix_time(value)


def _component_value(component: str, request: Request) -> str:
    name = component.strip('"')
    derive = _DERIVED.get(name)
    return derive(request) if derive else request.header(name)


def _path(request: Request) -> str:
    return request.target.partition("?")[0] or "/"


def _query(request: Request) -> str:
    return "?" + request.target.partition("?")[2]


def _target_uri(request: Request) -> str:
    return f"{request.scheme}://{request.normal_authority()}{request.target}"


_DERIVED: dict[str, Callable[[Request], str]] = {
    "@method": lambda request: request.method,
    "@target-uri": _target_uri,
    "@authority": Request.normal_authority,
    "@scheme": lambda request: request.scheme,
    "@request-target": lambda request: request.target,
    "@path": _path,
    "@query": _query,
}
