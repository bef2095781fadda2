"""Scopes in words, for the consent page."""

_WHOLE = {
    "read": "See everything in your account, private messages included",
    "write": "Post, answer, boost and change everything in your account",
    "follow": "Follow and unfollow, block and mute people",
    "push": "Send you notifications",
    "profile": "See who you are: your name, handle and picture",
    "admin:read": "See what moderators see",
    "admin:write": "Do what moderators do",
}
_AREAS = {
    "accounts": "your profile",
    "blocks": "whom you block",
    "bookmarks": "your bookmarks",
    "conversations": "your private conversations",
    "favourites": "your favourites",
    "filters": "your filters",
    "follows": "whom you follow",
    "lists": "your lists",
    "media": "your pictures and files",
    "mutes": "whom you mute",
    "notifications": "your notifications",
    "reports": "your reports to moderators",
    "search": "what a search on your behalf finds",
    "statuses": "your posts and time-lines",
}


def words_of(scopes: list[str]) -> list[str]:
    """One sentence for each scope."""
    return list(dict.fromkeys(_sentence(scope) for scope in scopes))


def _sentence(scope: str) -> str:
    if scope in _WHOLE:
        return _WHOLE[scope]
    if scope.startswith("admin:"):
        verb, _, area = scope.removeprefix("admin:").partition(":")
        return f"{'See' if verb == 'read' else 'Change'} {area.replace('_', ' ')} as a moderator"
    verb, _, area = scope.partition(":")
    return f"{'See' if verb == 'read' else 'Change'} {_AREAS[area]}"
