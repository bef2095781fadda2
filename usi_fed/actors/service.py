"""What one may do with our own actors: make them, change their profiles, replace their keys, sign for them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.actors import keys_store, store
from usi_fed.actors.model import Actor, ActorKind, StoredKey
from usi_fed.actors.served import ServedActors
from usi_fed.actors.signing import ActorSigner, LastingSigner
from usi_fed.actors.usernames import parse_username
from usi_fed.clock import Clock, new_id, now
from usi_fed.db.database import Database
from usi_fed.errors import Conflict, InvalidInput, NotFound
from usi_fed.instance.service import Instance
from usi_fed.sentences import Sentence
from usi_fed.threads import Crew
from usi_fed.urls import Urls

SIGNING_THREADS = 2
LONGEST_NAME = 100
MAX_CACHED_KEYS = 10_000
# Another process may have replaced an actor's keys; from then on its old signatures are refused.
KEY_LIFETIME = timedelta(seconds=5)

Keys = dict[str, PrivateKey]


def check_free(connection: Connection, username: str) -> None:
    """Refuse a name that somebody of ours has. That of who is hidden looks reserved: no more is told.

    Raises:
        InvalidInput: it is taken.
    """
    holder = store.find_local(connection, username)
    if holder is not None:
        raise InvalidInput("username", Sentence("is reserved") if holder.concealed else Sentence("is taken"))


@dataclass(frozen=True, slots=True)
class LocalActor:
    """A new actor of ours that is ready to be stored; making it took time, storing it does not.

    Calling it with a Connection stores it and returns its database id, so that whoever makes an account can
    do both in one unit of work.
    """

    values: dict[str, Any]
    keys: tuple[tuple[PrivateKey, bytes], ...]

    def __call__(self, connection: Connection) -> int:
        """Store the actor and its keys; its database id.

        Raises:
            InvalidInput: the name is taken.
        """
        check_free(connection, self.values["username"])
        actor = store.add_actor(connection, self.values)
        for key, sealed in self.keys:
            keys_store.add_key(connection, actor.id, key.public, sealed, actor.published)
        return actor.id


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What a person changes of a profile; None leaves a value as it is, "" takes a picture away.

    `summary` and the values of `fields` are HTML made by us; `summary_source` is what was typed.
    """

    name: str | None = None
    summary: str | None = None
    summary_source: str | None = None
    kind: ActorKind | None = None
    icon_url: str | None = None
    icon_description: str | None = None
    image_url: str | None = None
    image_description: str | None = None
    fields: list[dict[str, Any]] | None = None
    emojis: list[dict[str, Any]] | None = None
    also_known_as: list[str] | None = None
    attribution_domains: list[str] | None = None
    locked: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    memorial: bool | None = None
    hides_relations: bool | None = None


MayKnow = Callable[[Connection, Actor, Actor | None], bool]
"""Whether an asker, None: whoever comes along, may know that an actor of ours exists."""


def _may_know(connection: Connection, actor: Actor, asker: Actor | None) -> bool:
    """The rule until the room that knows who belongs to whom has a better one: of a concealed actor nobody does."""
    return not actor.concealed


