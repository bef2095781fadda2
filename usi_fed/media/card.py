"""What stands on a share card."""

import hashlib
import json
from dataclasses import asdict, dataclass

_DESIGN = 1  # count on when cards look different, so that kept ones are drawn anew


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a card, all of it for everybody to read. `colour` is any number, the same for the same author;
    `picture` is the path of a file that we made, "" for none.
    """

    words: str
    handle: str
    server: str
    colour: int
    picture: str = ""

    @property
    def key(self) -> str:
        """The same for cards that look the same."""
        return hashlib.sha256(json.dumps([_DESIGN, asdict(self)]).encode()).hexdigest()
