"""Filter and what belongs to it. Spec: ../shared/mastodon-api/openapi.json `Filter`, `FilterResult`, `V1Filter`"""

from typing import Any

from usi_fed.clock import iso
from usi_fed.timelines.filtering import Filter, FilteredPost, Keyword, Match

Entity = dict[str, Any]


def filter_entity(one: Filter) -> Entity:
    """A filter with its words and posts."""
    return _head(one) | {
        "keywords": [keyword_entity(word) for word in one.keywords],
        "statuses": [post_entity(entry) for entry in one.posts],
    }


def _head(one: Filter) -> Entity:
    return {
        "id": str(one.id),
        "title": one.title,
        "context": list(one.contexts),
        "expires_at": iso(one.expires_at) if one.expires_at else None,
        "filter_action": one.action,
    }


def keyword_entity(word: Keyword) -> Entity:
    """A word of a filter."""
    return {"id": str(word.id), "keyword": word.keyword, "whole_word": word.whole_word}


def post_entity(entry: FilteredPost) -> Entity:
    """A single post under a filter."""
    return {"id": str(entry.id), "status_id": str(entry.post_id)}


def result_entity(match: Match) -> Entity:
    """What a status says about a filter that it falls under."""
    return {
        "filter": _head(match.filter),
        "keyword_matches": list(match.words) or None,
        "status_matches": [str(post_id) for post_id in match.post_ids] or None,
    }


def v1_entity(one: Filter, word: Keyword) -> Entity:
    """A word as a filter of version 1."""
    return {
        "id": str(word.id),
        "phrase": word.keyword,
        "context": list(one.contexts),
        "whole_word": word.whole_word,
        "expires_at": iso(one.expires_at) if one.expires_at else None,
        "irreversible": one.action == "hide",
    }
