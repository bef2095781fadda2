"""Waiting for what another process does in its own time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 30
PAUSE_SECONDS = 0.05


def eventually(look: Callable[[], T | None], expected: str) -> T:
    """Look again and again till there is something to see; gives it.

    Raises:
        AssertionError: there was nothing within half a minute; the message says what was `expected`.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(PAUSE_SECONDS)
    raise AssertionError(f"waited {PATIENCE_SECONDS} s in vain: {expected}")
