"""The audit log as its readers say it: every act, what it was about, and every value that stands beside it."""

import re

from usi_fed.moderation.model import LogEntry
from usi_fed.pages.moderation.views import ADDRESS_WORDS, CATEGORIES, ROLE_WORDS, VERDICTS
from usi_fed.sentences import Sentence
from usi_fed.translation import decimal, gettext, said
from usi_fed.unions.acts import ACTS
from usi_fed.unions.role_words import ROLE_WORDS as OFFICES
from usi_fed.unions.taxonomy import KINDS as ORGANISATIONS

ACTIONS = {
    "silence": Sentence("Limited"),
    "suspend": Sentence("Shut out"),
    "free": Sentence("Freed"),
    "warn": Sentence("Warned"),
    "account role": Sentence("Gave another role"),
    "account disable": Sentence("Stopped from signing in"),
    "account enable": Sentence("Let sign in again"),
    "account delete": Sentence("Deleted the account"),
    "post deleted": Sentence("Deleted a post"),
    "post covered": Sentence("Covered the pictures of a post"),
    "post uncovered": Sentence("Showed the pictures of a post again"),
    "objection made": Sentence("Objected to a decision"),
    "objection accepted": Sentence("Accepted an objection"),
    "objection refused": Sentence("Refused an objection"),
    "report assigned": Sentence("Gave a report into somebody's hands"),
    "report unassigned": Sentence("Gave a report out of hand"),
    "report resolved": Sentence("Closed a report"),
    "report reopened": Sentence("Opened a report again"),
    "report forwarded": Sentence("Passed a report on"),
    "report sorted": Sentence("Said what a report is about"),
    "report note": Sentence("Wrote a note to a report"),
    "join approved": Sentence("Let join"),
    "join rejected": Sentence("Did not let join"),
    "domain allow": Sentence("Allowed the server"),
    "domain noop": Sentence("Made a rule that limits nobody for the server"),
    "domain silence": Sentence("Limited the server"),
    "domain suspend": Sentence("Shut out the server"),
    "domain free": Sentence("Dropped the rule for the server"),
    "affiliation offer": Sentence("Asked for an affiliation"),
    "affiliation accept": Sentence("Attested an affiliation"),
    "affiliation refuse": Sentence("Refused an affiliation"),
    "affiliation withdraw": Sentence("No longer attests an affiliation"),
    "affiliation leave": Sentence("Ended an affiliation"),
    "affiliation trust": Sentence("Trusts what this organisation attests"),
    "affiliation distrust": Sentence("No longer trusts what this organisation attests"),
    "email block": Sentence("Takes no e-mail addresses of"),
    "email free": Sentence("Takes e-mail addresses again of"),
    "address block": Sentence("Made a rule for the network"),
    "address free": Sentence("Dropped the rule for the network"),
    "list added": Sentence("Added a list"),
    "list removed": Sentence("Removed a list"),
    "list applies": Sentence("Lets a list change rules by itself"),
    "list proposes": Sentence("Lets a list only propose"),
    "list left out": Sentence("Left out what a list says"),
    "vouch invitation": Sentence("Made a code for somebody new"),
    "vouch account": Sentence("Made a code to come back in"),
    "federation": Sentence("Changed with whom the server deals"),
    "server change": Sentence("Changed how the server shows itself"),
    "invitation make": Sentence("Made an invitation"),
    "invitation end": Sentence("Ended an invitation"),
    "backup make": Sentence("Had a backup made"),
    "backup fetch": Sentence("Fetched the backup"),
    "backup remove": Sentence("Removed the backup"),
    "backup restore": Sentence("Put everything back from a backup"),
    "keys rotate": Sentence("Made new keys"),
    "cache clear": Sentence("Dropped files of other servers"),
    "queue retry": Sentence("Had it sent again"),
    "queue give up": Sentence("Gave up sending"),
    "inbox replay": Sentence("Had it read again"),
    "account make": Sentence("Made an account"),
    "account reset": Sentence("Gave a new password"),
    "account alias": Sentence("Said that it continues another account"),
    "account no alias": Sentence("Said no longer that it continues another account"),
    "account move": Sentence("Let it continue on another server"),
    "token make": Sentence("Made a token for a program"),
    "account applications": Sentence("Took back the access of applications"),
    "account return": Sentence("Let it no longer continue on another server"),
    "organisation found": Sentence("Founded the organisation"),
    "office give": Sentence("Gave an office to"),
    "office offer": Sentence("Offered an office to"),
    "office accept": Sentence("Took up an office"),
    "office decline": Sentence("Declined or took back the offer of an office"),
    "office end": Sentence("Ended the office of"),
    "account export": Sentence("Downloaded what the account holds"),
    "account import": Sentence("Brought lists or a profile along"),
    "acting begin": Sentence("Began to act for"),
    "acting end": Sentence("Stopped acting for"),
    "acting application": Sentence("Let an application act for"),
    "post publish": Sentence("Published a post"),
    "post edit": Sentence("Corrected a post"),
    "post delete": Sentence("Deleted a post"),
    "post boost": Sentence("Boosted a post"),
    "post unboost": Sentence("Took a boost back"),
    "post pin": Sentence("Pinned a post"),
    "post unpin": Sentence("Unpinned a post"),
    "post quotes": Sentence("Changed who may quote a post"),
    "post no quote": Sentence("Took back the leave to quote a post"),
    "post like": Sentence("Liked a post"),
    "post unlike": Sentence("Took a like back"),
    "post vote": Sentence("Voted in a poll"),
    "person follow": Sentence("Followed"),
    "person unfollow": Sentence("Stopped following"),
    "person accept": Sentence("Accepted as a follower"),
    "person refuse": Sentence("Refused or removed as a follower"),
    "person block": Sentence("Blocked"),
    "person unblock": Sentence("Unblocked"),
    "person block server": Sentence("Blocked a server"),
    "profile change": Sentence("Changed the profile"),
    "organisation describe": Sentence("Changed what an organisation says of itself"),
    "office show": Sentence("Is named in public in an office"),
    "office hide": Sentence("Is no longer named in public in an office"),
    "member admit": Sentence("Let somebody belong to the organisation"),
    "member remove": Sentence("Let somebody no longer belong to the organisation"),
    "proposal make": Sentence("Proposed what needs two people"),
    "proposal confirm": Sentence("Confirmed what needs two people"),
    "proposal refuse": Sentence("Refused what needs two people"),
    "organisation profile": Sentence("Changed the profile of the organisation"),
    "page write": Sentence("Wrote a page"),
    "page order": Sentence("Moved a page in the row"),
    "page show": Sentence("Showed a page to everybody"),
    "page hide": Sentence("Hid a page"),
    "page delete": Sentence("Deleted a page"),
    "member refuse": Sentence("Did not let a member in"),
    "group accept post": Sentence("Let a post into the group"),
    "group refuse post": Sentence("Did not let a post into the group"),
    "group remove post": Sentence("Took a post out of the group"),
    "group lock": Sentence("Closed a topic"),
    "group unlock": Sentence("Opened a topic again"),
    "group pin": Sentence("Pinned a topic"),
    "group unpin": Sentence("Unpinned a topic"),
    "group summarise": Sentence("Wrote a summary of a topic"),
    "group report": Sentence("Looked after a report in the group"),
    "group settings": Sentence("Changed how the group works"),
    "group admit": Sentence("Let somebody into the group"),
    "group turn down": Sentence("Did not let somebody into the group"),
    "group remove": Sentence("Put somebody out of the group"),
    "group invite": Sentence("Invited to the group"),
    "group ban": Sentence("Shut out of the group"),
    "group unban": Sentence("No longer shut out of the group"),
    "sealed paper": Sentence("Made a new key on paper"),
    "sealed open": Sentence("Opened sealed notes"),
    "sealed open by paper": Sentence("Opened sealed notes with the key on paper"),
    "sealed share": Sentence("Shared a sealed note with"),
    "sealed shred": Sentence("Shredded a sealed note"),
}
DETAILS = {
    "reason": Sentence("Why"),
    "about": Sentence("About"),
    "to": Sentence("To"),
    "by": Sentence("In the name of"),
    "role": Sentence("Role"),
    "post": Sentence("Post"),
    "source": Sentence("List"),
    "url": Sentence("Address"),
    "domains": Sentence("Servers"),
    "reject_media": Sentence("Without its files"),
    "reject_reports": Sentence("Without its reports"),
    "applies": Sentence("Change rules by itself"),
    "uses": Sentence("How many may join with it"),
    "sealed": Sentence("Locked with a passphrase"),
    "files": Sentence("Files"),
    "activities": Sentence("How many"),
    "deliveries": Sentence("How many"),
    "kind": Sentence("Who this is"),
    "applications": Sentence("Applications"),
    "scopes": Sentence("What it may do"),
    "act": Sentence("What"),
    "fields": Sentence("What is different"),
    "severity": Sentence("What holds"),
    "verdict": Sentence("What was decided"),
    "category": Sentence("What it is about"),
    "admission": Sentence("Who comes in"),
    "concealed": Sentence("Hidden"),
    "posting": Sentence("Who may post"),
    "rules": Sentence("Rules"),
    "until": Sentence("Until"),
    "number": Sentence("How many"),
}
# What an act was about, where it is no name, address or domain.
TARGETS = {
    "somebody new": Sentence("somebody new"),
    "an e-mail address": Sentence("one e-mail address"),
    "somebody": Sentence("somebody"),
    "sealed notes": Sentence("sealed notes"),
    "files of other servers": Sentence("files of other servers"),
    "the server": Sentence("the whole server"),
    "everything": Sentence("everything that was set aside"),
    "everybody here": Sentence("everybody here, and the server itself"),
    "an application": Sentence("an application itself"),
    "allowlist": Sentence("only with servers that are allowed"),
    "open": Sentence("with every server that is not shut out"),
}
CHOICES = {
    "name": Sentence("Name"),
    "description": Sentence("Description"),
    "contact_email": Sentence("E-mail address"),
    "language": Sentence("Main language"),
    "time_zone": Sentence("Time zone"),
    "registrations": Sentence("Who may join?"),
    "leave_url": Sentence("Where “Leave quickly” leads"),
    "greeting": Sentence("Greeting"),
    "about": Sentence("About this server"),
    "contact": Sentence("Whom to ask"),
    "colour": Sentence("Colour"),
    "badge": Sentence("Badge"),
    "badge_colour": Sentence("Colour of the badge"),
    "inviters": Sentence("Who may invite"),
    "rules": Sentence("Rules"),
}
KINDS: dict[str, Sentence] = {
    "person": Sentence("Person"),
    "organization": Sentence("Organisation"),
    "group": Sentence("Group"),
}
# The values of details that have words of their own.
_VALUES: dict[str, dict[str, Sentence]] = {
    "role": {str(role): words for role, words in OFFICES.items()} | ROLE_WORDS,
    "kind": {str(kind): words for kind, words in ORGANISATIONS.items()} | KINDS,
    "act": {name: act.words for name, act in ACTS.items()},
    "severity": ADDRESS_WORDS,
    "category": CATEGORIES,
    "verdict": VERDICTS,
}
_REPORT = re.compile(r"report (\d+)")


def action_of(entry: LogEntry) -> str:
    """What was done."""
    return said(ACTIONS.get(entry.action, entry.action))


def target_of(entry: LogEntry) -> str:
    """Whom or what it was done to."""
    if entry.action == "server change":
        return ", ".join(said(CHOICES.get(name, name)) for name in entry.target.split(", "))
    if entry.action.startswith("invitation ") and entry.target in ROLE_WORDS:
        return said(ROLE_WORDS[entry.target])
    if report := _REPORT.fullmatch(entry.target):
        return gettext("report %(number)s", number=report[1])
    if entry.action == "inbox replay" and entry.target.isdigit():
        return gettext("delivery %(number)s", number=entry.target)
    return said(TARGETS.get(entry.target, entry.target))


def details_of(entry: LogEntry) -> tuple[tuple[str, str], ...]:
    """What stands beside it: what each value is, and the value."""
    return tuple((said(DETAILS.get(name, name)), _value(name, value)) for name, value in (entry.detail or {}).items())


def _value(name: str, value: object) -> str:
    if value is True:
        return gettext("yes")
    if isinstance(value, int):
        return decimal(value)
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return said(_VALUES.get(name, {}).get(str(value), str(value)))
