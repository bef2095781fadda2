"""Sentences that do not know yet who will read them: apart from catalogues, which cost memory."""


class Sentence(str):
    """A sentence that does not know yet who will read it: in English by itself, in the reader's language when `said`.

    For errors, which are raised far from whoever shows them, often in another thread.
    """

    __slots__ = ("message", "values")

    message: str
    values: dict[str, object]

    def __new__(cls, message: str, /, **values: object) -> "Sentence":
        """A message with its `%(name)s` filled in."""
        made = super().__new__(cls, filled(message, values))
        made.message, made.values = message, values
        return made


class Bytes(int):
    """A size within a sentence, in bytes; in gigabytes for English readers, as the reader writes it when `said`."""

    def __str__(self) -> str:
        return f"{self / 1e9:.1f} GB"


def filled(said: str, values: dict[str, object]) -> str:
    """A message with its `%(name)s` filled in."""
    return said % values if values else said
