"""The table of pages; it stands after every other room's routes, for its last one takes whatever is left."""

from starlette.routing import Route

from usi_fed.pages.account.deletion import delete_account, show_deleted, show_deletion
from usi_fed.pages.account.export import export, show_export
from usi_fed.pages.account.importing import decide_import, prepare_import, show_import, show_imports
from usi_fed.pages.account.moving import add_alias, come_back, move, remove_alias, show_moving
from usi_fed.pages.account.offer import decide_offer, make_offer, show_offer
from usi_fed.pages.account.overview import show_overview
from usi_fed.pages.account.privacy import save_privacy, show_privacy
from usi_fed.pages.account.profile import save_profile, show_profile_editor
from usi_fed.pages.answers import for_browsers, show_nothing
from usi_fed.pages.door import show_about, show_door
from usi_fed.pages.files import get_icon, get_robots, get_static
from usi_fed.pages.interaction import log_in, log_out, show_interaction, show_log_in
from usi_fed.pages.joining import accept_invitation, show_invitation, show_welcome
from usi_fed.pages.languages import choose_language
from usi_fed.pages.passwords import ask_for_link, choose_password, show_forgotten, show_new_password
from usi_fed.pages.profiles import show_profile, show_tag
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
    ("POST", "/log-out", log_out),
    ("POST", "/language", choose_language),
    ("GET", "/forgotten", show_forgotten),
    ("POST", "/forgotten", ask_for_link),
    ("GET", "/new-password/{code}", show_new_password),
    ("POST", "/new-password/{code}", choose_password),
    ("GET", "/account", show_overview),
    ("GET", "/account/profile", show_profile_editor),
    ("POST", "/account/profile", save_profile),
    ("GET", "/account/privacy", show_privacy),
    ("POST", "/account/privacy", save_privacy),
    ("GET", "/account/export", show_export),
    ("POST", "/account/export", export),
    ("GET", "/account/import", show_imports),
    ("POST", "/account/import", prepare_import),
    ("GET", "/account/import/profile", show_offer),
    ("POST", "/account/import/profile", make_offer),
    ("POST", "/account/import/profile/take", decide_offer),
    ("GET", "/account/import/{id}", show_import),
    ("POST", "/account/import/{id}", decide_import),
    ("GET", "/account/move", show_moving),
    ("POST", "/account/move", move),
    ("POST", "/account/move/undo", come_back),
    ("POST", "/account/aliases", add_alias),
    ("POST", "/account/aliases/remove", remove_alias),
    ("GET", "/account/delete", show_deletion),
    ("POST", "/account/delete", delete_account),
    ("GET", "/account/deleted", show_deleted),
    ("GET", "/{path:path}", show_nothing),
]

routes: list[Route] = [Route(path, for_browsers(handler), methods=[verb]) for verb, path, handler in _PAGES]
