"""Any server of the fediverse that speaks Mastodon's client API, asked once who somebody is.

Programs differ in form (no metadata, numbers for texts, no revocation), so what is not there is done without. What
must hold: every address that we are led to is of the server's own origin, and so is the account.

Spec: docs.joinmastodon.org, "apps", "oauth", "accounts/verify_credentials"; RFC 8414, RFC 7636, RFC 7009
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import Connection

from usi_fed.accounts import linked_store as store
from usi_fed.accounts.elsewhere.model import Identity, Kind, Passage, Profile
from usi_fed.accounts.elsewhere.reading import address_of, require_iss, subject_of, text_of, token_of
from usi_fed.accounts.linked_store import ForeignApplication
from usi_fed.activitypub.addresses import host_of, same_origin
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.handles import Handle
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.activitypub.webfinger import find_actor_uri
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import MalformedActivity, RemoteRefused, RemoteUnavailable
from usi_fed.text.foreign import as_typed_here, cut_between_names
from usi_fed.text.plain import clean_name, clean_typed

log = logging.getLogger(__name__)

# The least that says who somebody is, best first. Older programs know only the last ones.
WISHES = ("profile", "read:accounts", "read")
USUAL_WISH = "read:accounts"
# Mastodon forgets applications that nobody used for a day; then people would be stuck at its page.
DOUBTED_AFTER = timedelta(hours=12)
METADATA_MEMORY = timedelta(minutes=10)
LONGEST_NAME = 100
MOST_FIELDS, LONGEST_FIELD = 8, 255
_PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a server does what, and what it calls itself ("" when it does not say)."""

    authorize: str
    token: str
    revoke: str
    scope: str
    iss: str


class ForeignApplications:
    """How this server is registered at others. The secrets lie sealed in the database."""

    def __init__(self, client: Client, database: Database, safe: KeySafe, clock: Clock, name: str, origin: str) -> None:
        self.client = client
        self._database = database
        self._safe = safe
        self._clock = clock
        self._name = name
        self._origin = origin
        self.places: ExpiringMap[str, _Places] = ExpiringMap(1000, METADATA_MEMORY)

    async def known_at(self, origin: str) -> tuple[str, str]:
        """The id and the secret of this server at another.

        Raises:
            RemoteRefused: it is not registered there.
        """
        known = await self._database.read(store.find_foreign_application, origin)
        if known is None:
            raise RemoteRefused("nobody has registered this server there")
        return known.client_id, self._secret(known)

    async def at(self, origin: str, places: _Places, redirect_uri: str) -> str:
        """The id of this server at another, where it registers when it has to.

        Raises:
            RemoteRefused, RemoteUnavailable: it cannot be registered there, or not now.
        """
        known = await self._database.read(store.find_foreign_application, origin)
        fits = known is not None and (known.redirect_uri, known.scopes) == (redirect_uri, places.scope)
        if known is not None and fits and await self._is_remembered(known, places):
            return known.client_id
        made = await self._register(origin, places.scope, redirect_uri)
        return (await self._database.write(_keep, made, known)).client_id

    async def forget(self, origin: str) -> None:
        """The other server does not know this one any more."""
        await self._database.write(store.forget_foreign_application, origin)

    async def _register(self, origin: str, scopes: str, redirect_uri: str) -> ForeignApplication:
        form = {
            "client_name": self._name[:60],
            "redirect_uris": redirect_uri,
            "scopes": scopes,
            "website": self._origin,
        }
        document = (await self.client.call(f"{origin}/api/v1/apps", form)).document()
        client_id, secret = text_of(document, "client_id"), text_of(document, "client_secret")
        if not client_id or not secret:
            raise RemoteRefused("the registration has no id or no secret")
        sealed = self._safe.seal_bytes(secret.encode(), _label(origin))
        return ForeignApplication(origin, client_id, sealed, redirect_uri, scopes, self._clock())

    async def _is_remembered(self, known: ForeignApplication, places: _Places) -> bool:
        """Whether the other server still knows this one; asked only of registrations that are older."""
        if self._clock() - known.created_at < DOUBTED_AFTER:
            return True
        named = {"client_id": known.client_id, "client_secret": self._secret(known)}
        reply = await self.client.call(places.token, {"grant_type": "client_credentials", **named})
        if reply.status == 200:
            await revoke(self.client, places.revoke, token_of(reply.document()), named)
        return reply.error_code != "invalid_client"

    def _secret(self, application: ForeignApplication) -> str:
        return self._safe.unseal_bytes(application.sealed_secret, _label(application.origin)).decode()


