"""Who may see these pages: administrators, and nobody else, moderators neither."""

from usi_fed.accounts.model import Account
from usi_fed.errors import NotAllowed
from usi_fed.pages.members import form_for, page_for
from usi_fed.sentences import Sentence


def require_administrator(account: Account) -> None:
    """See to it that somebody administers this server.

    Raises:
        NotAllowed: they do not.
    """
    if account.role != "admin":
        raise NotAllowed(Sentence("This page is for the administrators of this server."))


for_administrators = page_for(require_administrator)
form_of_administrators = form_for(require_administrator)
