"""Posts translated by a machine: only those that are for everybody ever leave this server for it."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import timedelta
from html import escape
from typing import Any

from sqlalchemy import Connection

from usi_fed.accounts.limits import Limit
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.clock import Clock
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.errors import InvalidInput, MalformedActivity, NotAllowed, NotFound, RemoteUnavailable
from usi_fed.libretranslate import AwayTranslate, LibreTranslate
from usi_fed.posts.details_store import Details, load_details
from usi_fed.posts.model import Post
from usi_fed.posts.translations_store import find_translation, put_translation
from usi_fed.posts.visibility import get_visible
from usi_fed.sentences import Sentence
from usi_fed.text.plain import to_text
from usi_fed.text.sanitise import sanitise

LANGUAGES_KEPT = timedelta(hours=1)
PER_PERSON, PERSON_WINDOW = 30, timedelta(minutes=10)
ALTOGETHER, WINDOW = 300, timedelta(minutes=10)
MOST_LETTERS = 60_000
PROVIDER = "LibreTranslate"


@dataclass(frozen=True, slots=True)
class Translated:
    """A post in another language. `content` is safe HTML, all else plain text; `files` are descriptions."""

    language: str
    source: str
    content: str
    title: str
    warning: str
    options: list[str]
    files: list[str]


class Translator:
    """Translates posts; without an address in the settings nothing is offered."""

    def __init__(self, database: Database, service: LibreTranslate | None, clock: Clock, *, rate_limits: bool) -> None:
        self._database = database
        self._service = service
        self._clock = clock
        self._limits = [
            (Limit(PER_PERSON, PERSON_WINDOW), True),
            (Limit(ALTOGETHER, WINDOW), False),
        ] if rate_limits else []  # fmt: skip
        self._languages: ExpiringMap[str, dict[str, list[str]]] = ExpiringMap(1, LANGUAGES_KEPT)

    @property
    def is_on(self) -> bool:
        """Whether there is a service."""
        return self._service is not None

    async def languages(self) -> dict[str, list[str]]:
        """From which languages into which can be translated.

        Raises:
            NotFound: there is no service.
            RemoteUnavailable: it does not answer as it should.
        """
        known = self._languages.find("")
        if known is None:
            known = await self._get_service().languages()
            self._languages.remember("", known)
        return known

    async def find(self, post_id: int, viewer_id: int, target: str) -> Translated | None:
        """What was made before, if the viewer may see the post; nobody is asked for it."""
        if self._service is None:
            return None
        return await self._database.read(self._find, post_id, viewer_id, target)

    async def translate(self, post_id: int, viewer_id: int, target: str) -> Translated:
        """A post in the language `target`.

        Raises:
            NotFound: there is no service, or no such post for the viewer.
            NotAllowed: the post is not for everybody.
            InvalidInput: it is too long, or this pair of languages is none that the service knows.
            TooManyRequests: the viewer, or all together, have asked too often.
            RemoteUnavailable: the service does not answer as it should.
        """
        service = self._get_service()
        details = await self._database.read(_get_details, post_id, viewer_id)
        texts = _texts(details)
        key = _hash(texts, details.post.language)
        kept = await self._database.read(find_translation, details.post.id, target, key, self._clock())
        if kept is not None:
            return Translated(**kept)
        if sum(map(len, texts)) > MOST_LETTERS:
            raise InvalidInput("id", Sentence("is too long to be translated by a machine"))
        for limit, is_personal in self._limits:
            limit.count(str(viewer_id) if is_personal else "")
        source, into = self._pair(await self.languages(), details.post.language, target)
        made = _made(details, await service.translate(texts, source, into), target)
        await self._database.write(put_translation, details.post.id, target, key, asdict(made), self._clock())
        return made

    def _get_service(self) -> LibreTranslate:
        if self._service is None:
            raise NotFound("nothing is translated on this server")
        return self._service

    def _find(self, connection: Connection, post_id: int, viewer_id: int, target: str) -> Translated | None:
        details = _get_details(connection, post_id, viewer_id)
        key = _hash(_texts(details), details.post.language)
        kept = find_translation(connection, details.post.id, target, key, self._clock())
        return Translated(**kept) if kept is not None else None

    @staticmethod
    def _pair(known: dict[str, list[str]], source: str | None, target: str) -> tuple[str, str]:
        """The service's own names for two languages; a language that a post does not name it has to find out."""
        start = _fitting(source, list(known)) if source else "auto"
        targets = known[start] if start in known else sorted({code for codes in known.values() for code in codes})
        into = _fitting(target, targets)
        if start is None or into is None or start == into:
            raise InvalidInput("lang", Sentence("cannot be translated between these two languages"))
        return start, into


def translator_of(settings: Settings, database: Database, clock: Clock, *, is_cut_off: bool = False) -> Translator:
    """The translator that the settings name; one that `is_cut_off` offers the same, and its service is always away."""
    url = settings.translation_url
    there = AwayTranslate() if is_cut_off else LibreTranslate(url, settings.translation_key)
    service = there if url else None
    return Translator(database, service, clock, rate_limits=settings.rate_limits)


def may_be_translated(post: Post) -> bool:
    """Whether a post may be given to a service elsewhere: anybody may read it, and it may leave this server."""
    return post.is_for_everybody and not post.is_boost


def _fitting(tag: str, codes: list[str]) -> str | None:
    by_lower = {code.lower(): code for code in codes}
    return by_lower.get(tag.lower()) or by_lower.get(tag.partition("-")[0].lower())


def _get_details(connection: Connection, post_id: int, viewer_id: int) -> Details:
    post = get_visible(connection, post_id, viewer_id)
    if not may_be_translated(post):
        raise NotAllowed(Sentence("Only what is for everybody is given to a machine to translate."))
    [details] = load_details(connection, [post])
    return details


def _texts(details: Details) -> list[str]:
    """All that is to be translated, as HTML: the text, then what is plain."""
    post = details.post
    options = [str(option["title"]) for option in details.poll.options] if details.poll else []
    plain = [post.title, post.warning, *options, *(file.description for file in details.media)]
    return [post.content, *(escape(text, quote=False) for text in plain)]


def _made(details: Details, translated: list[str], target: str) -> Translated:
    content, title, warning, *rest = translated
    count = len(details.poll.options) if details.poll else 0
    try:
        safe = sanitise(content, article=details.post.kind == "Article")
    except MalformedActivity as error:
        raise RemoteUnavailable("the translation service gave HTML that cannot be shown") from error
    plain = [to_text(text) for text in rest]
    source = details.post.language or "und"
    return Translated(target, source, safe, to_text(title), to_text(warning), plain[:count], plain[count:])


def _hash(texts: list[str], language: str | None) -> str:
    parts: list[Any] = [language or "", *texts]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