class FediverseServer:
    """One server. `origin` is that of its client API."""

    kind: Kind = "fediverse"
    joins = False

    def __init__(self, origin: str, applications: ForeignApplications) -> None:
        self.issuer = origin
        self.title = host_of(origin)
        # Not the name itself: two servers never share a return address, and no name of a provider begins so.
        self.key = f"_{hashlib.sha256(origin.encode()).hexdigest()[:24]}"
        self._applications = applications
        self._client = applications.client

    async def authorization(self, passage: Passage) -> str:
        """The address there on which somebody agrees.

        Raises:
            RemoteRefused, RemoteUnavailable: it speaks another API, or does not answer.
        """
        places = await self._places()
        client_id = await self._applications.at(self.issuer, places, passage.redirect_uri)
        address: str = prepare_grant_uri(
            places.authorize,
            client_id,
            "code",
            passage.redirect_uri,
            places.scope,
            passage.state,
            code_challenge=create_s256_code_challenge(passage.verifier),
            code_challenge_method="S256",
        )
        return address

    async def identify(self, passage: Passage, code: str) -> Identity:
        """Who came back with this code; the token that shows it is given back at once.

        Raises:
            RemoteRefused, RemoteUnavailable: the server does not say so, or says it of an account of another server.
        """
        places = await self._places()
        require_iss(passage.iss, places.iss)
        client_id, secret = await self._applications.known_at(self.issuer)
        named = {"client_id": client_id, "client_secret": secret}
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": passage.redirect_uri,
            "code_verifier": passage.verifier,
            "scope": places.scope,
            **named,
        }
        reply = await self._client.call(places.token, form)
        if reply.error_code == "invalid_client":
            await self._applications.forget(self.issuer)
        token = token_of(reply.document())
        try:
            url = f"{self.issuer}/api/v1/accounts/verify_credentials"
            document = (await self._client.call(url, authorization=f"Bearer {token}")).document()
        finally:
            await revoke(self._client, places.revoke, token, named)
        return await self._identity(document)

    async def _places(self) -> _Places:
        known = self._applications.places.find(self.issuer)
        if known is None:
            known = await self._find_places()
            self._applications.places.remember(self.issuer, known)
        return known

    async def _find_places(self) -> _Places:
        usual = {name: f"{self.issuer}/oauth/{name}" for name in ("authorize", "token", "revoke")}
        try:
            reply = await self._client.call(f"{self.issuer}/.well-known/oauth-authorization-server")
            document = reply.document()
        except RemoteRefused:
            return _Places(**usual, scope=USUAL_WISH, iss="")  # most programs have none
        iss = text_of(document, "issuer")
        if not same_origin(iss, self.issuer):
            raise RemoteRefused("the server calls itself by another name")
        found = {name: self._own_address(document, f"{end}_endpoint") for name, end in _ENDPOINTS.items()}
        known = document.get("scopes_supported")
        wishes = [wish for wish in WISHES if isinstance(known, list) and wish in known]
        return _Places(
            **{name: address or usual[name] for name, address in found.items()},
            scope=wishes[0] if wishes else USUAL_WISH,
            iss=iss,
        )

    def _own_address(self, document: Mapping[str, Any], name: str) -> str:
        address = address_of(document, name, self._client.policy)
        if address and not same_origin(address, self.issuer):
            raise RemoteRefused(f"the {name} is of another server")
        return address

    async def _identity(self, document: Mapping[str, Any]) -> Identity:
        acct = text_of(document, "acct") or text_of(document, "username")
        subject = subject_of(document, "id")
        handle = await self._handle(acct, document)
        return Identity(self.kind, self.issuer, subject, f"@{handle}", _profile(document, handle.domain))

    async def _handle(self, acct: str, document: Mapping[str, Any]) -> Handle:
        """The handle of an account of this server: the one that leads back to here.

        Raises:
            RemoteRefused: the account is of another server.
        """
        if "@" in acct:
            raise RemoteRefused("the account is of another server")
        try:
            written = Handle.parse(f"{acct}@{self.title}")
        except MalformedActivity as error:
            raise RemoteRefused("the account has no usable name") from error
        named = [address for name in ("uri", "url") if (address := text_of(document, name))]
        try:
            answer = await find_actor_uri(written, self._client, FetchBudget(max_fetches=4, within=_PATIENCE))
            if same_origin(answer.actor_uri, self.issuer):
                return answer.subject
        except (RemoteRefused, RemoteUnavailable):
            # Not every server answers for the name of its API. Then the account's own addresses have to.
            if named and all(same_origin(address, self.issuer) for address in named):
                return written
        raise RemoteRefused("the account is of another server")


_ENDPOINTS = {"authorize": "authorization", "token": "token", "revoke": "revocation"}


async def revoke(client: Client, address: str, token: str, named: Mapping[str, str]) -> None:
    """Give an access token back. Where that is not possible it runs out by itself, and is kept nowhere here."""
    try:
        reply = await client.call(address, {"token": token, **named})
    except (RemoteRefused, RemoteUnavailable) as error:
        log.warning("a token could not be given back", extra={"reason": str(error)})
    else:
        if reply.status >= 400:
            log.info("a token could not be given back", extra={"reason": f"{reply.url} answered {reply.status}"})


def _profile(document: Mapping[str, Any], host: str) -> Profile:
    rows = document.get("fields")
    shown = [row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict)]
    return Profile(
        username=text_of(document, "username"),
        name=clean_name(text_of(document, "display_name"), LONGEST_NAME),
        note=clean_typed(as_typed_here(text_of(document, "note"), host)),
        fields=tuple(_field(row, host) for row in shown[:MOST_FIELDS]),
        picture="" if _has_no_picture(document) else text_of(document, "avatar_static") or text_of(document, "avatar"),
    )


def _field(row: Mapping[str, Any], host: str) -> tuple[str, str]:
    value = as_typed_here(text_of(row, "value"), host)
    return (
        clean_name(text_of(row, "name"), LONGEST_FIELD),
        cut_between_names(clean_name(value, len(value)), LONGEST_FIELD),
    )


def _has_no_picture(document: Mapping[str, Any]) -> bool:
    """Whether the picture is the one that everybody has who has chosen none, at Mastodon or at ours."""
    return any(usual in text_of(document, "avatar") for usual in ("/avatars/original/missing.", "/static/"))


def _label(origin: str) -> bytes:
    """What a secret is sealed for: in another row it opens nothing."""
    return f"application at {origin}".encode()


def _keep(connection: Connection, made: ForeignApplication, seen: ForeignApplication | None) -> ForeignApplication:
    """Store a registration, unless somebody else's was first; the one that counts."""
    known = store.find_foreign_application(connection, made.origin)
    if known is not None and known != seen:
        return known
    store.put_foreign_application(connection, made)
    return made
