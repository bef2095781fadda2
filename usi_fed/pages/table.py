"""The table of pages; it stands after every other room's routes, for its last one takes whatever is left."""

from starlette.routing import Route

from usi_fed.pages import (
    elsewhere,
    filters,
    hidden,
    joining_elsewhere,
    lists,
    mailed_links,
    passkeys,
    second_password,
    second_step,
    verdicts,
    vouching,
    ways,
)
from usi_fed.pages.account import sealing
from usi_fed.pages.account.deletion import delete_account, show_deleted, show_deletion
from usi_fed.pages.account.export import export, show_export
from usi_fed.pages.account.importing import decide_import, prepare_import, show_import, show_imports
from usi_fed.pages.account.moving import add_alias, come_back, move, remove_alias, show_moving
from usi_fed.pages.account.offer import decide_offer, make_offer, show_offer
from usi_fed.pages.account.overview import show_overview
from usi_fed.pages.account.privacy import save_privacy, show_privacy
from usi_fed.pages.account.profile import save_profile, show_profile_editor
from usi_fed.pages.account_sessions import end_all, end_application, end_session, show_sessions
from usi_fed.pages.acting import choose, show_acting
from usi_fed.pages.acts import act_on_person, act_on_post
from usi_fed.pages.administration.table import PAGES as administration
from usi_fed.pages.answers import for_browsers, show_nothing
from usi_fed.pages.calendar import PAGE as CALENDAR
from usi_fed.pages.calendar import show_calendar
from usi_fed.pages.cards import get_post_card, get_profile_card
from usi_fed.pages.design import show_design
from usi_fed.pages.door import show_about, show_door
from usi_fed.pages.drafts import act_on_draft, show_drafts
from usi_fed.pages.embeds import for_frames, show_embed
from usi_fed.pages.feeds import get_profile_atom, get_profile_rss, get_tag_atom, get_tag_rss
from usi_fed.pages.files import get_icon, get_robots, get_static
from usi_fed.pages.finding import show_search
from usi_fed.pages.groups.door import act_at_door
from usi_fed.pages.groups.mine import choose_mail, show_groups
from usi_fed.pages.groups.topics import act_on_topic, show_topic, show_topics
from usi_fed.pages.history import show_history
from usi_fed.pages.interaction import show_interaction
from usi_fed.pages.joining import accept_invitation, join, show_asked, show_invitation, show_joining, show_welcome
from usi_fed.pages.journeys import show_journey
from usi_fed.pages.languages import choose_language
from usi_fed.pages.leaving import leave, log_out
from usi_fed.pages.look import get_look
from usi_fed.pages.moderation import table as moderation
from usi_fed.pages.notices import show_notices, show_requests
from usi_fed.pages.organisations import table as organisations
from usi_fed.pages.passwords import ask_for_link, choose_password, show_forgotten, show_new_password
from usi_fed.pages.profiles import show_profile, show_tag
from usi_fed.pages.qr import get_qr, show_qr
from usi_fed.pages.remote_follow import follow_remotely, show_remote_follow
from usi_fed.pages.reporting import report, show_report_form
from usi_fed.pages.signing_in import check_code, log_in, show_code, show_log_in
from usi_fed.pages.source import get_source
from usi_fed.pages.threads import show_post
from usi_fed.pages.timelines import (
    show_bookmarks,
    show_everywhere,
    show_here,
    show_home,
    show_likes,
    show_list,
    show_messages,
    tell_news,
)
from usi_fed.pages.translating import translate_post
from usi_fed.pages.writing import correct, publish, show_composer, show_correction

