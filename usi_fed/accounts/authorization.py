"""Our OAuth 2 server: Authlib's rules over our storage, inside one unit of work.

The units here are plain functions of a Connection: the endpoint runs them with `database.write` and sends the
Answer. Spec: RFC 6749, RFC 7636 (S256 only), RFC 7009.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7636.challenge import compare_s256_code_challenge
from sqlalchemy import Connection

from usi_fed.accounts import token_store
from usi_fed.accounts.model import Application, AuthorizationCode, Credential
from usi_fed.accounts.scopes import DEFAULT_SCOPES, SUPPORTED_SCOPES, are_covered
from usi_fed.accounts.tickets import hash_of, new_secret
from usi_fed.clock import new_id
from usi_fed.errors import InvalidInput
from usi_fed.sentences import Sentence

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"  # the page shows the code, the person copies it
CODE_LIFETIME = timedelta(minutes=5)
CLIENT_AUTHENTICATION = ("client_secret_basic", "client_secret_post")
LONGEST_URI = 2000

_WEB = ("http", "https")
# Schemes that a browser would run or show as ours instead of handing the code over.
_DANGEROUS_SCHEMES = frozenset({"javascript", "data", "vbscript", "about", "blob", "file", "mailto", "ws", "wss"})
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+")


class Answer(NamedTuple):
    """What to send: a status, a body (a dictionary is JSON) and headers."""

    status: int
    body: dict[str, Any] | str
    headers: list[tuple[str, str]]


class Consent(NamedTuple):
    """What an application asks of a person: shown on the consent page."""

    application: Application
    redirect_uri: str
    scopes: list[str]


class Consenter(NamedTuple):
    """For whom an application is to act, and the officer who lets it when that is an organisation."""

    actor_id: int
    person_id: int | None = None


class ConsentRefused(Exception):
    """An authorization request that cannot be shown: wrong application, address or scope.

    `location` is where to send the browser with the error, or None when the address itself is not proven.
    """

    def __init__(self, problem: str, location: str | None) -> None:
        super().__init__(problem)
        self.location = location


# ---- the units ----


def register_application(
    connection: Connection, name: str, redirect_uris: list[str], scopes: str, website: str | None, now: datetime
) -> tuple[Application, str]:
    """Store a new application; gives it and its secret, which is kept as a hash only.

    Raises:
        InvalidInput: no redirect URI, or one that cannot be used safely.
    """
    if not redirect_uris:
        raise InvalidInput("redirect_uris", "at least one address is needed")
    for uri in redirect_uris:
        require_redirect_uri(uri)
    secret = new_secret()
    application = Application(
        new_id(now), new_secret(), hash_of(secret), name, website, redirect_uris, scopes or DEFAULT_SCOPES, now
    )
    token_store.add_application(connection, application)
    return application, secret


def read_consent(connection: Connection, fields: Mapping[str, str], now: datetime) -> Consent:
    """Check an authorization request and say what to ask the person.

    Raises:
        ConsentRefused: the request does not hold.
    """
    if not fields.get("client_id"):
        missing = [name for name in ("client_id", "redirect_uri", "response_type") if not fields.get(name)]
        problem = Sentence(
            "The address lacks %(fields)s: open this page from the application that you want to use.",
            fields=", ".join(missing),
        )
        raise ConsentRefused(problem, None)
    server = _Server(connection, now)
    try:
        grant = server.get_consent_grant(_Request("GET", fields))
    except OAuth2Error as error:
        location = dict(error()[2]).get("Location")
        raise ConsentRefused(error.description or error.error, location) from error
    return Consent(grant.client.application, grant.redirect_uri, grant.request.scope.split())


def answer_consent(
    connection: Connection, fields: Mapping[str, str], consenter: Consenter | None, now: datetime
) -> Answer:
    """The person's decision: who consents gets a code, with None it is a refusal. A redirect either way.

    Raises:
        ConsentRefused: the request does not hold.
    """
    read_consent(connection, fields, now)
    server = _Server(connection, now)
    request = _Request("POST", fields)
    answer: Answer = server.create_authorization_response(request, consenter, server.get_authorization_grant(request))
    return answer


def issue_token(connection: Connection, fields: Mapping[str, str], authorization: str | None, now: datetime) -> Answer:
    """Answer a request to the token endpoint; `authorization` is that header."""
    answer: Answer = _Server(connection, now).create_token_response(_Request("POST", fields, authorization))
    return answer


def revoke_token(connection: Connection, fields: Mapping[str, str], authorization: str | None, now: datetime) -> Answer:
    """Answer a request to the revocation endpoint. Spec: RFC 7009"""
    server = _Server(connection, now)
    answer: Answer = server.create_endpoint_response("revocation", _Request("POST", fields, authorization))
    return answer


def require_redirect_uri(uri: str) -> None:
    """Check an address that an application wants its codes sent to.

    Native applications use schemes of their own, with or without a host:
    `../shared/mastodon-api/clients.md` section 1.

    Raises:
        InvalidInput: it is not an absolute URI, has a fragment, or its scheme would run in the browser.
    """
    scheme = uri.partition(":")[0].lower()
    bad = scheme in _DANGEROUS_SCHEMES or "#" in uri or len(uri) > LONGEST_URI or not _SCHEME.fullmatch(uri + "/")
    if bad or not _is_splittable(uri) or (scheme in _WEB and origin_of(uri) is None):
        raise InvalidInput(
            "redirect_uris", "must be absolute addresses such as https://app.example/done or myapp://done"
        )


def origin_of(uri: str) -> str | None:
    """The scheme, host and port of a web address, without characters that mean something in a header; else None."""
    try:
        parts = urlsplit(uri)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:  # brackets or a port that are none
        return None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    is_plain = parts.scheme in _WEB and _HOST.fullmatch(host) and parts.username is None
    return f"{parts.scheme}://{host}{port}" if is_plain else None


def _is_splittable(uri: str) -> bool:
    try:
        urlsplit(uri)
    except ValueError:  # half a pair of brackets
        return False
    return True


# ---- Authlib's seams ----


class _Request(OAuth2Request):  # type: ignore[misc]
    """A request whose query or form is known already."""

    def __init__(self, method: str, fields: Mapping[str, str], authorization: str | None = None) -> None:
        # Authlib insists on https here; whether this server is reached by https is the operator's setting.
        super().__init__(method, "https://localhost/", headers={"Authorization": authorization or ""})
        self.payload = BasicOAuth2Payload(dict(fields))
        if method == "GET" and fields.get("response_type") != "code":
            # Authlib would repeat the value in a message, and fails on characters that a message may not hold.
            self.payload.data["response_type"] = "unknown"

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data  # type: ignore[no-any-return]

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data  # type: ignore[no-any-return]


class _Client(ClientMixin):  # type: ignore[misc]
    """An application, as Authlib asks about it."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def get_client_id(self) -> str:
        return self.application.client_id

    def get_default_redirect_uri(self) -> str:
        return self.application.redirect_uris[0]

    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = scope or DEFAULT_SCOPES
        return asked if are_covered(asked, self.application.scopes) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.application.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(hash_of(client_secret), self.application.secret_hash)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in CLIENT_AUTHENTICATION

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "client_credentials")


