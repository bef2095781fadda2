"""A profile out of an archive, offered to its owner: looked at first, then taken field by field, or left."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from usi_fed.accounts.elsewhere.model import Identity
from usi_fed.activitypub.client import Client
from usi_fed.actors.model import Actor
from usi_fed.actors.service import LONGEST_NAME
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import InvalidInput, NotFound, RemoteRefused, RemoteUnavailable, TooLarge
from usi_fed.media.files import new_file
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.results import Purpose
from usi_fed.media.service import MediaLibrary
from usi_fed.media.store import keep_for_now
from usi_fed.outbox.profiles import LONGEST_NOTE, MOST_FIELDS, TypedField, TypedProfile, profile_change
from usi_fed.outbox.publish import Publisher
from usi_fed.portability import import_store
from usi_fed.portability.profile_archive import FoundPicture, FoundProfile, read_profile
from usi_fed.text.foreign import cut_between_names
from usi_fed.text.plain import clean_name, clean_typed
from usi_fed.urls import Urls

log = logging.getLogger(__name__)

POSTS = ("bookmarks", "likes")
PATIENCE = timedelta(seconds=10)


class Offer(NamedTuple):
    """What can be taken over. `avatar` and `header` are the names of stored pictures; "" where there is nothing.

    `brought_from` is the account elsewhere that it is of, "" when it is of an archive. `bookmarks` and `likes` are
    addresses of posts.
    """

    display_name: str
    note: str
    fields: list[TypedField]
    avatar: str
    avatar_description: str
    header: str
    header_description: str
    brought_from: str = ""
    bookmarks: Sequence[str] = ()
    likes: Sequence[str] = ()

    @property
    def parts(self) -> list[str]:
        """What is there to be taken."""
        profile = ("display_name", "note", "fields", "avatar", "header")
        return [name for name in (*profile, *POSTS) if getattr(self, name)]


class Offers:
    """Profiles that our people brought along and have not decided about."""

    def __init__(
        self,
        database: Database,
        media: MediaLibrary,
        client: Client,
        publisher: Publisher,
        urls: Urls,
        clock: Clock,
    ) -> None:
        self._database = database
        self._media = media
        self._client = client
        self._publisher = publisher
        self._urls = urls
        self._clock = clock

    async def make(self, actor_id: int, archive: Path) -> Offer:
        """Read the profile in an archive and keep it for a day.

        Raises:
            InvalidInput: it is no archive of an account.
        """
        return await self._offer(actor_id, await asyncio.to_thread(read_profile, archive))

    async def bring(self, actor_id: int, identity: Identity) -> Offer:
        """Keep the profile of somebody's account elsewhere for a day; its picture is fetched now."""
        profile = identity.profile
        found = FoundProfile(
            display_name=clean_name(profile.name, LONGEST_NAME),
            note=cut_between_names(clean_typed(profile.note), LONGEST_NOTE),
            fields=tuple(TypedField(*row) for row in profile.fields if any(row))[:MOST_FIELDS],
            avatar=await self._fetch_picture(profile.picture),
            header=None,
        )
        return await self._offer(actor_id, found, identity.label)

    async def _offer(self, actor_id: int, found: FoundProfile, brought_from: str = "") -> Offer:
        avatar, header = await self._keep(found.avatar, "avatar"), await self._keep(found.header, "header")
        offer = Offer(
            display_name=found.display_name,
            note=found.note,
            fields=list(found.fields),
            avatar=avatar,
            avatar_description=found.avatar.description if found.avatar and avatar else "",
            header=header,
            header_description=found.header.description if found.header and header else "",
            brought_from=brought_from,
            bookmarks=list(found.bookmarks),
            likes=list(found.likes),
        )
        await self._database.write(self._put, actor_id, offer)
        return offer

    async def find(self, actor_id: int) -> Offer | None:
        """What somebody may take over."""
        stored = await self._database.read(import_store.find_offer, actor_id)
        return None if stored is None else Offer(**stored | {"fields": [TypedField(*row) for row in stored["fields"]]})

    async def take(self, actor: Actor, parts: Collection[str]) -> None:
        """Take the named parts over, and forget the rest.

        Raises:
            NotFound: nothing is offered, or not any more.
            InvalidInput: a part is longer than allowed.
        """
        offer = await self.find(actor.id)
        if offer is None:
            raise NotFound("no profile is offered")
        taken: dict[str, Any] = {
            name: getattr(offer, name) for name in offer.parts if name in parts and name not in POSTS
        }
        for picture in ("avatar", "header"):
            if picture in taken:
                taken[f"{picture}_description"] = getattr(offer, f"{picture}_description")
        change = await self._database.read(profile_change, TypedProfile(**taken), actor, self._urls)
        await self._publisher.update_profile(actor, change)
        await self.leave(actor.id)

    async def leave(self, actor_id: int) -> None:
        """Forget what was offered; its pictures go with a later sweep."""
        await self._database.write(import_store.drop_offer, actor_id)

    async def _keep(self, found: FoundPicture | None, purpose: Purpose) -> str:
        """The stored name of a picture; "" when there is none, or none that can be shown."""
        if found is None:
            return ""
        with new_file(self._media.incoming) as path:
            await asyncio.to_thread(path.write_bytes, found.content)
            try:
                return await self._media.keep_picture(path, purpose)
            except (InvalidInput, TooLarge):
                return ""  # the profile is worth having without it; the page shows that it is not there

    async def _fetch_picture(self, url: str) -> FoundPicture | None:
        """A picture of another server; None when it cannot be had: the profile is worth having without it."""
        if not url:
            return None
        content = BytesIO()
        try:
            await self._client.fetch_media(url, content, max_bytes=MediaLimits().max_image_bytes, deadline=PATIENCE)
        except (RemoteRefused, RemoteUnavailable) as error:
            log.info("a picture could not be brought along", extra={"reason": str(error)})
            return None
        return FoundPicture(content.getvalue(), "")

    def _put(self, connection: Connection, actor_id: int, offer: Offer) -> None:
        for name in filter(None, (offer.avatar, offer.header)):
            keep_for_now(connection, actor_id, name, self._clock())
        stored = offer._asdict() | {"fields": [list(row) for row in offer.fields]}
        import_store.put_offer(connection, actor_id, stored, self._clock())
