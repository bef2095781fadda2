"""What people are told of services elsewhere that do not do what they should."""

from usi_fed.sentences import Sentence


def unusable(service: str) -> Sentence:
    """It came to nothing, and will again."""
    return Sentence("%(service)s gave an answer that cannot be used. Nothing has been changed here.", service=service)


def silent(service: str) -> Sentence:
    """It came to nothing this time."""
    return Sentence(
        "%(service)s does not answer at the moment. Nothing has been changed here; try again later.", service=service
    )


def blocked(service: str) -> Sentence:
    """An officer has said so."""
    return Sentence("This server does not deal with %(service)s.", service=service)


def no_way_in(service: str) -> Sentence:
    """It never began."""
    return Sentence(
        "%(service)s does not answer in a way that could sign you in here. Is it spelt right? If so, try again later.",
        service=service,
    )
