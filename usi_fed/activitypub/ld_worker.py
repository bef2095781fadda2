"""The child process that does JSON-LD: a script of its own, started by `linked_data`.

It imports pyld and nothing of ours, so that the memory and the risk of canonicalisation stay here. One request
a line on standard input, one answer a line on standard output, both JSON. Its first line says it is ready.

Canonicalisation takes time that grows out of all bounds with cleverly linked blank nodes (1,224 bytes took a
minute); the parent kills this process when it is slow, and the kernel does when it uses too much.
"""

import json
import re
import resource
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from pyld import jsonld
from pyld.documentloader.frozen import BUNDLED_CONTEXTS

_MAX_MEMORY_BYTES = 512 * 1024 * 1024
_MAX_CPU_SECONDS = 4
# Without a base of null, pyld takes relative names as relative to example.org.
_CANONICAL = {"algorithm": "URDNA2015", "format": "application/n-quads", "base": None}

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*+:")
_FORBIDDEN_IN_IRI = re.compile(r'[\x00-\x20<>"{}|\\^`]')
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*+")

Document = dict[str, Any]
Loader = Callable[[str, Document], Document]


def main() -> None:
    """Answer requests until standard input ends."""
    settings = json.loads(sys.stdin.readline())
    documents = {url: json.loads(Path(path).read_text()) for url, path in _documents(settings["contexts"])}
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    _reply({"is_ready": True})
    for line in sys.stdin:
        _limit_cpu()
        try:
            answer = _answer(json.loads(line), documents, settings["target"])
        except (jsonld.JsonLdError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            # What pyld raises for documents that are JSON but not JSON-LD is not only its own error.
            answer = {"error": type(error).__name__}
        _reply(answer)


def _documents(ours: dict[str, str]) -> list[tuple[str, str]]:
    return [*((url, str(path)) for url, path in BUNDLED_CONTEXTS.items()), *ours.items()]


def _answer(request: Document, documents: dict[str, Document], target: object) -> Document:
    load = _loader(documents, are_unknown_opaque=request["are_unknown_opaque"])
    answer: Document = {"hashes": [_hash(document, load) for document in request["hash"]]}
    if request["compact"] is not None:
        options = {"documentLoader": load, "base": None}
        proven = _proven_items(jsonld.expand(request["compact"], options))
        answer["compacted"] = jsonld.compact(proven, target, options)
    return answer


def _proven_items(values: list[Document]) -> list[Document]:
    """What of an expanded document the canonical hash covers.

    Terms that no context defines, and objects or types under a relative name, make no statement in RDF and are
    not hashed; compaction alone would carry them along, and anybody could add them to a signed document.
    """
    parts = [_proven_part(value) for value in values]
    return [part for part in parts if part is not None]


def _proven_part(value: Document) -> Document | None:
    if "@value" in value:
        return _proven_literal(value)
    if "@list" in value:
        return {"@list": _proven_items(value["@list"])}
    if "@id" in value and not _is_name(value["@id"]):
        return None
    part: Document = {"@id": value["@id"]} if "@id" in value else {}
    if types := [name for name in value.get("@type", []) if _is_name(name)]:
        part["@type"] = types
    for name, children in value.items():
        if (name == "@graph" or _is_name(name)) and (proven := _proven_items(children)):
            part[name] = proven
    return part


def _proven_literal(value: Document) -> Document | None:
    if not _LANGUAGE.fullmatch(value.get("@language", "en")):
        raise ValueError("a language tag that could pose as other statements")
    return value if "@type" not in value or _is_name(value["@type"]) else None


def _is_name(text: str) -> bool:
    """Whether a property, type or object has a name of its own: an absolute IRI.

    Raises:
        ValueError: it holds letters with which it could pose as several statements in N-Quads.
    """
    if _FORBIDDEN_IN_IRI.search(text):
        raise ValueError("an IRI with letters that no IRI has")
    return _ABSOLUTE.match(text) is not None


def _hash(document: Document, load: Loader) -> str:
    quads = jsonld.normalize(document, {**_CANONICAL, "documentLoader": load})
    return sha256(quads.encode()).hexdigest()


def _loader(documents: dict[str, Document], *, are_unknown_opaque: bool) -> Loader:
    def load(url: str, _options: Document) -> Document:
        document = documents.get(url)
        if document is None:
            if not are_unknown_opaque:
                raise jsonld.JsonLdError("unknown context", "jsonld.LoadDocumentError")
            document = {"@context": {}}
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document}

    return load


def _limit_cpu() -> None:
    """Allow so much for this request; the limit counts the whole life of the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + _MAX_CPU_SECONDS, resource.RLIM_INFINITY))


def _reply(answer: Document) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
