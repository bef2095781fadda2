"""Documents whose context gives the usual words another meaning: they are read as JSON-LD, at our pace.

That costs a thousand times more than plain reading, so a few at once for each server, whether it has sent them or we
have asked for them; the others wait in line.

Spec: `contexts.needs_normalising`
"""

from collections.abc import Mapping
from datetime import timedelta

from usi_fed.activitypub.contexts import is_plainly_usual, needs_normalising
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.turnstile import Line

MAX_NORMALISED_PER_HOST = 2
MAX_NORMALISED = 20
MAX_WAITING_PER_HOST = 30
PATIENCE = timedelta(seconds=10)


def is_plain(raw: bytes, document: Mapping[str, object]) -> bool:
    """Whether a document means what its short names say. `raw` are its bytes."""
    return is_plainly_usual(raw, document) or not needs_normalising(document)


class PlainReading:
    """Brings documents to our usual short names. One per process and event loop."""

    def __init__(self, linked_data: LinkedData) -> None:
        self._linked_data = linked_data
        self.line = Line(MAX_NORMALISED_PER_HOST, MAX_NORMALISED, MAX_WAITING_PER_HOST)

    async def normalised(
        self, host: str, document: Mapping[str, object], within: timedelta = PATIENCE
    ) -> dict[str, object]:
        """What a document of `host` says, under our usual short names, after at most so long a wait for its turn.

        Raises:
            MalformedActivity, TooLarge: as `LinkedData.normalise`.
            TooManyRequests: too many of this host's are waiting, or its turn did not come in time.
        """
        async with self.line.wait(host, within):
            return await self._linked_data.normalise(document)
