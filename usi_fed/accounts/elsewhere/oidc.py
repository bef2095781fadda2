"""A service that the operator has set and that speaks OpenID Connect: Google, or a union's own.

Spec: OpenID Connect Core 1.0 section 3.1, OpenID Connect Discovery 1.0, RFC 7636
"""

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from usi_fed.accounts.elsewhere.model import Identity, Kind, Passage, Profile
from usi_fed.accounts.elsewhere.reading import address_of, label_of, require_iss, says, subject_of, text_of, token_of
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.clock import Clock
from usi_fed.errors import NotAllowed, RemoteRefused
from usi_fed.sentences import Sentence
from usi_fed.sign_in_settings import Provider
from usi_fed.text.plain import clean_name

log = logging.getLogger(__name__)

# Signatures with a key of the service's own: never `none`, and never one that our secret could make.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
LEEWAY_SECONDS = 60
KNOWN_FOR = timedelta(hours=1)
KEYS_ASKED_EVERY = timedelta(minutes=1)
LONGEST_ID_TOKEN = 50_000


def not_entitled(service: str) -> NotAllowed:
    """The service does not say of somebody what the operator demands."""
    return NotAllowed(Sentence("%(service)s knows you, but does not say that you may come in here.", service=service))


@dataclass(frozen=True, slots=True)
class _Metadata:
    """What a service says of itself; `posts_secret`: it takes the secret in the form only."""

    iss: str
    authorize: str
    token: str
    keys: str
    user: str
    posts_secret: bool