_PAGES = [
    ("GET", "/", show_door),
    ("GET", "/about", show_about),
    ("GET", "/design", show_design),
    ("GET", "/static/{name}", get_static),
    ("GET", "/look.css", get_look),
    ("GET", "/favicon.ico", get_icon),
    ("GET", "/robots.txt", get_robots),
    ("GET", "/source", get_source),
    ("GET", "/@{name}.atom", get_profile_atom),
    ("GET", "/@{name}.rss", get_profile_rss),
    ("GET", "/tags/{name}.atom", get_tag_atom),
    ("GET", "/tags/{name}.rss", get_tag_rss),
    ("GET", "/@{name}", show_profile),
    ("GET", "/@{name}/card.png", get_profile_card),
    ("GET", "/@{name}/qr", show_qr),
    ("GET", "/@{name}/qr.svg", get_qr),
    ("GET", "/@{name}/topics", show_topics),
    ("GET", "/@{name}/topics/{id}", show_topic),
    ("POST", "/@{name}/topics/{id}", act_on_topic),
    ("GET", "/@{name}/{id}", show_post),
    ("GET", "/@{name}/{id}/departures", show_journey),
    ("GET", "/@{name}/{id}/card.png", get_post_card),
    ("GET", "/@{name}/{id}/history", show_history),
    ("GET", "/tags/{name}", show_tag),
    ("GET", "/home", show_home),
    ("GET", "/groups", show_groups),
    ("POST", "/groups", choose_mail),
    ("GET", "/here", show_here),
    ("GET", "/everywhere", show_everywhere),
    ("GET", "/news/{place}", tell_news),
    ("GET", "/bookmarks", show_bookmarks),
    ("GET", "/likes", show_likes),
    ("GET", "/messages", show_messages),
    ("GET", "/lists/{id}", show_list),
    ("GET", "/notifications", show_notices),
    ("GET", "/requests", show_requests),
    ("GET", "/search", show_search),
    ("GET", "/write", show_composer),
    ("POST", "/write", publish),
    ("GET", "/lists", lists.show_lists),
    ("POST", "/lists", lists.make_list),
    ("GET", "/lists/{id}/edit", lists.show_list_editor),
    ("POST", "/lists/{id}/edit", lists.change_list),
    ("POST", "/people/{id}/lists", lists.put_into_lists),
    ("GET", "/people/{id}/mute", hidden.show_mute),
    ("POST", "/people/{id}/mute", hidden.mute),
    ("GET", "/hidden", hidden.show_hidden),
    ("POST", "/hidden", hidden.act_on_server),
    ("GET", "/filters", filters.show_filters),
    ("POST", "/filters", filters.make_filter),
    ("GET", "/filters/{id}", filters.show_filter),
    ("POST", "/filters/{id}", filters.change_filter),
    ("GET", "/drafts", show_drafts),
    ("POST", "/drafts/{id}", act_on_draft),
    ("GET", "/posts/{id}/edit", show_correction),
    ("POST", "/posts/{id}/edit", correct),
    ("POST", "/posts/{id}", act_on_post),
    ("POST", "/posts/{id}/translate", translate_post),
    ("POST", "/people/{id}", act_on_person),
    ("POST", "/people/{id}/membership", act_at_door),
    ("GET", "/people/{id}/report", show_report_form),
    ("POST", "/people/{id}/report", report),
    ("GET", "/set-up/{code}", show_invitation),
    ("POST", "/set-up/{code}", accept_invitation),
    ("GET", "/join", show_joining),
    ("POST", "/join", join),
    ("GET", "/join/asked", show_asked),
    ("GET", "/join/with/{key}", joining_elsewhere.show_form),
    ("POST", "/join/with/{key}", joining_elsewhere.join),
    ("GET", "/join/{code}/elsewhere", elsewhere.show_elsewhere),
    ("POST", "/join/{code}/elsewhere", elsewhere.set_out),
    ("GET", "/join/{code}", show_invitation),
    ("POST", "/join/{code}", accept_invitation),
    ("GET", "/welcome", show_welcome),
    ("GET", "/authorize_interaction", show_interaction),
    ("GET", "/interact", show_remote_follow),
    ("POST", "/interact", follow_remotely),
    ("GET", "/log-in", show_log_in),
    ("POST", "/log-in", log_in),
    ("GET", "/log-in/code", show_code),
    ("POST", "/log-in/code", check_code),
    ("GET", "/log-in/link", mailed_links.show_asking),
    ("POST", "/log-in/link", mailed_links.ask_for_link),
    ("GET", "/log-in/link/{code}", mailed_links.show_link),
    ("POST", "/log-in/link/{code}", mailed_links.use_link),
    ("GET", elsewhere.PAGE, elsewhere.show_elsewhere),
    ("POST", elsewhere.PAGE, elsewhere.set_out),
    ("GET", "/log-in/back/{key}", elsewhere.come_back),
    ("POST", verdicts.AT_THE_DOOR, verdicts.object_at_the_door),
    ("POST", "/log-out", log_out),
    ("POST", "/leave", leave),
    ("GET", CALENDAR, show_calendar),
    ("GET", "/acting", show_acting),
    ("POST", "/acting", choose),
    ("GET", "/account/sessions", show_sessions),
    ("POST", "/account/sessions/end", end_session),
    ("POST", "/account/sessions/end-all", end_all),
    ("POST", "/account/applications/end", end_application),
    ("GET", elsewhere.WAYS, ways.show_ways),
    ("POST", "/account/ways/link", ways.link),
    ("POST", "/account/ways/remove", ways.unlink),
    ("POST", "/account/ways/password", ways.set_password),
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
    ("GET", "/log-in/passkey", passkeys.show_signing_in),
    ("POST", "/log-in/passkey", passkeys.sign_in),
    ("GET", passkeys.PAGE, passkeys.show_passkeys),
    ("POST", passkeys.PAGE, passkeys.add_passkey),
    ("POST", "/account/passkeys/rename", passkeys.rename_passkey),
    ("POST", "/account/passkeys/remove", passkeys.remove_passkey),
    ("GET", second_password.PAGE, second_password.show_second_password),
    ("POST", second_password.PAGE, second_password.set_second_password),
    ("POST", "/account/second-password/forget", second_password.forget_second_password),
    ("GET", sealing.PAGE, sealing.show_sealing),
    ("POST", sealing.PAGE, sealing.act_on_sealing),
    ("POST", "/account/second-password/use", second_password.show_use),
    ("GET", "/code", vouching.show_code_form),
    ("POST", "/code", vouching.take_code),
    ("GET", "/back-in/{code}", vouching.show_back_in),
    ("POST", "/back-in/{code}", vouching.come_back_in),
    *organisations.PAGES,
    *moderation.PAGES,
    ("GET", "/moderation/vouch", vouching.show_vouching),
    ("POST", "/moderation/vouch/invitation", vouching.vouch_for_new),
    ("POST", "/moderation/vouch/account", vouching.vouch_for_member),
    ("GET", "/account/notices", vouching.show_notices),
    ("GET", f"{verdicts.PAGE}/{{id}}", verdicts.show_objection),
    ("POST", f"{verdicts.PAGE}/{{id}}", verdicts.make_objection),
    *administration,
    ("GET", "/{path:path}", show_nothing),
]

_FRAMED = [("GET", "/@{name}/{id}/embed", show_embed)]

routes: list[Route] = [
    *(Route(path, for_frames(handler), methods=[verb]) for verb, path, handler in _FRAMED),
    *(Route(path, for_browsers(handler), methods=[verb]) for verb, path, handler in _PAGES),
]
