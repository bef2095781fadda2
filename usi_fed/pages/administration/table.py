"""The pages of this folder, for the table of all pages."""

from usi_fed.pages.administration import accounts, backups, invitations, queue, server, set_up, trust, upkeep
from usi_fed.pages.administration.overview import show_overview
from usi_fed.pages.answers import Handler

PAGES: list[tuple[str, str, Handler]] = [
    ("GET", "/administration", show_overview),
    *((verb, path, do) for path in (server.SERVER, server.LOOK, server.RULES)
      for verb, do in (("GET", server.show_part), ("POST", server.save_part))),
    ("GET", set_up.HERE, set_up.begin),
    ("GET", f"{set_up.HERE}/{{step}}", set_up.show_step),
    ("POST", f"{set_up.HERE}/{{step}}", set_up.take_step),
    ("GET", invitations.OF_ADMINISTRATORS, invitations.show_all),
    ("POST", invitations.OF_ADMINISTRATORS, invitations.make_any),
    ("POST", f"{invitations.OF_ADMINISTRATORS}/end", invitations.end_any),
    ("GET", invitations.OF_MEMBERS, invitations.show_own),
    ("POST", invitations.OF_MEMBERS, invitations.make_own),
    ("POST", f"{invitations.OF_MEMBERS}/end", invitations.end_own),
    ("GET", accounts.HERE, accounts.show_accounts),
    ("POST", accounts.HERE, accounts.make_account),
    ("GET", trust.HERE, trust.show_trust),
    ("POST", trust.HERE, trust.change_trust),
    ("GET", queue.QUEUE, queue.show_queue),
    ("GET", queue.SERVER, queue.show_server),
    ("POST", f"{queue.QUEUE}/retry", queue.try_now),
    ("POST", f"{queue.QUEUE}/give-up", queue.give_up),
    ("POST", f"{queue.QUEUE}/replay", queue.replay),
    ("GET", upkeep.STORAGE, upkeep.show_storage),
    ("POST", f"{upkeep.STORAGE}/clear", upkeep.clear_cache),
    ("GET", backups.HERE, backups.show_backups),
    ("POST", backups.HERE, backups.make_backup),
    ("POST", f"{backups.HERE}/download", backups.download),
    ("POST", f"{backups.HERE}/remove", backups.remove),
    ("GET", upkeep.HEALTH, upkeep.show_health),
    ("GET", upkeep.KEYS, upkeep.show_keys),
    ("POST", upkeep.KEYS, upkeep.rotate_keys),
]  # fmt: skip
