"""What a check finds."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `remedy` is empty when nothing is to be done."""

    grade: Grade
    sentence: str
    remedy: str = ""


def ok(sentence: str) -> Finding:
    """Nothing to do."""
    return Finding(Grade.OK, sentence)


def warning(sentence: str, remedy: str) -> Finding:
    """It works, but not well or not for long."""
    return Finding(Grade.WARNING, sentence, remedy)


def fault(sentence: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(Grade.FAULT, sentence, remedy)


def first_line(error: BaseException) -> str:
    """What an error says, without a driver's hints and values."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0].rstrip(".") or type(error).__name__
