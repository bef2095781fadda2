"""Why something waits or failed, in words that somebody can do something with."""

import re

from usi_fed.sentences import Sentence
from usi_fed.translation import gettext, said
from usi_fed.upkeep.administration import GIVEN_UP

_ANSWERED = re.compile(r"answered (\d{3})")
_MEANINGS = {
    "401": Sentence("does not believe our signature"),
    "403": Sentence("refuses us"),
    "404": Sentence("has nobody there"),
    "410": Sentence("says that it is gone for good"),
    "413": Sentence("finds it too large"),
    "429": Sentence("asks us to wait"),
    "500": Sentence("has a fault"),
    "502": Sentence("its proxy runs, but the server behind it does not"),
    "503": Sentence("is not ready"),
    "504": Sentence("its proxy runs, but the server behind it does not answer"),
}
_WORDS = (
    (GIVEN_UP, Sentence("given up by an administrator")),
    ("not delivered in", Sentence("it could not be reached for sixty days")),
    ("does not resolve", Sentence("its name leads nowhere")),
    ("certificate", Sentence("its certificate does not hold")),
    ("timed out", Sentence("does not answer in time")),
    ("time", Sentence("does not answer in time")),
    ("refused", Sentence("nobody answers there")),
    ("connect", Sentence("nobody answers there")),
)


def why(reason: str | None) -> str:
    """A reason that was written down by the program, in the reader's words; empty for none."""
    if not reason:
        return ""
    answered = _ANSWERED.search(reason)
    if answered:
        meaning = _MEANINGS.get(answered[1])
        return said(meaning) if meaning else gettext("answers with %(status)s", status=answered[1])
    lowered = reason.lower()
    return next((said(words) for sign, words in _WORDS if sign in lowered), gettext("cannot be reached"))
