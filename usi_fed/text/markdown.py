"""Markdown: CommonMark with strikethrough and bare links, without HTML; pictures become links."""

from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from usi_fed.text.entities import Hashtag, Mention, entity_at
from usi_fed.text.links import Rendering, entity_html, link_html
from usi_fed.text.sanitise import sanitise

_MARKS = "@#\uff03"


def render(text: str, rendering: Rendering, *, article: bool = False) -> str:
    """The sanitised HTML of a text in Markdown; with `article` headings stay headings.

    Raises:
        MalformedActivity: the HTML is longer or nested deeper than `sanitise` takes.
    """
    return sanitise(_MARKDOWN.render(text, {"rendering": rendering}), article=article)


def find_named(text: str) -> list[Mention | Hashtag]:
    """The mentions and hashtags that are not inside code or inside the text of a link."""
    found: list[Mention | Hashtag] = []
    for block in _MARKDOWN.parse(text):
        children = block.children or ()
        found += [token.meta["entity"] for token in children if token.type == "named"]
    return found


def _read_named(state: StateInline, silent: bool) -> bool:
    """Inline rule: a mention or hashtag begins here. Before emphasis, so that `_` in a name stays."""
    if state.src[state.pos] not in _MARKS or state.linkLevel > 0:
        return False
    entity = entity_at(state.src, state.pos)
    if not isinstance(entity, Mention | Hashtag) or entity.end > state.posMax:
        return False
    if not silent:
        token = state.push("named", "", 0)
        token.content = state.src[entity.start : entity.end]
        token.meta = {"entity": entity}
    state.pos = entity.end
    return True


def _join_bare_links(state: StateCore) -> None:
    """Core rule: a link that shows its own address becomes one token, to be shortened."""
    for block in state.tokens:
        if not block.children:
            continue
        joined: list[Token] = []
        skip = 0
        for token in block.children:
            if skip:
                skip -= 1
            elif token.type == "link_open" and token.info == "auto":
                joined.append(Token("bare_link", "", 0, content=str(token.attrs["href"])))
                skip = 2
            else:
                joined.append(token)
        block.children = joined


def _named(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    return entity_html(token.meta["entity"], token.content, env["rendering"])


def _bare_link(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return link_html(tokens[index].content)


def _picture_as_link(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    token = tokens[index]
    address = str(token.attrs["src"])
    return f'<a href="{escape(address)}">{escape(token.content or address, quote=False)}</a>'


def _markdown() -> MarkdownIt:
    options: dict[str, Any] = {"html": False, "breaks": True, "linkify": True, "maxNesting": 20}
    parser = MarkdownIt("commonmark", options).enable(["strikethrough", "linkify"])
    # The core rule would also link what has no scheme; the inline rule of the same name takes whole addresses.
    parser.core.ruler.disable("linkify")
    parser.inline.ruler.before("emphasis", "named", _read_named)
    # What a person types comes back as typed: `&amp;` is not read as `&`.
    parser.inline.ruler.disable("entity")
    parser.inline.add_terminator_char("\uff03")
    parser.core.ruler.push("join_bare_links", _join_bare_links)
    for name, rule in (("named", _named), ("bare_link", _bare_link), ("image", _picture_as_link)):
        parser.add_render_rule(name, rule)
    return parser


_MARKDOWN = _markdown()
