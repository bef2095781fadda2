"""The table of pages; it stands after every other room's routes, for its last one takes whatever is left."""

from starlette.routing import Route

from usi_fed.pages import mailed_links, passkeys, second_password, second_step, vouching
from usi_fed.pages.account_sessions import end_all, end_application, end_session, show_sessions
from usi_fed.pages.answers import for_browsers, show_nothing
from usi_fed.pages.door import show_about, show_door
from usi_fed.pages.files import get_icon, get_robots, get_static
from usi_fed.pages.interaction import show_interaction
from usi_fed.pages.joining import accept_invitation, show_invitation, show_welcome
from usi_fed.pages.languages import choose_language
from usi_fed.pages.leaving import leave, log_out
from usi_fed.pages.passwords import ask_for_link, choose_password, show_forgotten, show_new_password
from usi_fed.pages.profiles import show_profile, show_tag
from usi_fed.pages.signing_in import check_code, log_in, show_code, show_log_in
from usi_fed.pages.source import get_source
from usi_fed.pages.threads import show_post

_PAGES = [
    ("GET", "/", show_door),
    ("GET", "/about", show_about),
    ("GET", "/static/{name}", get_static),
    ("GET", "/favicon.ico", get_icon),
    ("GET", "/robots.txt", get_robots),
    ("GET", "/source", get_source),
    ("GET", "/@{name}", show_profile),
    ("GET", "/@{name}/{id}", show_post),
    ("GET", "/tags/{name}", show_tag),
    ("GET", "/set-up/{code}", show_invitation),
    ("POST", "/set-up/{code}", accept_invitation),
    ("GET", "/join/{code}", show_invitation),
    ("POST", "/join/{code}", accept_invitation),
    ("GET", "/welcome", show_welcome),
    ("GET", "/authorize_interaction", show_interaction),
    ("GET", "/log-in", show_log_in),
    ("POST", "/log-in", log_in),
    ("GET", "/log-in/code", show_code),
    ("POST", "/log-in/code", check_code),
    ("GET", "/log-in/link", mailed_links.show_asking),
    ("POST", "/log-in/link", mailed_links.ask_for_link),
    ("GET", "/log-in/link/{code}", mailed_links.show_link),
    ("POST", "/log-in/link/{code}", mailed_links.use_link),
    ("POST", "/log-out", log_out),
    ("POST", "/leave", leave),
    ("GET", "/account/sessions", show_sessions),
    ("POST", "/account/sessions/end", end_session),
    ("POST", "/account/sessions/end-all", end_all),
    ("POST", "/account/applications/end", end_application),
    ("GET", second_step.PAGE, second_step.show_second_step),
    ("POST", second_step.PAGE, second_step.begin),
    ("GET", second_step.SET_UP, second_step.show_set_up),
    ("POST", second_step.SET_UP, second_step.confirm),
    ("POST", "/account/second-step/codes", second_step.renew_codes),
    ("POST", "/account/second-step/end", second_step.end),
    ("POST", "/language", choose_language),
    ("GET", "/forgotten", show_forgotten),
    ("POST", "/forgotten", ask_for_link),
    ("GET", "/new-password/{code}", show_new_password),
    ("POST", "/new-password/{code}", choose_password),
    ("GET", "/log-in/passkey", passkeys.show_signing_in),
    ("POST", "/log-in/passkey", passkeys.sign_in),
    ("GET", passkeys.PAGE, passkeys.show_passkeys),
    ("POST", passkeys.PAGE, passkeys.add_passkey),
    ("POST", "/account/passkeys/rename", passkeys.rename_passkey),
    ("POST", "/account/passkeys/remove", passkeys.remove_passkey),
    ("GET", second_password.PAGE, second_password.show_second_password),
    ("POST", second_password.PAGE, second_password.set_second_password),
    ("POST", "/account/second-password/forget", second_password.forget_second_password),
    ("POST", "/account/second-password/use", second_password.show_use),
    ("GET", "/code", vouching.show_code_form),
    ("POST", "/code", vouching.take_code),
    ("GET", "/back-in/{code}", vouching.show_back_in),
    ("POST", "/back-in/{code}", vouching.come_back_in),
    ("GET", "/moderation/vouch", vouching.show_vouching),
    ("POST", "/moderation/vouch/invitation", vouching.vouch_for_new),
    ("POST", "/moderation/vouch/account", vouching.vouch_for_member),
    ("GET", "/account/notices", vouching.show_notices),
    ("GET", "/{path:path}", show_nothing),
]

routes: list[Route] = [Route(path, for_browsers(handler), methods=[verb]) for verb, path, handler in _PAGES]
