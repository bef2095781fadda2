"""Markdown: CommonMark with strikethrough, bare links, mentions and hashtags, without HTML.

Pictures of other places become links.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import cast

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from usi_fed.text.entities import Entity, entity_at
from usi_fed.text.links import Rendering, entity_html, picture_html
from usi_fed.text.sanitise import sanitise

_FIRST = ":@#\uff03"
_SCHEME = re.compile(r"[a-z]+$", re.IGNORECASE)
_LONGEST_SCHEME = len("gemini")


def render(text: str, rendering: Rendering, *, article: bool = False) -> str:
    """The sanitised HTML of a text in Markdown; with `article` headings stay headings.

    Raises:
        MalformedActivity: the HTML is longer or nested deeper than `sanitise` takes.
    """
    env: dict[str, object] = {"rendering": rendering, "placed": {}}
    html = sanitise(_MARKDOWN.render(text, env), article=article)
    placed = cast(dict[str, str], env["placed"])
    for mark, picture in placed.items():
        html = html.replace(mark, picture)
    return html


def find_named(text: str) -> list[Entity]:
    """The bare links, mentions and hashtags that are not inside code or inside the text of a link."""
    found: list[Entity] = []
    for block in _MARKDOWN.parse(text):
        children = block.children or ()
        found += [token.meta["entity"] for token in children if token.type == "named"]
    return found


def _read_named(state: StateInline, silent: bool) -> bool:
    """Inline rule: an address, mention or hashtag begins here; before emphasis, so that its `_` stays."""
    if state.linkLevel > 0 or state.src[state.pos] not in _FIRST:
        return False
    scheme = _scheme_before(state) if state.src[state.pos] == ":" else ""
    entity = entity_at(state.src, state.pos - len(scheme))
    if entity is None or entity.end > state.posMax:
        return False
    if not silent:
        # The letters of the scheme were taken for text before its colon was seen.
        state.pending = state.pending.removesuffix(scheme)
        token = state.push("named", "", 0)
        token.content = state.src[entity.start : entity.end]
        token.meta = {"entity": entity}
    state.pos = entity.end
    return True


def _scheme_before(state: StateInline) -> str:
    match = _SCHEME.search(state.src[max(state.pos - _LONGEST_SCHEME - 1, 0) : state.pos])
    return match[0] if match and (state.pending.endswith(match[0])) else ""


def _named(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    return entity_html(token.meta["entity"], token.content, env["rendering"])


def _picture(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    """A picture of ours by its number; one from elsewhere would tell its server who reads, so it becomes a link."""
    token = tokens[index]
    address = str(token.attrs["src"])
    rendering: Rendering = env["rendering"]
    number = int(address) if address.isascii() and address.isdigit() and len(address) < 4 else 0
    if number in rendering.pictures:
        words = renderer.renderInlineAsText(token.children, options, env) if token.children else ""
        mark = f"{rendering.mark}-{len(env['placed'])}\ue001"
        env["placed"][mark] = picture_html(rendering.pictures[number], words)
        return mark
    description = renderer.renderInlineAsText(token.children, options, env) if token.children else address
    return f'<a href="{escape(address)}">{escape(description, quote=False)}</a>'


def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).enable("strikethrough")
    parser.inline.ruler.before("emphasis", "named", _read_named)
    parser.inline.add_terminator_char("\uff03")
    # What a person types comes back as typed: `&amp;` is not read as `&`.
    parser.inline.ruler.disable("entity")
    parser.add_render_rule("named", _named)
    parser.add_render_rule("image", _picture)
    return parser


_MARKDOWN = _markdown()
