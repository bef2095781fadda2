"""Asks the LibreTranslate service that the settings name. Its address is the operator's choice, so it may be private.

Spec: docs.libretranslate.com, `GET /languages`, `POST /translate`
"""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any

from usi_fed.errors import RemoteUnavailable

SECONDS = 20
MOST_BYTES = 2 << 20


class LibreTranslate:
    """One service, at `url`; `key` is what it wants to be given, if anything."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._key = key

    async def languages(self) -> dict[str, list[str]]:
        """From which languages into which it translates.

        Raises:
            RemoteUnavailable: it does not answer as it should.
        """
        answer = await asyncio.to_thread(self._ask, "/languages", None)
        try:
            return {str(one["code"]): [str(code) for code in one["targets"]] for one in answer}
        except (KeyError, TypeError) as error:
            raise RemoteUnavailable("the translation service lists no languages") from error

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Pieces of HTML in another language, in the same order. What comes back is not safe to show.

        Raises:
            RemoteUnavailable: it does not answer as it should.
        """
        asked = {"q": list(texts), "source": source, "target": target, "format": "html"}
        if self._key:
            asked["api_key"] = self._key
        answer = await asyncio.to_thread(self._ask, "/translate", asked)
        translated = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(translated, list) or len(translated) != len(texts):
            raise RemoteUnavailable("the translation service gave something else than was asked for")
        if not all(isinstance(text, str) for text in translated):
            raise RemoteUnavailable("the translation service gave no texts")
        return translated

    def _ask(self, path: str, document: dict[str, Any] | None) -> Any:  # noqa: ANN401 - JSON
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(  # noqa: S310 - http or https, as the settings require
            f"{self._url}{path}", body, {"Content-Type": "application/json", "Accept": "application/json"}
        )
        try:
            with _opener.open(request, timeout=SECONDS) as answer:
                content = answer.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise RemoteUnavailable("the translation service gave too much")
            return json.loads(content)
        except urllib.error.HTTPError as error:
            raise RemoteUnavailable(f"the translation service refused with {error.code}") from error
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            raise RemoteUnavailable(f"the translation service failed: {type(error).__name__}") from error


class AwayTranslate(LibreTranslate):
    """A service that is away: nothing is given to anybody."""

    def __init__(self) -> None:
        super().__init__("", "")

    def _ask(self, path: str, document: dict[str, Any] | None) -> Any:  # noqa: ANN401 - JSON
        raise RemoteUnavailable("the translation service is out of reach")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The key and the texts go to the address that the operator chose, and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """None: the redirect is an error."""


_opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
