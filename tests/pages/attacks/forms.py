"""The forms of a page, as a browser would send them."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from tests.pages.signing import PASSWORD

# What people type, by the name of the field; whatever else is empty gets a word.
TYPED = {
    "password": PASSWORD,
    "username": "newcomer",
    "email": "new@mail.example",
    "address": "@ben@union.example",
    "server": "spam.example",
    "domain": "spam.example",
    "url": "https://127.0.0.9/list.csv",
    "uri": "https://127.0.0.9/users/ben",
    "code": "123456",
    "login": "ben",
    "ip": "198.51.100.0/24",
    "days": "7",
}
_TICKED = {"checkbox", "radio"}
_TEXTS = {None, "text", "search"}


@dataclass(frozen=True)
class Form:
    """Its address, whether it takes files, what its fields hold; which take files, and which any text."""

    action: str
    is_upload: bool
    fields: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def path(self):
        return urlsplit(self.action).path

    def filled(self, **more):
        """The fields with something in each of them, and without the token."""
        typed = {name: value or TYPED.get(name, "word") for name, value in self.fields.items() if name != "form_token"}
        return {**typed, **more}

    async def send(self, browser, headers=None, **fields):
        """Send it as it stands, but for `fields`; where it takes a file (and not a picture), that is a list."""
        sent = {**self.fields, **fields}
        if self.is_upload:
            files = [("file", "list.csv", "text/csv", b"spam.example\n")] if "file" in self.files else ()
            return await browser.upload("POST", self.action, files, sent, headers)
        return await browser.post(self.action, sent, headers=headers)


def forms_in(page):
    """All forms of a page that are sent with POST; one with a button that leads elsewhere is two."""
    tree = LexborHTMLParser(page.text)
    nodes = [node for node in tree.css("form") if node.attributes.get("method") == "post"]
    found = [(_form(tree, node), node) for node in nodes]
    others = [replace(form, action=button.attributes["formaction"]) for form, node in found
              for button in node.css("button[formaction]")]  # fmt: skip
    return [form for form, _ in found] + others


def _form(tree, node):
    inside = node.css("input, textarea, select, button")
    name = node.attributes.get("id")
    outside = tree.css(f'[form="{name}"]') if name else []
    fields, files, texts = {}, [], []
    for one in (*inside, *outside):
        kind, value = one.attributes.get("type"), _value(one)
        key = one.attributes.get("name")
        is_taken = kind in _TICKED and key in fields
        if not key or is_taken or (one.tag == "button" and key in fields):
            continue
        if kind == "file":
            files.append(key)
        else:
            fields[key] = value
            texts += [key] * (one.tag == "textarea" or (one.tag == "input" and kind in _TEXTS))
    action = node.attributes.get("action") or ""
    return Form(action, node.attributes.get("enctype") == "multipart/form-data", fields, tuple(files), tuple(texts))


def _value(one):
    if one.tag == "textarea":
        return one.text()
    if one.tag == "select":
        options = one.css("option")
        chosen = [option for option in options if "selected" in option.attributes] or options[-1:]
        return chosen[0].attributes.get("value") or "" if chosen else ""
    return one.attributes.get("value") or ("on" if one.attributes.get("type") == "checkbox" else "")
