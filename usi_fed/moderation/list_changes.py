"""What a list of others would change in our rules, and what of it may be done without asking: pure, no database.

A list never lifts what people here decided, and never ends a follow of our members by itself.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from usi_fed.moderation.model import DomainRule

FREE = "free"
_ORDER = {"allow": 0, "noop": 0, "silence": 1, "suspend": 2}

Row = dict[str, Any]
"""A rule as a list has it: the columns of `domain_rules` that a list may set; the severity may be `FREE`."""


def changes_by(
    listed: Iterable[Mapping[str, Any]], held: Mapping[str, DomainRule], list_id: int, *, is_asked_for: bool
) -> list[Row]:
    """What a list would change, its own rules aside only for the stricter.

    `is_asked_for`: somebody here has handed the file in and looks at every line, so that it may say anything.
    """
    rows = {str(row["domain"]): dict(row) for row in listed}
    changes = []
    for domain, row in rows.items():
        rule = held.get(domain)
        wanted = row if rule is None or is_asked_for or rule.source_id == list_id else _stricter(row, rule)
        if rule is None or _is_other(wanted, rule):
            changes.append(wanted)
    gone = [rule for rule in held.values() if rule.source_id == list_id and rule.domain not in rows]
    return changes + [_freeing(rule) for rule in gone]


def may_do_by_itself(
    row: Mapping[str, Any], held: Mapping[str, DomainRule], list_id: int, tied: Collection[str]
) -> bool:
    """Whether a change may be made without asking: it touches no rule of people's own and ends no follow.

    `tied` are the domains with which, or with whose subdomains, there are follows.
    """
    rule = held.get(row["domain"])
    if rule is not None and rule.source_id != list_id:
        return False
    shuts_out = row["severity"] == "suspend" and (rule is None or rule.severity != "suspend")
    return not shuts_out or row["domain"] not in tied


def is_weaker(row: Mapping[str, Any], rule: DomainRule | None) -> bool:
    """Whether a change would lift some of what holds now."""
    if rule is None:
        return False
    if row["severity"] == FREE or _ORDER[row["severity"]] < _ORDER[rule.severity]:
        return True
    return (rule.reject_media and not row["reject_media"]) or (rule.reject_reports and not row["reject_reports"])


def _stricter(row: Mapping[str, Any], rule: DomainRule) -> Row:
    severity = max(row["severity"], rule.severity, key=lambda one: _ORDER[one])
    return {
        **row,
        "severity": rule.severity if _ORDER[severity] == _ORDER[rule.severity] else severity,
        "reject_media": rule.reject_media or row["reject_media"],
        "reject_reports": rule.reject_reports or row["reject_reports"],
        "public_comment": rule.public_comment or row["public_comment"],
        "obfuscate": rule.obfuscate,
    }


def _is_other(row: Mapping[str, Any], rule: DomainRule) -> bool:
    """Whether something would be felt; words alone are no change."""
    felt = ("severity", "reject_media", "reject_reports")
    return any(row[name] != getattr(rule, name) for name in felt)


def _freeing(rule: DomainRule) -> Row:
    return {
        "domain": rule.domain,
        "severity": FREE,
        "reject_media": False,
        "reject_reports": False,
        "public_comment": "",
        "obfuscate": False,
    }
