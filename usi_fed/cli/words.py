"""Numbers as people say them."""


def counted(number: int, one: str, many: str) -> str:
    """A number with the word that it needs, such as `1 delivery waits`."""
    return f"{number} {one if number == 1 else many}"
