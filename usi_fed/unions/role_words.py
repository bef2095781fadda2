"""The roles of officers, as people call them."""

from collections.abc import Mapping

from usi_fed.sentences import Sentence
from usi_fed.unions.roles import Role

ROLE_NAMES: Mapping[Role, Sentence] = {
    "owner": Sentence("Owner"),
    "communications": Sentence("Communications officer"),
    "international": Sentence("International officer"),
    "treasurer": Sentence("Treasurer"),
    "researcher": Sentence("Researcher"),
    "educator": Sentence("Educator"),
    "librarian": Sentence("Librarian"),
    "steward": Sentence("Steward"),
    "secretary": Sentence("Secretary"),
    "mentor": Sentence("Mentor"),
    "member": Sentence("Member of the board"),
    "supporter": Sentence("Supporter"),
}
