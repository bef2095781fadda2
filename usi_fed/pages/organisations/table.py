"""The pages of this folder, for the table of all pages."""

from usi_fed.pages.answers import Handler
from usi_fed.pages.organisations import (
    chart,
    description,
    directory,
    editing,
    founding,
    overview,
    people,
    profile,
    sealed,
    site,
)

HOUSE = "/organisations/{name}"

PAGES: list[tuple[str, str, Handler]] = [
    ("GET", "/organisations", directory.show_directory),
    ("GET", chart.PATH, chart.get_map),
    ("GET", founding.HERE, founding.show_founding),
    ("POST", founding.HERE, founding.found),
    ("GET", people.MINE, people.show_offers),
    ("POST", people.MINE, people.answer_offer),
    ("GET", HOUSE, overview.show_house),
    ("GET", f"{HOUSE}/people", people.show_people),
    ("POST", f"{HOUSE}/people", people.act_on_people),
    ("GET", f"{HOUSE}/description", description.show_description),
    ("POST", f"{HOUSE}/description", description.save_description),
    ("GET", f"{HOUSE}/profile", profile.show_profile),
    ("POST", f"{HOUSE}/profile", profile.save_profile),
    ("GET", f"{HOUSE}/pages", editing.show_pages),
    ("POST", f"{HOUSE}/pages", editing.act_on_pages),
    ("GET", f"{HOUSE}/pages/new", editing.show_new_page),
    ("POST", f"{HOUSE}/pages/new", editing.write_new_page),
    ("GET", f"{HOUSE}/pages/{{slug}}", editing.show_editor),
    ("POST", f"{HOUSE}/pages/{{slug}}", editing.save_page),
    ("GET", "/@{name}/pages/{slug}", site.show_own_page),
    ("GET", f"{HOUSE}/log", overview.show_log),
    ("GET", f"{HOUSE}/sealed", sealed.show_sealed),
    ("POST", f"{HOUSE}/sealed", sealed.act_on_sealed),
    ("GET", f"{HOUSE}/sealed/write", sealed.show_writing),
    ("POST", f"{HOUSE}/sealed/write", sealed.write),
    ("GET", f"{HOUSE}/sealed/paper", sealed.show_paper),
    ("POST", f"{HOUSE}/sealed/paper", sealed.act_on_paper),
]
