"""host-meta: where to ask WebFinger when a domain has moved it.

Spec: RFC 6415 section 2, XRD 1.0.
"""

from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from usi_fed.errors import MalformedActivity

HOST_META_TYPE = "application/xrd+xml"
HOST_META_TYPES = frozenset({HOST_META_TYPE, "application/xml", "text/xml"})
HOST_META_ACCEPT = "application/xrd+xml, application/xml, text/xml"

_XRD = "http://docs.oasis-open.org/ns/xri/xrd-1.0"


def parse_host_meta(raw: bytes) -> str:
    """Find the `lrdd` template, a URL with `{uri}` in it, in an untrusted XRD document.

    A document type declaration is refused, and with it every entity that could expand or be fetched.

    Raises:
        MalformedActivity: not XML, with a document type declaration, or without such a template.
    """
    templates: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        template = attributes.get("template", "")
        if name == f"{_XRD} Link" and attributes.get("rel") == "lrdd" and "{uri}" in template:
            templates.append(template)

    def refuse(*_: object) -> None:
        raise MalformedActivity("host-meta has a document type declaration")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise MalformedActivity("host-meta is not XML") from error
    if not templates:
        raise MalformedActivity("host-meta has no lrdd template")
    return templates[0]


def build_host_meta(origin: str) -> bytes:
    """The host-meta document of a server whose WebFinger is at `origin`."""
    template = quoteattr(f"{origin}/.well-known/webfinger?resource={{uri}}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<XRD xmlns="{_XRD}"><Link rel="lrdd" type="application/jrd+json" template={template}/></XRD>\n'
    ).encode()