class _Code:
    """A stored code, as Authlib asks about it."""

    def __init__(self, stored: AuthorizationCode) -> None:
        self.stored = stored
        self.code_challenge = stored.code_challenge
        self.code_challenge_method = stored.code_challenge_method

    def get_redirect_uri(self) -> str:
        return self.stored.redirect_uri

    def get_scope(self) -> str:
        return self.stored.scopes


class _Token:
    """A stored token, as Authlib asks about it."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential

    def check_client(self, client: _Client) -> bool:
        return self.credential.application_id == client.application.id


class _Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server for one unit of work."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        super().__init__(scopes_supported=SUPPORTED_SCOPES)
        self.connection = connection
        self.now = now
        self.register_grant(_CodeGrant, [_S256Only(required=False)])
        self.register_grant(_ClientGrant)
        self.register_endpoint(_Revocation)
        self.register_token_generator("default", self._new_token)

    def _new_token(self, scope: str, **_others: object) -> dict[str, Any]:
        return {
            "access_token": new_secret(),
            "token_type": "Bearer",
            "scope": scope,
            "created_at": int(self.now.timestamp()),
        }

    def query_client(self, client_id: str) -> _Client | None:
        application = token_store.find_application(self.connection, client_id)
        return _Client(application) if application else None

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        code: _Code | None = request.authorization_code
        user: Consenter | None = request.user
        token_store.add_token(
            self.connection,
            new_id(self.now),
            hash_of(token["access_token"]),
            request.client.application.id,
            user.actor_id if user else None,
            token["scope"],
            self.now,
            code.stored.code_hash if code else None,
            user.person_id if user else None,
        )

    def create_oauth2_request(self, request: _Request) -> _Request:
        return request

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:  # noqa: ANN401 - Authlib's
        return Answer(status, dict(body) if isinstance(body, list) else body, list(headers))


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTHENTICATION

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuth2Request, client: _Client) -> str:
        """As Authlib's, without the address in the message: it may hold characters that a message may not."""
        uri = request.payload.redirect_uri or client.get_default_redirect_uri()
        if not client.check_redirect_uri(uri):
            raise InvalidRequestError("The redirect URI is not one that the application has registered.")
        return uri

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        data = request.payload.data
        client = request.client
        stored = AuthorizationCode(
            code_hash=hash_of(code),
            application_id=client.application.id,
            actor_id=request.user.actor_id,
            redirect_uri=data.get("redirect_uri") or client.get_default_redirect_uri(),
            scopes=request.scope,
            code_challenge=data.get("code_challenge") or None,
            code_challenge_method=data.get("code_challenge_method") or None,
            expires_at=self.server.now + CODE_LIFETIME,
            person_id=request.user.person_id,
        )
        token_store.add_code(self.server.connection, stored, self.server.now)

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        """The consent, once. Who asks again shows that somebody else has the code: its token ends (RFC 6749 4.1.2)."""
        connection, code_hash, application = self.server.connection, hash_of(code), client.application
        stored = token_store.find_code(connection, code_hash, application.id, self.server.now)
        if stored is None:
            token_store.revoke_tokens_of_code(connection, code_hash, application.id, self.server.now)
            return None
        return _Code(stored)

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        token_store.remove_code(self.server.connection, authorization_code.stored.code_hash)

    def authenticate_user(self, authorization_code: _Code) -> Consenter:
        return Consenter(authorization_code.stored.actor_id, authorization_code.stored.person_id)


class _ClientGrant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTHENTICATION

    def validate_token_request(self) -> None:
        super().validate_token_request()
        scope = self.client.get_allowed_scope(self.request.payload.scope)
        if scope is None:
            raise InvalidScopeError()
        self.request.payload.data["scope"] = scope


class _S256Only(CodeChallenge):  # type: ignore[misc]
    """Takes no `plain` challenge: it would protect nothing, and RFC 7636 makes it the default."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)
    CODE_CHALLENGE_METHODS = {"S256": compare_s256_code_challenge}  # noqa: RUF012 - Authlib's own shape

    def validate_code_challenge(self, grant: _CodeGrant, redirect_uri: str) -> None:
        super().validate_code_challenge(grant, redirect_uri)
        data = grant.request.payload.data
        if data.get("code_challenge") and data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The 'code_challenge_method' must be S256.")


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = CLIENT_AUTHENTICATION

    def query_token(self, token_string: str, token_type_hint: str | None) -> _Token | None:
        credential = token_store.find_credential(self.server.connection, hash_of(token_string))
        return _Token(credential) if credential else None

    def revoke_token(self, token: _Token, request: OAuth2Request) -> None:
        token_store.revoke_token(self.server.connection, token.credential.token_id, self.server.now)
