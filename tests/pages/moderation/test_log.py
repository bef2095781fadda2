"""The audit log says in words whatever is written into it."""

import ast
import pkgutil
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import usi_fed
from usi_fed.cli.log import WORDS
from usi_fed.instance.model import Choices
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import SEVERITIES
from usi_fed.pages.moderation.log_words import ACTIONS, CHOICES, DETAILS, TARGETS

ALWAYS, HELPERS = {"log_act", "note_backup"}, {"_log", "_tell"}
NO_DETAILS = {"connection", "by", "action", "target", "now"}


def calls():
    """Every call in the code that may write into the log, with its module."""
    for found in pkgutil.walk_packages(usi_fed.__path__, "usi_fed."):
        if ".migrations" in found.name:
            continue
        module = import_module(found.name)
        for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
            name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            is_ours = (
                found.name.startswith("usi_fed.moderation.") and isinstance(node.func, ast.Name) if name else False
            )
            if name in ALWAYS or (name in HELPERS and is_ours) or is_written(node):
                yield module, node


def is_written(node):
    """Whether a call has somebody else, such as a database, call `log_act`."""
    return isinstance(node, ast.Call) and any(getattr(one, "id", "") == "log_act" for one in node.args)


def texts(module, node):
    """The texts that an argument may be."""
    match node:
        case ast.Constant(value=str() as text):
            return {text}
        case ast.IfExp():
            return texts(module, node.body) | texts(module, node.orelse)
        case ast.Name() if isinstance(getattr(module, node.id, None), str):
            return {getattr(module, node.id)}
        case ast.JoinedStr(values=[ast.Constant(value="domain "), *_]):
            return {f"domain {severity}" for severity in SEVERITIES}
    return set()


def test_there_is_a_sentence_for_every_act_target_and_detail_in_the_code():
    found, details = set(), set()
    for module, call in calls():
        found |= {text for argument in call.args for text in texts(module, argument)}
        details |= {keyword.arg for keyword in call.keywords if keyword.arg} - NO_DETAILS
    assert len(found) > 40 and "domain suspend" in found and "allowlist" in found
    assert found - ACTIONS.keys() - TARGETS.keys() == set()
    assert found - WORDS.keys() - TARGETS.keys() == set()
    assert len(details) > 8
    assert details - DETAILS.keys() == set()
    assert {one.name for one in fields(Choices)} == CHOICES.keys()


async def test_what_acts_were_about_and_their_values_are_words(house, rosa, clock):
    entries = [
        ("server change", "inviters, registrations", {}),
        ("invitation make", "moderator", {"uses": 1200}),
        ("vouch invitation", "somebody new", {}),
        ("backup fetch", "the server", {"sealed": True}),
        ("inbox replay", "77", {}),
        ("report note", "report 12", {"about": "@ada"}),
        ("account role", "@ada", {"role": "moderator"}),
        ("account make", "@branch", {"kind": "organization"}),
        ("domain suspend", "<b>.example", {"reason": "<i>spam</i>"}),
    ]
    for action, target, detail in entries:
        await house.database.write(log_act, rosa.actor_id, action, target, clock(), **detail)
    page = (await rosa.get("/moderation/log")).text.partition("</form>")[2].partition("<main")[2]
    page = page.partition("</form>")[2]
    for words in ("Who may invite, Who may join?", "Moderator</bdi>", "1,200", "Locked with a passphrase", ">yes<",
                  "delivery 77", "report 12", "Organisation", "&lt;b&gt;.example", "&lt;i&gt;spam"):  # fmt: skip
        assert words in page, words
    await rosa.send("/moderation/log", "/language?next=/home", to="el")
    page = (await rosa.get("/moderation/log")).text.partition("<main")[2].partition("</form>")[2]
    for raw in ("inviters", "registrations", "moderator", "somebody new", "the server", "organization", "report 12"):
        assert raw not in page, raw
