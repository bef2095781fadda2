"""Scopes in words, for the consent page."""

from usi_fed.sentences import Sentence
from usi_fed.translation import gettext, said

_WHOLE = {
    "read": Sentence("See everything in your account, private messages included"),
    "write": Sentence("Post, answer, boost and change everything in your account"),
    "follow": Sentence("Follow and unfollow, block and mute people"),
    "push": Sentence("Send you notifications"),
    "profile": Sentence("See who you are: your name, handle and picture"),
    "admin:read": Sentence("See what moderators see"),
    "admin:write": Sentence("Do what moderators do"),
    "usi:read": Sentence("See your organisations: what you may do in them, and who belongs to them"),
    "usi:write": Sentence("Do in your organisations what your offices let you do"),
}
# Whole sentences: no other language puts "see" or "change" before a list of things as English does.
_READ = {
    "accounts": Sentence("See your profile"),
    "blocks": Sentence("See whom you block"),
    "bookmarks": Sentence("See your bookmarks"),
    "favourites": Sentence("See your favourites"),
    "filters": Sentence("See your filters"),
    "follows": Sentence("See whom you follow"),
    "lists": Sentence("See your lists"),
    "mutes": Sentence("See whom you mute"),
    "notifications": Sentence("See your notifications"),
    "search": Sentence("Search on your behalf"),
    "statuses": Sentence("See your posts and time-lines"),
}
_WRITE = {
    "accounts": Sentence("Change your profile"),
    "blocks": Sentence("Block people and end that"),
    "bookmarks": Sentence("Change your bookmarks"),
    "conversations": Sentence("Change your private conversations"),
    "favourites": Sentence("Like posts and end that"),
    "filters": Sentence("Change your filters"),
    "follows": Sentence("Follow people and end that"),
    "lists": Sentence("Change your lists"),
    "media": Sentence("Add pictures and files"),
    "mutes": Sentence("Mute people and end that"),
    "notifications": Sentence("Clear your notifications"),
    "reports": Sentence("Report people to moderators"),
    "statuses": Sentence("Write, change and delete your posts"),
}


def words_of(scopes: list[str]) -> list[str]:
    """One sentence for each scope, in the reader's language."""
    return list(dict.fromkeys(_sentence(scope) for scope in scopes))


def _sentence(scope: str) -> str:
    if scope in _WHOLE:
        return said(_WHOLE[scope])
    verb, _, area = scope.removeprefix("admin:").partition(":")
    if not scope.startswith("admin:"):
        return said((_READ if verb == "read" else _WRITE)[area])
    if verb == "read":
        return gettext("See as a moderator: %(area)s", area=area.replace("_", " "))
    return gettext("Change as a moderator: %(area)s", area=area.replace("_", " "))
