"""Changing servers: saying that an account continues another, going to another one, and taking that back."""

from usi_fed.activitypub.handles import Handle
from usi_fed.actors.model import Actor
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import get_actor
from usi_fed.db.database import Database
from usi_fed.errors import (
    Gone,
    InvalidInput,
    MalformedActivity,
    NotAllowed,
    NotFound,
    RemoteRefused,
    RemoteUnavailable,
)
from usi_fed.outbox.publish import Publisher
from usi_fed.sentences import Sentence

MOST_ALIASES = 20


class Moving:
    """Moves of our own actors. Addresses are as people type them: name@domain, or an account's identity."""

    def __init__(self, database: Database, publisher: Publisher, remote_actors: RemoteActors) -> None:
        self._database = database
        self._publisher = publisher
        self._remote_actors = remote_actors

    async def add_alias(self, actor: Actor, address: str) -> str:
        """Say that an actor continues another account, which can then move here; that account's identity.

        Raises:
            InvalidInput: there is no such account, it is the actor itself, or there are too many already.
        """
        there = await self._find_there(address)
        if there.id == actor.id:
            problem = Sentence("%(address)s is %(name)s itself", address=address, name=actor.username)
            raise InvalidInput("address", problem)
        uris = [*(uri for uri in actor.also_known_as if uri != there.uri), there.uri]
        if len(uris) > MOST_ALIASES:
            raise InvalidInput("address", Sentence("would be one too many: at most %(most)s", most=MOST_ALIASES))
        await self._publisher.update_profile(actor, ProfileChange(also_known_as=uris))
        return there.uri

    async def remove_alias(self, actor: Actor, uri: str) -> None:
        """No longer say that an actor continues the account with this identity.

        Raises:
            NotFound: it does not say so.
        """
        if uri not in actor.also_known_as:
            aliases = ", ".join(actor.also_known_as) or "none at all"
            raise NotFound(f"{actor.username} names no alias {uri}, but {aliases}.")
        kept = [alias for alias in actor.also_known_as if alias != uri]
        await self._publisher.update_profile(actor, ProfileChange(also_known_as=kept))

    async def move(self, actor: Actor, address: str) -> Actor:
        """Continue an actor at another account, which must name it as its alias; the followers are asked to follow it.

        Who sends this twice moves once.

        Raises:
            InvalidInput: there is no such account, or it does not name this one.
            NotAllowed: this account has moved within the last seven days.
        """
        there = await self._find_there(address)
        if not there.is_local:
            there = await self._remote_actors.fetch(there.uri)  # the alias may only just have been made
        try:
            return await self._publisher.move_to(actor, there.id)
        except InvalidInput as error:
            raise InvalidInput("address", error.problem) from error
        except NotAllowed:
            present = await self._database.read(get_actor, actor.id)
            if present.moved_to_uri != there.uri:
                raise
            return present

    async def come_back(self, actor: Actor) -> Actor:
        """No longer point to another account. Followers who went along stay there."""
        return await self._publisher.come_back(actor)

    async def _find_there(self, address: str) -> Actor:
        try:
            if address.startswith(("https://", "http://")):
                return await self._remote_actors.get(address)
            return await self._remote_actors.resolve_handle(Handle.parse(address))
        except MalformedActivity as error:
            problem = "%(address)s must be name@domain, or begin with https:// and name an account"
            raise InvalidInput("address", Sentence(problem, address=repr(address))) from error
        except (NotFound, Gone, RemoteRefused, RemoteUnavailable) as error:
            reason = str(error).rstrip(".")
            problem = "no account can be had for %(address)s: %(reason)s"
            raise InvalidInput("address", Sentence(problem, address=address, reason=reason)) from error
