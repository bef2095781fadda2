"""An actor as the house knows it, and its relations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from usi_fed.activitypub.organisation_parsing import OrganisationKind

Risk = Literal["", "high"]
ActorKind = Literal["Person", "Organization", "Group", "Application", "Service"]


class Actor(NamedTuple):
    """One actor, ours or another server's. The fields are the columns of `actors`, in order.

    `concealed`: to whoever does not belong to it, it is as if it did not exist.
    """

    id: int
    uri: str
    kind: ActorKind
    username: str
    username_key: str
    domain: str
    host: str
    name: str
    summary: str
    summary_source: str
    url: str | None
    inbox: str
    shared_inbox: str | None
    outbox: str | None
    followers_uri: str | None
    following_uri: str | None
    featured_uri: str | None
    icon_url: str | None
    icon_description: str
    image_url: str | None
    image_description: str
    fields: list[dict[str, Any]]
    emojis: list[dict[str, Any]]
    also_known_as: list[str]
    attribution_domains: list[str]
    implements: list[str]
    moved_to_uri: str | None
    moved_at: datetime | None
    locked: bool
    discoverable: bool
    indexable: bool
    memorial: bool
    hides_relations: bool
    followers_count: int
    following_count: int
    posts_count: int
    last_post_at: datetime | None
    published: datetime
    fetched_at: datetime | None
    silenced_at: datetime | None
    suspended_at: datetime | None
    suspended_at_origin: bool
    deleted_at: datetime | None
    revision: int
    concealed: bool = False

    @property
    def is_local(self) -> bool:
        """Whether this actor lives on this server."""
        return not self.host

    @property
    def is_shut_out(self) -> bool:
        """Whether nothing of this actor may be taken or shown: suspended, here or at home, or deleted."""
        return self.suspended_at is not None or self.suspended_at_origin or self.deleted_at is not None

    @property
    def is_organisation(self) -> bool:
        """Whether it is a group or an organisation: who belongs to one is told to nobody."""
        return self.kind in ("Group", "Organization")

    @property
    def hides_people(self) -> bool:
        """Whether it is told to nobody who follows this actor and whom it follows."""
        return self.hides_relations or self.is_organisation or self.concealed

    @property
    def may_post_in_public(self) -> bool:
        """Whether its posts may be for everybody: not those of a hidden person."""
        return not self.concealed or self.kind != "Person"

    @property
    def shown_followers_count(self) -> int:
        """How many follow, as is published: of an organisation in tens, so that nobody sees one person come or go."""
        if self.concealed:
            return 0
        return self.followers_count - self.followers_count % 10 if self.is_organisation else self.followers_count

    @property
    def handle(self) -> str:
        """`name` of our own actors, `name@domain` of others, as the client API's `acct`."""
        return f"{self.username}@{self.domain}" if self.domain else self.username


@dataclass(frozen=True, slots=True)
class Mark:
    """Since when a server's people are limited and suspended here by a rule: the moment at which the rule was made.

    The moment is also how the mark is told from what was decided about one person, which a rule must not undo.
    """

    silenced_at: datetime | None = None
    suspended_at: datetime | None = None


class Follow(NamedTuple):
    """One actor follows another, or has asked to. The fields are the columns of `follows`, in order."""

    id: int
    follower_id: int
    target_id: int
    uri: str
    accepted: bool
    show_boosts: bool
    notify: bool
    languages: list[str] | None
    created_at: datetime


class Organisation(NamedTuple):
    """What an actor that is no person is in the movement. The fields are the columns of `organisations`, in order.

    `sectors`, `themes`, `country`, `region` and `languages` are as in `ParsedOrganisation`. `facts` are the same in
    words, of ours only: lines of a profile, each with `name` in plain text and `value` in HTML. `payment_url` is where
    people give it money, also of ours only. `risk`: "high" where its people are in danger, also of ours only.
    """

    actor_id: int
    kind: OrganisationKind
    parent_uri: str | None
    sectors: list[str]
    themes: list[str]
    country: str
    region: str
    languages: list[str]
    latitude: float | None
    longitude: float | None
    is_listed: bool
    facts: list[dict[str, str]]
    payment_url: str | None = None
    risk: Risk = ""


class StoredKey(NamedTuple):
    """A key of an actor as it is stored. The fields are the columns of `actor_keys`, in order."""

    id: int
    actor_id: int
    uri: str
    algorithm: Literal["rsa", "ed25519"]
    public: str
    sealed_private: bytes | None
    created_at: datetime
    retired_at: datetime | None
