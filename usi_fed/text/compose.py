"""Posts typed here, as plain text or Markdown, rendered to the HTML that Mastodon would send.

Two steps, so that the database can be asked between them: `find_mentions` and `find_hashtags` say whom and what
a text names, `render` writes the HTML with the people who were found.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from usi_fed.errors import InvalidInput
from usi_fed.text.entities import Entity, Handle, Hashtag, Mention, find_entities
from usi_fed.text.links import MentionTarget, Picture, Rendering, entity_html
from usi_fed.text.plain import clean_typed
from usi_fed.text.tags import find_tag_key

PLAIN = "text/plain"
MARKDOWN = "text/markdown"


def find_mentions(text: str, content_type: str = PLAIN) -> list[Handle]:
    """The people whom `text` names, each once, in order of their first mention.

    Raises:
        InvalidInput: `content_type` is neither text/plain nor text/markdown.
    """
    handles: dict[object, Handle] = {}
    for entity in _entities(text, content_type):
        if isinstance(entity, Mention):
            handles.setdefault(entity.handle.key, entity.handle)
    return list(handles.values())


def find_hashtags(text: str, content_type: str = PLAIN) -> list[str]:
    """The hashtags of `text` as typed, without `#`, each once (compared by `find_tag_key`), in order.

    Raises:
        InvalidInput: `content_type` is neither text/plain nor text/markdown.
    """
    names: dict[object, str] = {}
    for entity in _entities(text, content_type):
        if isinstance(entity, Hashtag):
            names.setdefault(find_tag_key(entity.name), entity.name)
    return list(names.values())


def render(
    text: str,
    content_type: str,
    mentions: Mapping[Handle, MentionTarget],
    hashtag_url: Callable[[str], str],
    *,
    article: bool = False,
    pictures: Mapping[int, Picture] | None = None,
) -> str:
    """The HTML of a post; handles missing in `mentions` stay plain text.

    `hashtag_url` gets the key of a tag (`find_tag_key`). With `article` the headings of Markdown stay headings.
    `pictures` are those that Markdown may place, by their numbers.

    Raises:
        InvalidInput: `content_type` is neither text/plain nor text/markdown.
        MalformedActivity: Markdown nested deeper or longer than a post may be.
    """
    rendering = Rendering({handle.key: target for handle, target in mentions.items()}, hashtag_url, pictures or {})
    if _is_markdown(content_type):
        from usi_fed.text import markdown  # noqa: PLC0415 - see `_entities`

        return markdown.render(clean_typed(text), rendering, article=article)
    return _paragraphs(clean_typed(text), rendering)


def _paragraphs(text: str, rendering: Rendering) -> str:
    parts = []
    position = 0
    for entity in find_entities(text):
        parts.append(_escaped(text[position : entity.start]))
        parts.append(entity_html(entity, text[entity.start : entity.end], rendering))
        position = entity.end
    parts.append(_escaped(text[position:]))
    return f"<p>{''.join(parts)}</p>" if text else ""


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\n\n", "</p><p>").replace("\n", "<br>")


def _entities(text: str, content_type: str) -> Sequence[Entity]:
    if _is_markdown(content_type):
        # Most posts are plain text: a server need not wait at its start for the library of the others.
        from usi_fed.text import markdown  # noqa: PLC0415

        return markdown.find_named(clean_typed(text))
    return list(find_entities(clean_typed(text)))


def _is_markdown(content_type: str) -> bool:
    """Whether a text is Markdown.

    Raises:
        InvalidInput: neither text/plain nor text/markdown.
    """
    if content_type not in {PLAIN, MARKDOWN}:
        raise InvalidInput("content_type", f"must be {PLAIN} or {MARKDOWN}")
    return content_type == MARKDOWN
