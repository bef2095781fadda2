"""Who wrote what stands in a composer, when the session in which it was opened is over.

A form belongs to a session, and whoever signs in anew has another one. So a composer also says who opened it, under a
seal that is made with the secret of this browser's form cookie. Signed in anew as the same person, one goes on with it
at the first press.

Why that is safe. Only a page that we made for this browser has such a seal: other sites can neither read the cookie nor
compute it, nor is it sent with their forms (SameSite=Lax); what says that it comes from them is refused besides. The
seal opens nothing by itself: there has to be a session, and of the person whom it names. So a browser that somebody
else has signed in, in a second tab or by a forged log-in (login CSRF), does not send the words of one person as
another: there it is said who is signed in now, and the button is pressed once more. A page of ours to which another
site sent its words gets no seal, for nobody wrote them here.
"""

from collections.abc import Mapping

from starlette.requests import Request

from usi_fed import web
from usi_fed.accounts.tickets import form_token, is_form_token
from usi_fed.pages.late_forms import is_from_own_page
from usi_fed.pages.members import Member
from usi_fed.pages.sessions import cookie_of, is_of_this_session


def seal_of(author: str, seed: str) -> str:
    """What a composer carries beside the user name of its author; `seed` is in this browser's form cookie."""
    return form_token(_sealed(author, seed))


def find_author(request: Request, fields: Mapping[str, str]) -> str:
    """The user name of who opened the composer that was sent, at this browser; "" when that is not certain."""
    author, seed = fields.get("author", ""), cookie_of(request, web.FORM)
    is_ours = bool(seed) and is_form_token(fields.get("author_seal", ""), _sealed(author, seed))
    return author if is_ours and is_from_own_page(request) else ""


def is_by(request: Request, member: Member, fields: dict[str, str]) -> bool:
    """Whether a composer was on a page that we made for this member: in this session, or at this browser before."""
    return is_of_this_session(request, fields) or find_author(request, fields) == member.actor.username


def _sealed(author: str, seed: str) -> str:
    return f"composer of {author}:{seed}"
