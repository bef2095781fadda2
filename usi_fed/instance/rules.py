"""The rules of this server for its own people, and a ready-made set to choose from, which is said in every language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from usi_fed.errors import InvalidInput
from usi_fed.sentences import Sentence
from usi_fed.text.plain import clean_name
from usi_fed.translation import said

MOST_RULES, LONGEST_RULE = 30, 300

READY: dict[str, Sentence] = {
    "respect": Sentence("Be respectful: no insults, no threats, no harassment."),
    "hatred": Sentence("No racism, no sexism, no hatred against people for who they are or whom they love."),
    "inside": Sentence("What is said among us stays among us: carry nothing to employers or the police."),
    "privacy": Sentence("Publish no names, addresses or pictures of people who have not agreed to it."),
    "truth": Sentence("Spread nothing that you know to be false; say where you have it from."),
    "violence": Sentence("No calls for violence."),
    "pictures": Sentence("Describe your pictures in words, so that everybody can take part."),
    "spam": Sentence("No advertising and no spam."),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a ready-made one by its name in `READY`, or a `text` of this server's own; `id` never changes."""

    id: int
    ready: str
    text: str

    @property
    def words(self) -> str:
        """The rule in the reader's language; one of this server's own as it was typed."""
        return said(READY[self.ready]) if self.ready in READY else self.text


def parse_rules(ticked: Iterable[str], typed: str, known: Sequence[Rule]) -> list[Rule]:
    """The rules that a form says: ready-made ones by name, own ones one in a line; those that were there keep their id.

    Raises:
        InvalidInput: there are more than 30, or one has more than 300 characters.
    """
    chosen = set(ticked)
    wanted = [(name, "") for name in READY if name in chosen]
    lines = dict.fromkeys(" ".join(line.split()) for line in typed.splitlines())
    if any(len(line) > LONGEST_RULE for line in lines):
        raise InvalidInput("own", Sentence("a rule may have at most %(most)s characters", most=LONGEST_RULE))
    wanted += [("", clean_name(line, LONGEST_RULE)) for line in lines if clean_name(line, LONGEST_RULE)]
    if len(wanted) > MOST_RULES:
        raise InvalidInput("own", Sentence("there may be at most %(most)s rules", most=MOST_RULES))
    ids = {(rule.ready, rule.text): rule.id for rule in known}
    following = max(ids.values(), default=0) + 1
    rules = []
    for ready, text in wanted:
        if (ready, text) not in ids:
            ids[ready, text], following = following, following + 1
        rules.append(Rule(ids[ready, text], ready, text))
    return rules
