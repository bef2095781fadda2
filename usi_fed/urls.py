"""Every URL that this server mints, and the way back from a URL of ours to what it names."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from urllib.parse import urlencode

from usi_fed.config import Settings

INSTANCE_ACTOR = "actor"
# In sanitised HTML `<` and `>` are ends of tags only, and every attribute is in double quotes.
_REST_OF_A_TAG = "(?=[^<>]*>)"
# What is left must be a path: `//host`, which browsers also read out of a backslash or a line break, is another server.
_BEFORE_A_PATH = r"(?:/(?![/\\\s])|(?=[\"?#]|$))"


@dataclass(frozen=True, slots=True)
class Urls:
    """Mints URLs under one origin (scheme and host, no slash at the end).

    `secret` makes the addresses of foreign files unguessable: some belong to posts that are not public. `takes_media`
    says whether the files of a host's people are shown here.

    `are_paths`: pages and files are given by their paths, see `paths`. What names something for ever (actors, posts,
    activities) is whole in both cases.
    """

    origin: str
    handles: str
    secret: bytes = field(default=b"", repr=False)
    takes_media: Callable[[str], bool] = field(default=lambda host: True, repr=False, compare=False)
    are_paths: bool = False

    @classmethod
    def of(
        cls, settings: Settings, secret: bytes = b"", takes_media: Callable[[str], bool] = lambda host: True
    ) -> "Urls":
        """The URLs of the server with these settings."""
        return cls(settings.origin, settings.handles, secret, takes_media)

    def is_ours(self, uri: str) -> bool:
        """Whether this server minted the URI."""
        return uri.startswith(self.origin) and uri[len(self.origin) : len(self.origin) + 1] in (
            "/",
            "",
            "#",
            "?",
        )

    # ---- what is shown to browsers ----

    @property
    def paths(self) -> "Urls":
        """The same for our own pages: they hold under every name by which somebody comes, such as an onion address.

        Spec: `docs/decisions/0037-paths-on-pages.md`
        """
        return replace(self, are_paths=True)

    def link(self, uri: str) -> str:
        """An address as it is linked; on pages, of one of ours the path alone."""
        is_whole = not self.are_paths or not uri.startswith(self.origin)
        return uri if is_whole else _patterns(self.origin)[0].sub("/", uri)

    def links_in(self, html: str) -> str:
        """Safe HTML with what it links to, and the pictures in it, as in `link`."""
        if not self.are_paths or self.origin not in html:
            return html
        return _patterns(self.origin)[1].sub('="/', html)

    @property
    def root(self) -> str:
        """What stands before the path of a page or a file."""
        return "" if self.are_paths else self.origin

    # ---- actors ----

    @property
    def instance_actor(self) -> str:
        """The one Application actor that signs fetches and reports."""
        return f"{self.origin}/{INSTANCE_ACTOR}"

    @property
    def shared_inbox(self) -> str:
        """Where other servers deliver for everybody here."""
        return f"{self.origin}/inbox"

    def actor(self, username: str) -> str:
        """The identity of a local actor."""
        return f"{self.origin}/users/{username}"

    @property
    def organisations(self) -> str:
        """The directory of our organisations that want to be found, as a collection."""
        return f"{self.origin}/organisations"

    def is_followers(self, uri: str) -> bool:
        """Whether a URI of ours is that of somebody's followers."""
        return self.is_ours(uri) and uri.endswith("/followers")

    def profile(self, username: str) -> str:
        """The page of a local actor, for people."""
        return f"{self.root}/@{username}"

    def tag(self, name: str) -> str:
        """The page of a hashtag."""
        return f"{self.root}/tags/{name}"

    def profile_card(self, username: str) -> str:
        """The share card of a local actor."""
        return f"{self.profile(username)}/card.png"

    # ---- posts ----

    def post(self, username: str, post_id: int) -> str:
        """The identity of a local post."""
        return f"{self.actor(username)}/statuses/{post_id}"

    def post_page(self, username: str, post_id: int) -> str:
        """The page of a local post, for people."""
        return f"{self.profile(username)}/{post_id}"

    def post_embed(self, username: str, post_id: int) -> str:
        """A local post by itself, for frames in other sites' pages."""
        return f"{self.post_page(username, post_id)}/embed"

    def post_card(self, username: str, post_id: int) -> str:
        """The share card of a local post."""
        return f"{self.post_page(username, post_id)}/card.png"

    def oembed(self, page: str) -> str:
        """Where another site learns how to embed the post with this page."""
        return f"{self.origin}/api/oembed?{urlencode({'format': 'json', 'url': page})}"

    def conversation(self, thread_id: int) -> str:
        """The collection of a thread that began here (FEP-f228)."""
        return f"{self.origin}/contexts/{thread_id}"

    def activity(self, username: str, activity_id: int) -> str:
        """The identity of an activity that has no object page of its own."""
        return f"{self.actor(username)}/activities/{activity_id}"

    def quote_stamp(self, username: str, stamp_id: int) -> str:
        """The identity of a QuoteAuthorization (FEP-044f)."""
        return f"{self.actor(username)}/quote_authorizations/{stamp_id}"

    def affiliations(self, username: str) -> str:
        """The collection of what a local organisation belongs to."""
        return f"{self.actor(username)}/affiliations"

    def affiliation(self, username: str, document_id: int) -> str:
        """The identity of a local organisation's statement that it belongs to another, or stamp that another does."""
        return f"{self.affiliations(username)}/{document_id}"

    # ---- files ----

    def media(self, name: str) -> str:
        """A stored file."""
        return f"{self.root}/media/{name}"

    def shows_files_of(self, host: str) -> bool:
        """Whether files of the people of this host have an address here; those of ours, without a host, always do."""
        return not host or self.takes_media(host)

    def remote_media(self, owner_id: int, kind: str) -> str:
        """A foreign file that we fetch on demand, so that readers' browsers never call its host.

        `kind` is `original` or `preview` of a media id, `icon` or `image` of an actor id.
        """
        return f"{self.root}/media/remote/{owner_id}/{kind}/{self.link_token(f'{kind}:{owner_id}')}"

    def foreign_emoji(self, url: str, host: str) -> str:
        """A custom emoji of the people of a host by its address at its origin, fetched on demand as above."""
        name = urlsafe_b64encode(f"{host} {url}".encode()).rstrip(b"=").decode()
        return f"{self.root}/media/emoji/{name}/{self.link_token(f'emoji:{name}')}"

    def link_token(self, what: str) -> str:
        """What proves that we minted the address of a foreign file."""
        return hmac.new(self.secret, what.encode(), hashlib.sha256).hexdigest()[:20]


@cache
def _patterns(origin: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The origin at the beginning of an address, and of the addresses in HTML."""
    ours = re.escape(origin)
    # It begins with what is rare, so that the search is quick; of what attribute it is, is looked at after that.
    linking = rf'="{ours}(?<=href="{ours}|\ssrc="{ours}){_BEFORE_A_PATH}{_REST_OF_A_TAG}'
    return re.compile(rf"\A{ours}{_BEFORE_A_PATH}"), re.compile(linking)
