"""The pages of moderation, by method and path."""

from usi_fed.pages.answers import Handler
from usi_fed.pages.moderation import acts, gates, lists, log, objections, overview, people, reports, requests, servers

PAGES: list[tuple[str, str, Handler]] = [
    ("GET", "/moderation", overview.show_overview),
    ("GET", "/moderation/reports", reports.show_reports),
    ("GET", "/moderation/reports/{id}", reports.show_report),
    ("POST", "/moderation/reports/{id}", reports.act_on_report),
    ("GET", "/moderation/people", people.show_people),
    ("GET", "/moderation/people/{id}", people.show_person),
    ("GET", "/moderation/people/{id}/{act}", acts.show_person_act),
    ("POST", "/moderation/people/{id}/{act}", acts.act_on_person),
    ("GET", "/moderation/posts/{id}/{act}", acts.show_post_act),
    ("POST", "/moderation/posts/{id}/{act}", acts.act_on_post),
    ("GET", requests.PAGE, requests.show_waiting),
    ("GET", "/moderation/waiting/{id}", requests.show_one_waiting),
    ("POST", "/moderation/waiting/{id}", requests.decide),
    ("GET", servers.PAGE, servers.show_servers),
    ("GET", "/moderation/server", servers.show_server),
    ("POST", "/moderation/server", servers.change_rule),
    ("GET", "/moderation/rules", servers.show_rules),
    ("GET", "/moderation/rules.csv", servers.export_rules),
    ("GET", lists.PAGE, lists.show_lists),
    ("POST", lists.PAGE, lists.subscribe),
    ("POST", "/moderation/lists/file", lists.hand_in),
    ("GET", "/moderation/lists/{id}", lists.show_list),
    ("POST", "/moderation/lists/{id}", lists.decide),
    ("GET", objections.PAGE, objections.show_objections),
    ("GET", f"{objections.PAGE}/{{id}}", objections.show_objection),
    ("POST", f"{objections.PAGE}/{{id}}", objections.answer),
    ("GET", gates.DOMAINS, gates.show_domains),
    ("POST", gates.DOMAINS, gates.change_domains),
    ("GET", gates.NETWORKS, gates.show_networks),
    ("POST", gates.NETWORKS, gates.change_networks),
    ("GET", "/moderation/log", log.show_log),
]
