"""Keys and signed requests for tests; keys are made once, because RSA keys are slow to make."""

from datetime import UTC, datetime
from functools import cache

from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.signatures import Request, body_digest, sign_cavage, sign_rfc9421

ACTOR = "https://sender.example/users/ana"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
US = {"union.example"}
INBOX = "https://union.example/inbox"
BODY = b'{"type":"Like"}'
SIGNERS = {"cavage": sign_cavage, "rfc9421": sign_rfc9421}


@cache
def rsa_key() -> PrivateKey:
    return PrivateKey.generate_rsa(f"{ACTOR}#main-key", ACTOR)


@cache
def other_rsa_key() -> PrivateKey:
    return PrivateKey.generate_rsa(f"{ACTOR}#main-key", ACTOR)


@cache
def ed25519_key() -> PrivateKey:
    return PrivateKey.generate_ed25519(f"{ACTOR}#ed25519-key", ACTOR)


def signed_post(dialect, key, *, url=INBOX, body=BODY, when=NOW, extra_covered=None) -> Request:
    """A POST as it arrives after our own signer sent it."""
    headers = SIGNERS[dialect](key, "POST", url, when, body_digest(body), "application/activity+json", extra_covered)
    return request_with(headers, url=url, body=body)


def signed_get(dialect, key, *, url="https://union.example/users/bo?page=1", when=NOW) -> Request:
    """A GET as it arrives after our own signer sent it."""
    return request_with(SIGNERS[dialect](key, "GET", url, when, None), url=url, method="GET", body=None)


def request_with(headers, *, url=INBOX, method="POST", body=BODY) -> Request:
    """A request with these headers, through the ASGI door."""
    authority, _, target = url.removeprefix("https://").partition("/")
    path, _, query = target.partition("?")
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if not any(name == b"host" for name, _ in raw):
        raw.append((b"host", authority.encode()))
    scope = {
        "method": method,
        "path": f"/{path}",
        "raw_path": f"/{path}".encode(),
        "query_string": query.encode(),
        "headers": raw,
    }
    return Request.from_asgi(scope, "https", body)