class OidcProvider:
    """One service. One object per process: it remembers the service's keys for an hour."""

    kind: Kind = "oidc"

    def __init__(self, provider: Provider, client: Client, clock: Clock) -> None:
        self._provider = provider
        self._client = client
        self._clock = clock
        self.key = provider.name
        self.issuer = provider.issuer
        self.title = provider.title
        self.joins = provider.joins
        self._metadata: ExpiringMap[str, _Metadata] = ExpiringMap(1, KNOWN_FOR)
        self._keys: ExpiringMap[str, KeySet] = ExpiringMap(1, KNOWN_FOR)
        self._keys_asked: ExpiringMap[str, bool] = ExpiringMap(1, KEYS_ASKED_EVERY)

    async def authorization(self, passage: Passage) -> str:
        """The address there on which somebody agrees.

        Raises:
            RemoteRefused, RemoteUnavailable: what it says of itself cannot be used, or it does not answer.
        """
        metadata = await self._found()
        address: str = prepare_grant_uri(
            metadata.authorize,
            self._provider.client_id,
            "code",
            passage.redirect_uri,
            self._provider.scopes,
            passage.state,
            nonce=passage.nonce,
            code_challenge=create_s256_code_challenge(passage.verifier),
            code_challenge_method="S256",
        )
        return address

    async def identify(self, passage: Passage, code: str) -> Identity:
        """Who came back with this code.

        Raises:
            RemoteRefused, RemoteUnavailable: the service does not say so in a way that holds, or does not answer.
            NotAllowed: it does not say of them what the operator demands.
        """
        metadata = await self._found()
        require_iss(passage.iss, metadata.iss)
        answer = await self._exchange(metadata, passage, code)
        claims = await self._claims(metadata, passage, answer)
        if metadata.user and (not text_of(claims, "name") or not self._is_entitled(claims)):
            claims = {**await self._user(metadata, claims, token_of(answer)), **claims}
        if not self._is_entitled(claims):
            raise not_entitled(self.title)
        name = clean_name(text_of(claims, "name"), 100)
        known_as = text_of(claims, "preferred_username")
        profile = Profile(known_as.partition("@")[0], name, picture=text_of(claims, "picture"))
        return Identity(
            self.kind, self.issuer, subject_of(claims, "sub"), label_of(self.title, known_as or name), profile
        )

    async def _exchange(self, metadata: _Metadata, passage: Passage, code: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": passage.redirect_uri,
            "code_verifier": passage.verifier,
        }
        name, secret = self._provider.client_id, self._provider.client_secret
        authorization = ""
        if metadata.posts_secret:
            form |= {"client_id": name, "client_secret": secret}
        else:  # RFC 6749 section 2.3.1
            both = f"{quote(name, safe='')}:{quote(secret, safe='')}"
            authorization = f"Basic {base64.b64encode(both.encode()).decode()}"
        return (await self._client.call(metadata.token, form, authorization=authorization, is_chosen=True)).document()

    async def _user(self, metadata: _Metadata, claims: Mapping[str, Any], token: str) -> dict[str, Any]:
        """Spec: OpenID Connect Core 5.3.2, the subject must be that of the ID token"""
        reply = await self._client.call(metadata.user, authorization=f"Bearer {token}", is_chosen=True)
        document = reply.document()
        if document.get("sub") != claims["sub"]:
            raise RemoteRefused("the service speaks of somebody else")
        return document

    def _is_entitled(self, claims: Mapping[str, Any]) -> bool:
        return not self._provider.claim or says(claims, self._provider.claim, self._provider.claim_value)

    # ---- the ID token ----

    async def _claims(self, metadata: _Metadata, passage: Passage, answer: Mapping[str, Any]) -> dict[str, Any]:
        """What the ID token says, when all of it holds. Spec: OpenID Connect Core 3.1.3.7

        Raises:
            RemoteRefused: it does not hold.
        """
        token = answer.get("id_token")
        if not isinstance(token, str) or not 0 < len(token) <= LONGEST_ID_TOKEN:
            raise RemoteRefused("the answer has no ID token")
        try:
            opened = await self._opened(metadata, token)
            claims = CodeIDToken(
                opened.claims,
                opened.header,
                {
                    "iss": {"essential": True, "value": metadata.iss},
                    "aud": {"essential": True, "value": self._provider.client_id},
                    "sub": {"essential": True},
                },
                {
                    "nonce": passage.nonce,
                    "client_id": self._provider.client_id,
                    "access_token": text_of(answer, "access_token"),
                },
            )
            claims.validate(int(self._clock().timestamp()), LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            # A hostile token may break the library's own assumptions about types, too.
            raise RemoteRefused(f"the ID token does not hold: {type(error).__name__} {error}") from error
        return dict(claims)

    async def _opened(self, metadata: _Metadata, token: str) -> jwt.Token:
        """The token, whose signature holds; an unknown key may be a new one, so keys are asked for once more."""
        keys = self._keys.find(metadata.keys)
        if keys is not None:
            try:
                return jwt.decode(token, keys, ALGORITHMS)
            except (InvalidKeyIdError, ValueError):
                if self._keys_asked.find(metadata.keys):
                    raise
        return jwt.decode(token, await self._fetch_keys(metadata), ALGORITHMS)

    async def _fetch_keys(self, metadata: _Metadata) -> KeySet:
        reply = await self._client.call(metadata.keys, is_chosen=True)
        rows = reply.document().get("keys")
        found = [_key_of(row) for row in (rows if isinstance(rows, list) else []) if _may_sign(row)]
        usable = [key for key in found if key is not None]
        if not usable:
            raise RemoteRefused(f"{reply.url} has no key that we can use")
        keys = KeySet(usable)
        self._keys.remember(metadata.keys, keys)
        self._keys_asked.remember(metadata.keys, True)
        return keys

    # ---- discovery ----

    async def _found(self) -> _Metadata:
        known = self._metadata.find(self.issuer)
        if known is None:
            known = await self._discover()
            self._metadata.remember(self.issuer, known)
        return known

    async def _discover(self) -> _Metadata:
        url = f"{self.issuer.removesuffix('/')}/.well-known/openid-configuration"
        document = (await self._client.call(url, is_chosen=True)).document()
        if document.get("issuer") != self.issuer:
            raise RemoteRefused(f"the service at {url} calls itself otherwise than the setting `issuer`")
        policy = self._client.policy
        needed = {
            name: address_of(document, field, policy)
            for name, field in (
                ("authorize", "authorization_endpoint"),
                ("token", "token_endpoint"),
                ("keys", "jwks_uri"),
            )
        }
        if not all(needed.values()):
            raise RemoteRefused(f"the service at {url} does not say where to ask")
        ways = document.get("token_endpoint_auth_methods_supported")
        posts_secret = isinstance(ways, list) and "client_secret_basic" not in ways
        user = address_of(document, "userinfo_endpoint", policy)
        return _Metadata(self.issuer, **needed, user=user, posts_secret=posts_secret)


def _may_sign(key: object) -> bool:
    """Whether this is a public key for signatures: a shared secret in a key set would be known to everybody."""
    return isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"


def _key_of(row: dict[str, Any]) -> Key | None:
    """A key of a set; None when it is of a kind that is not known here: the others may do."""
    try:
        return JWKRegistry.import_key(row)
    except (JoseError, ValueError, TypeError) as error:
        log.info("a key of a service elsewhere was passed over", extra={"reason": f"{type(error).__name__} {error}"})
        return None
