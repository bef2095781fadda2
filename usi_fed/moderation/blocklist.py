"""Mastodon's blocklist as a CSV file: out, and in with a preview.

Spec: `../shared/interop/security.md` section 8, "blocklist import"
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from usi_fed.errors import InvalidInput
from usi_fed.moderation.domains import parse_rule_domain
from usi_fed.moderation.model import DomainRule
from usi_fed.moderation.rulebook import without_port
from usi_fed.sentences import Sentence

COLUMNS = ("#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate")
SEVERITIES = ("noop", "silence", "suspend")
_YES, _NO = ("true", "t", "1", "yes"), ("false", "f", "0", "no", "")
MOST_ROWS = 100_000


def to_csv(rules: Iterable[DomainRule]) -> str:
    """The rules as Mastodon exports them; what is allowed only, and private comments, stay here."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for rule in rules:
        if rule.severity in SEVERITIES:
            flags = (rule.reject_media, rule.reject_reports)
            shown = [str(flag).lower() for flag in flags]
            writer.writerow([rule.domain, rule.severity, *shown, rule.public_comment, str(rule.obfuscate).lower()])
    return out.getvalue()


def from_csv(text: str) -> list[dict[str, Any]]:
    """The rules in a CSV file, for a preview; nothing is applied.

    A file with one column and no head is a plain list of domains to suspend. Of the same line twice, one counts.

    Raises:
        InvalidInput: names the line and what is allowed there.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        return list(_rules(rows))
    except csv.Error as error:
        raise InvalidInput(f"line {rows.line_num}", Sentence("is no CSV: %(why)s", why=error)) from error


@dataclass(frozen=True, slots=True)
class Step:
    """What a rule of a list would change here: `before` is the severity now, `people` how many are concerned."""

    domain: str
    before: str | None
    after: str
    people: int

    def __str__(self) -> str:
        """One line for an administrator."""
        change = "as it is" if self.before == self.after else f"now {self.before}" if self.before else "new"
        known = f"{self.people} people known here" if self.people else "nobody known here"
        return f"{self.after}  {self.domain}  ({change}; {known})"


def preview(listed: Iterable[Mapping[str, Any]], held: Iterable[DomainRule], people: Mapping[str, int]) -> list[Step]:
    """What importing a list would do. `people` is how many are known of each host."""
    severities = {rule.domain: rule.severity for rule in held}
    concerned: Counter[str] = Counter()
    for host, number in people.items():
        domain = without_port(host)
        while domain:
            concerned[domain] += number
            domain = domain.partition(".")[2]
    return [
        Step(one["domain"], severities.get(one["domain"]), one["severity"], concerned[one["domain"]]) for one in listed
    ]


def _rules(rows: Iterable[list[str]]) -> Iterator[dict[str, Any]]:
    names: list[str] | None = None
    seen: dict[str, tuple[int, dict[str, Any]]] = {}
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise InvalidInput("file", Sentence("has more than %(most)s lines", most=MOST_ROWS))
        if not row or not row[0].strip():
            continue
        if names is None and row[0].strip().lstrip("#").lower() == "domain":
            names = [name.strip().lstrip("#").lower() for name in row]
            continue
        rule = _rule(dict(zip(names or ["domain"], row, strict=False)), number)
        first, before = seen.setdefault(rule["domain"], (number, rule))
        if before != rule:
            said = Sentence("says something else of %(domain)s than line %(first)s", domain=rule["domain"], first=first)
            raise InvalidInput(f"line {number}", said)
        if first == number:
            yield rule


def _rule(row: Mapping[str, str], number: int) -> dict[str, Any]:
    severity = row.get("severity", "suspend").strip().lower() or "suspend"
    if severity not in SEVERITIES:
        allowed = ", ".join(SEVERITIES)
        raise InvalidInput(f"line {number}", Sentence("severity must be one of %(allowed)s", allowed=allowed))
    try:
        domain = parse_rule_domain(row["domain"])
    except InvalidInput as error:
        raise InvalidInput(f"line {number}", error.problem) from error
    return {
        "domain": domain,
        "severity": severity,
        "reject_media": _is_true(row, "reject_media", number),
        "reject_reports": _is_true(row, "reject_reports", number),
        "public_comment": (row.get("public_comment") or "").strip(),
        "obfuscate": _is_true(row, "obfuscate", number),
    }


def _is_true(row: Mapping[str, str], name: str, number: int) -> bool:
    said = (row.get(name) or "").strip().lower()
    if said not in (*_YES, *_NO):
        raise InvalidInput(f"line {number}", Sentence("%(name)s must be true or false", name=name))
    return said in _YES
