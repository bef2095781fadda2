"""The templates of the pages that belong to the API: signing in and consent."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parents[2] / "web" / "templates"

_templates = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def page(template: str, **values: Any) -> bytes:  # noqa: ANN401 - whatever the template shows
    """A page as UTF-8; every value is escaped."""
    return _templates.get_template(template).render(values).encode()
