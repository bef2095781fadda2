"""Our actors' documents and WebFinger answers as bytes, rendered once for many askers."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from html import escape
from typing import Any

import orjson
from sqlalchemy import Connection

from usi_fed.activitypub.answers import ACTIVITY_TYPE
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.webfinger import build_jrd
from usi_fed.actors import keys_store, store
from usi_fed.actors.document import Document, actor_document, handle_of, picture_type, tombstone_document
from usi_fed.actors.model import Actor, Organisation, StoredKey
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.db.database import Database
from usi_fed.errors import NotFound
from usi_fed.instance.service import Instance
from usi_fed.urls import Urls

# Another process may have changed an actor; what this one serves is at most so old.
LIFETIME = timedelta(seconds=2)
MAX_SERVED = 10_000

_SERVICE = "https://www.w3.org/ns/activitystreams#Service"
_OBJECT_INTENT = "https://w3id.org/fep/3b86/Object"


@dataclass(frozen=True, slots=True)
class Served:
    """An answer to be sent as it is: 200, or 410 for what has been deleted.

    `concealed`: only to who may know of the actor (`signed_fetch.require_known`).
    """

    status: int
    body: bytes
    etag: str
    concealed: bool = False

    @classmethod
    def of(cls, content: dict[str, Any], status: int = 200, *, concealed: bool = False) -> "Served":
        """Render a document."""
        body = orjson.dumps(content)
        return cls(status, body, f'"{sha256(body).hexdigest()[:24]}"', concealed)


class ServedActors:
    """What others ask of our actors most. One per process. The server's own actor looks like its `instance`."""

    def __init__(self, database: Database, urls: Urls, instance: Instance | None = None) -> None:
        self._database = database
        self._urls = urls
        self._instance = instance
        self._documents: ExpiringMap[str, Served] = ExpiringMap(MAX_SERVED, LIFETIME)
        self._jrds: ExpiringMap[str, Served] = ExpiringMap(MAX_SERVED, LIFETIME)

    def forget(self, actor: Actor) -> None:
        """Render the actor anew when it is asked for next."""
        self._documents.forget(actor.uri)
        self._jrds.forget(actor.uri)

    async def is_open(self, uri: str) -> bool:
        """Whether there is, or was, such an actor of ours and everybody may know."""
        served = self._documents.find(uri) or self._jrds.find(uri)
        if served is not None:
            return not served.concealed
        actor = await self._database.read(store.find_actor, uri)
        return actor is not None and actor.is_local and not actor.concealed

    async def document(self, uri: str) -> Served:
        """The document of one of our actors; a Tombstone with 410 when it has been deleted.

        Raises:
            NotFound: there is no such actor.
        """
        served = self._documents.find(uri)
        if served is None:
            actor, keys, organisation = await self._database.read(_actor_with_keys, uri)
            actor = self._dressed(actor)
            if actor.deleted_at is not None:
                served = Served.of(tombstone_document(actor), 410, concealed=actor.concealed)
            else:
                document = actor_document(actor, keys, self._urls, organisation)
                served = Served.of(document, concealed=actor.concealed)
            self._documents.remember(uri, served)
        return served

    async def jrd(self, uri: str) -> Served:
        """The WebFinger answer about one of our actors; 410 when it has been deleted.

        Raises:
            NotFound: there is no such actor.
        """
        served = self._jrds.find(uri)
        if served is None:
            actor, *_ = await self._database.read(_actor_with_keys, uri)
            status, jrd = (410, {}) if actor.deleted_at else (200, actor_jrd(self._dressed(actor), self._urls))
            served = Served.of(jrd, status, concealed=actor.concealed)
            self._jrds.remember(uri, served)
        return served

    def _dressed(self, actor: Actor) -> Actor:
        """An actor as it is shown: the server's own has the name and the badge of the server."""
        if self._instance is None or actor.uri != self._urls.instance_actor:
            return actor
        shown = self._instance.face.choices
        summary = f"<p>{escape(shown.description)}</p>" if shown.description else ""
        return actor._replace(name=shown.name, summary=summary, icon_url=shown.badge or None)


def actor_jrd(actor: Actor, urls: Urls) -> Document:
    """The WebFinger answer about one of our actors.

    Spec: RFC 7033 section 4.4; `../shared/interop/mastodon.md` section 3; FEP-3b86, FEP-d556
    """
    interact = f"{urls.origin}/authorize_interaction"
    is_shown = actor.icon_url is not None and actor.suspended_at is None
    jrd = build_jrd(
        handle_of(actor, urls),
        actor.uri,
        profile_url=actor.url,
        subscribe_template=f"{interact}?uri={{uri}}",
        avatar=(urls.media(actor.icon_url), picture_type(actor.icon_url)) if is_shown and actor.icon_url else None,
    )
    jrd["links"].append({"rel": _OBJECT_INTENT, "template": f"{interact}?uri={{object}}"})
    if actor.uri == urls.instance_actor:
        jrd["links"].append({"rel": _SERVICE, "type": ACTIVITY_TYPE, "href": actor.uri})
    return jrd


def _actor_with_keys(connection: Connection, uri: str) -> tuple[Actor, list[StoredKey], Organisation | None]:
    actor = store.find_actor(connection, uri)
    if actor is None or not actor.is_local:
        raise NotFound("no such actor here")
    organisation = None if actor.kind == "Person" else find_organisation(connection, actor.id)
    return actor, keys_store.keys_of(connection, actor.id), organisation
