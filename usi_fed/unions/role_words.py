"""Roles in words, for people."""

from collections.abc import Mapping

from usi_fed.sentences import Sentence
from usi_fed.unions.roles import Role

ROLE_WORDS: Mapping[Role, Sentence] = {
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
    "member": Sentence("Member"),
    "supporter": Sentence("Supporter"),
}
