"""The name of a network of workers at one employer: nobody may take it for the employer itself.

Spec: `../shared/domain.md` section 4.1, EmployerNetwork
"""

from usi_fed.errors import InvalidInput
from usi_fed.sentences import Sentence

BEGINNINGS = (
    "workers at ",
    "workers of ",
    "workers' network at ",
    "εργαζόμενοι στ",
    "εργαζόμενες και εργαζόμενοι στ",
    "trabalhadores d",
    "trabalhadores n",
    "trabalhadoras e trabalhadores d",
    "العاملون في ",
    "عمال ",
    "trabajadores de ",
    "trabajadores en ",
    "trabajadoras y trabajadores de ",
    "travailleurs de ",
    "travailleurs chez ",
    "travailleuses et travailleurs de ",
    "salariés de ",
    "beschäftigte bei ",
)
"""What comes before the employer's name, in small letters."""


def check_network_name(name: str) -> None:
    """Refuse a name that could be the employer's own.

    Raises:
        InvalidInput: it does not begin as "Workers at ..." does, in one of our languages.
    """
    said = " ".join(name.split()).casefold()
    if not any(said.startswith(beginning) and len(said) > len(beginning) + 1 for beginning in BEGINNINGS):
        raise InvalidInput(
            "display name",
            Sentence("must begin with “Workers at”, or the same in your language, before the employer's name"),
        )
