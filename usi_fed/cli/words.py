"""Numbers and reasons as people say them."""

import re

import click

NUMBER = click.IntRange(1, 2**63 - 1)
"""A number of the database, as an argument of a command."""

_ANSWERS = {
    "401": "does not believe our signature",
    "403": "refuses us",
    "404": "has nobody there",
    "410": "says that it is gone for good",
    "413": "finds it too large",
    "429": "asks us to wait",
    "500": "has a fault",
    "502": "its proxy runs, but the server behind it does not",
    "503": "is not ready",
    "504": "its proxy runs, but the server behind it does not answer",
}


def counted(number: int, one: str, many: str) -> str:
    """A number with the word that it needs, such as `1 delivery waits`."""
    return f"{number} {one if number == 1 else many}"


def why(reason: str) -> str:
    """Why a delivery waits or was given up, with what an answer's number means."""
    found = re.match(r"answered (\d+)", reason)
    meaning = _ANSWERS.get(found[1]) if found else None
    if meaning:
        return reason.replace(f"answered {found[1]}", f"answered {found[1]} ({meaning})", 1) if found else reason
    return reason.replace("does not resolve", "is a name that leads nowhere")
