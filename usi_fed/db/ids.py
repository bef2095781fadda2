"""Database ids as others write them: in paths and queries of our URLs."""

from usi_fed.errors import NotFound

LARGEST_ID = 2**63 - 1
_LONGEST = len(str(LARGEST_ID))


def find_id(text: str) -> int | None:
    """The id that a text is; None when no row can have it."""
    # Longer ones are not even read as numbers: reading thousands of digits is slow, and Python refuses it.
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST or int(text) > LARGEST_ID:
        return None
    return int(text)


def parse_id(text: str) -> int:
    """The id that a text is.

    Raises:
        NotFound: no row can have it, so it names nothing here.
    """
    found = find_id(text)
    if found is None:
        raise NotFound(f"{text[:_LONGEST]!r} is no id")
    return found