class Actors:
    """Our own actors. One per process; `when_changed` are called with each actor that has changed here.

    `may_know` is asked before anything of an actor of ours is told.

    `served` has their documents ready for those who ask.
    """

    def __init__(
        self, database: Database, urls: Urls, safe: KeySafe, clock: Clock = now, instance: Instance | None = None
    ) -> None:
        self._database = database
        self._urls = urls
        self._safe = safe
        self._clock = clock
        self._signing = Crew(SIGNING_THREADS, "signing")
        self._keys: ExpiringMap[int, Keys] = ExpiringMap(MAX_CACHED_KEYS, KEY_LIFETIME)
        self.served = ServedActors(database, urls, instance)
        self.when_changed: list[Callable[[Actor], None]] = [self.served.forget]
        self.instance_signer: LastingSigner | None = None
        self.may_know: MayKnow = _may_know

    async def close(self) -> None:
        """Let the signatures in hand be finished."""
        await self._signing.close()

    # ---- making ----

    async def prepare_local(
        self,
        username: str,
        *,
        kind: ActorKind = "Person",
        name: str = "",
        locked: bool = False,
        discoverable: bool = False,
        indexable: bool = False,
        reserved_too: bool = False,
    ) -> LocalActor:
        """Make a new actor with its keys, to be stored by calling it in a unit of work.

        An organisation or a group shows about how many follow it, but not who: members may not want to be seen there.

        Raises:
            InvalidInput: the user name is not allowed, or the display name is too long.
        """
        username = parse_username(username, reserved_too=reserved_too)
        if len(name) > LONGEST_NAME:
            raise InvalidInput("display name", f"may have at most {LONGEST_NAME} characters")
        values = {
            **self._addresses(self._urls.actor(username), self._urls.profile(username)),
            "kind": kind,
            "username": username,
            "name": name,
            "locked": locked,
            "discoverable": discoverable,
            "indexable": indexable,
            "hides_relations": kind in ("Group", "Organization"),
        }
        return LocalActor(values, await self._new_keys(values["uri"]))

    async def create_local(self, username: str, **wishes: Any) -> Actor:  # noqa: ANN401 - those of prepare_local
        """Make and store a new actor; the arguments are those of `prepare_local`.

        Raises:
            InvalidInput: the user name is not allowed, or taken.
        """
        return await self._store(await self.prepare_local(username, **wishes))

    async def ensure_instance_actor(self) -> Actor:
        """The one Application actor of this server, made at the first start; `instance_signer` is set from then on.

        Spec: `../shared/interop/mastodon.md` section 1.5
        """
        actor = await self._database.read(store.find_actor, self._urls.instance_actor)
        if actor is None:
            actor = await self._make_instance_actor()
        self.instance_signer = LastingSigner((await self.signer_for(actor)).key_id, partial(self.signer_for, actor.id))
        return actor

    async def _make_instance_actor(self) -> Actor:
        values = {
            **self._addresses(self._urls.instance_actor, f"{self._urls.origin}/about"),
            "kind": "Application",
            "username": self._urls.handles.partition(":")[0],
            "locked": True,
            "followers_uri": None,
            "following_uri": None,
            "featured_uri": None,
        }
        try:
            return await self._store(LocalActor(values, await self._new_keys(values["uri"])))
        except (IntegrityError, InvalidInput):
            # Another process was first; its keys count.
            actor = await self._database.read(store.find_actor, values["uri"])
            if actor is None:
                raise
            return actor

    async def _store(self, draft: LocalActor) -> Actor:
        actor_id = await self._database.write(draft)
        return await self._database.read(store.get_actor, actor_id)

    def _addresses(self, uri: str, page: str) -> dict[str, Any]:
        return {
            "id": new_id(self._clock()),
            "uri": uri,
            "url": page,
            "inbox": f"{uri}/inbox",
            "shared_inbox": self._urls.shared_inbox,
            "outbox": f"{uri}/outbox",
            "followers_uri": f"{uri}/followers",
            "following_uri": f"{uri}/following",
            "featured_uri": f"{uri}/collections/featured",
            "published": self._clock(),
        }

    async def _new_keys(self, uri: str) -> tuple[tuple[PrivateKey, bytes], ...]:
        rsa, ed25519 = await asyncio.gather(
            asyncio.to_thread(PrivateKey.generate_rsa, f"{uri}#main-key", uri),
            asyncio.to_thread(PrivateKey.generate_ed25519, f"{uri}#ed25519-key", uri),
        )
        return tuple((key, self._safe.seal(key, key.key_id.encode())) for key in (rsa, ed25519))

    # ---- changing ----

    async def change_profile(self, actor: Actor, change: ProfileChange) -> Actor:
        """Store what is different; telling the followers is for the outbox."""
        values = {name: value for name, value in asdict(change).items() if value is not None}
        for picture in ("icon_url", "image_url"):
            if values.get(picture) == "":
                values[picture] = None
        changed = await self._database.write(store.update_actor, actor.id, **values)
        self.forget(changed)
        return changed

    async def rotate_keys(self, actor: Actor) -> Actor:
        """Replace both keys, under the same ids as Mastodon does; signatures of the old ones no longer hold.

        Raises:
            Conflict: the actor is not ours.
        """
        if not actor.is_local:
            raise Conflict("only keys of our own actors can be replaced here")
        fresh = await self._new_keys(actor.uri)
        changed = await self._database.write(_replace_keys, actor.id, fresh, self._clock())
        self.forget(changed)
        return changed

    def forget(self, actor: Actor) -> None:
        """Drop what this process remembers of an actor; call it after changing one by other ways than these."""
        self._keys.forget(actor.id)
        for tell in self.when_changed:
            tell(actor)

    # ---- signing ----

    async def signer_for(self, actor: Actor | int) -> ActorSigner:
        """Who signs requests in the name of one of our actors, given by itself or its database id.

        Raises:
            NotFound: there is no such actor of ours.
        """
        return ActorSigner(await self._key(actor, "rsa"), self._signing, self._clock)

    async def proof_key(self, actor: Actor | int) -> PrivateKey:
        """The Ed25519 key for proofs in the name of one of our actors. Spec: FEP-8b32

        Raises:
            NotFound: there is no such actor of ours.
        """
        return await self._key(actor, "ed25519")

    async def _key(self, actor: Actor | int, algorithm: str) -> PrivateKey:
        actor_id = actor if isinstance(actor, int) else actor.id
        keys = self._keys.find(actor_id)
        if keys is None:
            stored, uri = await self._database.read(_stored_keys, actor_id)
            keys = {key.algorithm: self._unsealed(key, uri) for key in stored if key.sealed_private is not None}
            self._keys.remember(actor_id, keys)
        if algorithm not in keys:
            raise NotFound(f"actor {actor_id} has no {algorithm} key of ours")
        return keys[algorithm]

    def _unsealed(self, key: StoredKey, owner: str) -> PrivateKey:
        return self._safe.unseal(key.sealed_private or b"", key.uri, owner, key.uri.encode())


def _stored_keys(connection: Connection, actor_id: int) -> tuple[list[StoredKey], str]:
    return keys_store.keys_of(connection, actor_id), store.get_actor(connection, actor_id).uri


def _replace_keys(
    connection: Connection, actor_id: int, fresh: Sequence[tuple[PrivateKey, bytes]], at: datetime
) -> Actor:
    for key, sealed in fresh:
        keys_store.put_local_key(connection, actor_id, key.public, sealed, at)
    store.touch_actor(connection, actor_id)
    return store.get_actor(connection, actor_id)
