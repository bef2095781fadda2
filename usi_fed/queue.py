"""How one room tells the workers that rows are waiting.

A ring carries no data: the rows in the database are the truth, and a sweep finds whatever a lost ring
left behind. So losing the broker loses nothing.
"""

from enum import StrEnum
from typing import Protocol


class Job(StrEnum):
    """The kinds of waiting work; each has one function that drains it."""

    INBOX = "inbox"
    OUTBOX = "outbox"
    UPKEEP = "upkeep"
    IMPORTS = "imports"
    BACKUPS = "backups"


class Queue(Protocol):
    """Wakes whoever does a kind of work: the in-process worker, or Celery's over Redis."""

    def ring(self, job: Job) -> None:
        """Say that rows of this kind are waiting. Never blocks and never raises; call it after commit."""
