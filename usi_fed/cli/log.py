"""`usi-fed log`: who decided what about whom."""

import click
from sqlalchemy import Connection

from usi_fed.actors.store import find_actors
from usi_fed.cli.house import in_house
from usi_fed.db.paging import Window
from usi_fed.moderation.log_store import log_page
from usi_fed.wiring import House

# What is written down, as people say it; a rule's severity follows `domain`.
WORDS = {
    "silence": "limited",
    "suspend": "suspended",
    "free": "freed",
    "domain free": "dropped the rule for",
    "domain allow": "set the rule 'allow' for",
    "domain noop": "set the rule 'noop' for",
    "domain silence": "limited everybody of",
    "domain suspend": "shut out the server",
    "report assigned": "gave into somebody's hands",
    "report unassigned": "gave out of hand",
    "report resolved": "closed",
    "report reopened": "opened again",
    "account role": "gave another role to",
    "account disable": "shut the account",
    "account enable": "opened the account",
    "account delete": "deleted the account",
    "account make": "made the account",
    "account reset": "gave a new password to",
    "account alias": "said where it comes from, of",
    "account no alias": "said no longer where it comes from, of",
    "account move": "let go to another server",
    "token make": "made a token for",
    "account applications": "took back the access of applications of",
    "vouch invitation": "made a code for",
    "vouch account": "made a code to come back in for",
    "server change": "changed what the server says of itself:",
    "invitation make": "made an invitation for a",
    "invitation end": "ended an invitation for a",
    "queue retry": "had everything tried for",
    "queue give up": "gave up what waited for",
    "inbox replay": "had acted on again what was set aside:",
    "cache clear": "dropped the",
    "backup make": "had a backup made of",
    "backup fetch": "fetched a backup of",
    "backup remove": "took away a backup of",
    "backup restore": "put back from a backup",
    "keys rotate": "gave new keys to",
    "warn": "warned",
    "post deleted": "deleted a post of",
    "post covered": "covered the pictures of a post of",
    "post uncovered": "showed again the pictures of a post of",
    "objection made": "objected to a decision about",
    "objection accepted": "accepted the objection about",
    "objection refused": "refused the objection about",
    "report sorted": "said what it is about of",
    "email block": "takes no e-mail addresses of",
    "email free": "takes e-mail addresses again of",
    "address block": "made a rule for the network",
    "address free": "dropped the rule for the network",
    "report forwarded": "passed on",
    "report note": "wrote a note to",
    "join approved": "let join",
    "join rejected": "did not let join",
    "affiliation offer": "asked for an affiliation with",
    "affiliation accept": "attests",
    "affiliation refuse": "refused an affiliation with",
    "affiliation withdraw": "attests no longer",
    "affiliation leave": "ended an affiliation with",
    "affiliation trust": "trusts the attestations of",
    "affiliation distrust": "trusts no longer the attestations of",
    "list added": "added the list",
    "list removed": "removed the list",
    "list applies": "lets change rules by itself the list",
    "list proposes": "lets only propose the list",
    "list left out": "left out some of the list",
    "organisation found": "founded",
    "office give": "gave an office to",
    "office offer": "offered an office to",
    "office accept": "let take up an office",
    "office decline": "ended the offer of an office to",
    "office end": "ended the office of",
    "account return": "let come back",
    "account export": "downloaded what is in the account",
    "account import": "brought things along into",
    "acting begin": "began to act for",
    "acting end": "stopped acting for",
    "acting application": "let an application act for",
    "post publish": "published",
    "post edit": "corrected",
    "post delete": "deleted",
    "post boost": "boosted",
    "post unboost": "took back the boost of",
    "post pin": "pinned",
    "post unpin": "unpinned",
    "post quotes": "changed who may quote",
    "post no quote": "took back the leave to quote in",
    "post like": "liked",
    "post unlike": "took back the like of",
    "post vote": "voted in",
    "person follow": "followed",
    "person unfollow": "stopped following",
    "person accept": "accepted as a follower",
    "person refuse": "refused or removed as a follower",
    "person block": "blocked",
    "person unblock": "unblocked",
    "person block server": "blocked the server",
    "profile change": "changed the profile of",
    "organisation describe": "changed what it says of itself, of",
    "office show": "named in public who acts for it:",
    "office hide": "named no longer in public who acts for it:",
    "member admit": "let in",
    "member remove": "let belong no longer",
    "proposal make": "proposed for",
    "proposal confirm": "confirmed for",
    "proposal refuse": "refused for",
    "federation": "changed USI_FED_FEDERATION_MODE to",
    "organisation profile": "changed the profile of",
    "page write": "wrote the page",
    "page order": "moved the page",
    "page show": "showed the page",
    "page hide": "hid the page",
    "page delete": "deleted the page",
    "member refuse": "did not let in as a member",
    "group accept post": "let a post into the group",
    "group refuse post": "did not let a post into the group",
    "group remove post": "took a post out of the group",
    "group lock": "closed a topic",
    "group unlock": "opened a topic again",
    "group pin": "pinned a topic",
    "group unpin": "unpinned a topic",
    "group summarise": "wrote a summary of a topic",
    "group report": "dealt with a report in",
    "group settings": "changed how the group works",
    "group admit": "let into the group",
    "group turn down": "did not let into the group",
    "group remove": "put out of the group",
    "group invite": "invited to the group",
    "group ban": "shut out of the group",
    "group unban": "no longer shuts out of the group",
    "sealed paper": "made a new key on paper for",
    "sealed open": "opened",
    "sealed open by paper": "opened with the key on paper",
    "sealed share": "shared a sealed note with",
    "sealed shred": "shredded one of the",
}


@click.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
def log(limit: int) -> None:
    """Show who decided what about whom, newest first."""

    async def look(house: House) -> list[str]:
        return await house.database.read(_lines, limit)

    lines = in_house(look)
    click.echo("\n".join(lines) if lines else "Nothing was decided yet.")


def _lines(connection: Connection, limit: int) -> list[str]:
    entries = log_page(connection, Window(limit=limit))
    people = find_actors(connection, {entry.actor_id for entry in entries if entry.actor_id is not None})
    lines = []
    for entry in entries:
        known = people.get(entry.actor_id or 0)
        action = WORDS.get(entry.action, entry.action)
        who = "command line" if entry.actor_id is None else f"@{known.handle}" if known else "somebody deleted"
        details = "".join(f"  {name}: {_told(value)}" for name, value in (entry.detail or {}).items())
        lines.append(f"{entry.at:%Y-%m-%d %H:%M:%S}  {who}  {action}  {entry.target}{details}")
    return lines


def _told(value: object) -> str:
    return "yes" if value is True else str(value)
