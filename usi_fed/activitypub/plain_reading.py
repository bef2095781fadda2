"""Documents whose context gives the usual words another meaning: they are read as JSON-LD, at our pace.

That costs a thousand times more than plain reading, so a few at once for each server, whether it has sent them or we
have asked for them.

Spec: `contexts.needs_normalising`
"""

from collections.abc import Mapping

from usi_fed.activitypub.contexts import is_plainly_usual, needs_normalising
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.turnstile import Turnstile

MAX_NORMALISED_PER_HOST = 2
MAX_NORMALISED = 20


def is_plain(raw: bytes, document: Mapping[str, object]) -> bool:
    """Whether a document means what its short names say. `raw` are its bytes."""
    return is_plainly_usual(raw, document) or not needs_normalising(document)


class PlainReading:
    """Brings documents to our usual short names. One per process and event loop."""

    def __init__(self, linked_data: LinkedData) -> None:
        self._linked_data = linked_data
        self.turnstile = Turnstile(each=MAX_NORMALISED_PER_HOST, together=MAX_NORMALISED)

    async def normalised(self, host: str, document: Mapping[str, object]) -> dict[str, object]:
        """What a document of `host` says, under our usual short names.

        Raises:
            MalformedActivity, TooLarge: as `LinkedData.normalise`.
            TooManyRequests: enough of this host's are being read already.
        """
        with self.turnstile.enter(host):
            return await self._linked_data.normalise(document)
