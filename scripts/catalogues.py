"""Collects the messages of code and templates, and brings every catalogue up to date with them.

What is new stands there without a translation, what nobody says any more is gone; a test fails until all is said in
every language.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from usi_fed.translation import ENGLISH, LANGUAGES, catalogue_file

ROOT = Path(__file__).resolve().parent.parent
METHODS = [("usi_fed/**.py", "python"), ("web/templates/**.html", "jinja2"), ("web/templates/**.txt", "jinja2")]
KEYWORDS = {"gettext": None, "_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "Sentence": None}
HEAD = """# {name}: what USI Fed says, for its pages and mails. `make catalogues` adds what is new.
msgid ""
msgstr ""
"Language: {tag}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
OPTIONS = {"web/templates/**.html": {"trimmed": "true"}, "web/templates/**.txt": {"trimmed": "true"}}


def collect() -> Catalog:
    """Every message of code and templates, in English, with where it stands."""
    template = Catalog(project="usi_fed", charset="utf-8")
    for name in ("usi_fed", "web"):
        method_map = [(pattern.partition("/")[2], method) for pattern, method in METHODS if pattern.startswith(name)]
        options = {pattern.partition("/")[2]: given for pattern, given in OPTIONS.items() if pattern.startswith(name)}
        found = extract_from_dir(
            ROOT / name, method_map, options, KEYWORDS, comment_tags=["Translators:"], strip_comment_tags=True
        )
        for file, _line, message, comments, context in found:
            template.add(message, locations=[(f"{name}/{file}", 0)], auto_comments=comments, context=context)
    return template


def main() -> None:
    template = collect()
    for tag in LANGUAGES:
        if tag != ENGLISH:
            catalogue = read(tag)
            catalogue.update(template, no_fuzzy_matching=True)
            write(tag, catalogue)
            missing = sum(1 for message in catalogue if message.id and not is_said(message.string))
            print(f"  {tag}: {len(catalogue)} messages, {missing} not said yet")


def read(tag: str) -> Catalog:
    """The catalogue of a language; an empty one when there is none yet."""
    locale, path = LANGUAGES[tag].locale, catalogue_file(tag)
    if not path.exists():
        return Catalog(locale=locale, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def write(tag: str, catalogue: Catalog) -> None:
    """Without dates and line numbers, so that only what is said differs from version to version."""
    body = BytesIO()
    write_po(body, catalogue, width=110, omit_header=True, include_lineno=False, sort_output=True, ignore_obsolete=True)
    head = HEAD.format(name=LANGUAGES[tag].name, tag=tag.replace("-", "_"), plurals=catalogue.plural_forms)
    catalogue_file(tag).write_bytes(head.encode() + body.getvalue())


def is_said(string: object) -> bool:
    """Whether a message has all its forms."""
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    sys.exit(main())
