"""PDF documents without metadata, scripts and attached files. Runs in the media child only: imports pikepdf."""

from pathlib import Path

import pikepdf

from usi_fed.errors import InvalidInput
from usi_fed.media.files import keep, new_file
from usi_fed.media.inspect import PDF
from usi_fed.media.jpeg import without_metadata
from usi_fed.media.results import Processed
from usi_fed.sentences import Sentence

_MAX_PAGES = 5000
_MAX_DEPTH = 50
_REMOVED_KEYS = (
    *("/AA", "/OpenAction", "/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/AF", "/Collection", "/XFA"),
    *("/Metadata", "/PieceInfo", "/LastModified"),
)
_ACTION_KEYS = ("/A", "/PA", "/Next")
_HARMLESS_ACTIONS = frozenset({"/URI", "/GoTo", "/Named"})
_ACTIVE_ANNOTATIONS = frozenset({"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"})


def process_document(source: Path, target: Path) -> Processed:
    """Write a clean copy of a PDF into the folder `target`.

    Gone afterwards: document information, XMP, scripts, actions other than links within the document and to
    web addresses, attached files, media annotations, forms made of XML, and the metadata of photos (EXIF, XMP,
    IPTC). What the pages show stays.

    Raises:
        InvalidInput: broken, encrypted, empty or of more than 5000 pages.
    """
    try:
        with pikepdf.open(source, attempt_recovery=False, suppress_warnings=True) as pdf:
            _check(pdf)
            _clean(pdf)
            with new_file(target) as path:
                pdf.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
                return Processed(keep(path, PDF))
    except pikepdf.PasswordError as error:
        raise InvalidInput("file", Sentence("is an encrypted PDF; it must be readable without a password")) from error
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:
        # QPDF reports damage deep in a document through all of these.
        raise InvalidInput("file", Sentence("is not a readable PDF")) from error


def _check(pdf: pikepdf.Pdf) -> None:
    if pdf.is_encrypted:
        raise InvalidInput("file", Sentence("is an encrypted PDF; it must be readable without a password"))
    if not 0 < len(pdf.pages) <= _MAX_PAGES:
        raise InvalidInput("file", Sentence("is a PDF that must have between 1 and %(most)s pages", most=_MAX_PAGES))


def _clean(pdf: pikepdf.Pdf) -> None:
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    for page in pdf.pages:
        _drop_active_annotations(page.obj)
    for value in pdf.objects:
        _clean_value(value, 0)


def _drop_active_annotations(page: pikepdf.Object) -> None:
    annotations = page.get("/Annots")
    if annotations is None:
        return
    kept = [note for note in annotations if str(note.get("/Subtype")) not in _ACTIVE_ANNOTATIONS]
    page["/Annots"] = pikepdf.Array(kept)


def _clean_value(value: pikepdf.Object, depth: int) -> None:
    """Clean a value and what it holds directly; what it refers to is cleaned on its own."""
    if depth > _MAX_DEPTH:
        raise InvalidInput("file", Sentence("is a PDF nested too deeply"))
    if isinstance(value, pikepdf.Array):
        for member in list(value):
            _clean_direct(member, depth)
    elif isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
        for key in _REMOVED_KEYS:
            if key in value:
                del value[key]
        for key in _ACTION_KEYS:
            if key in value and _is_harmful_action(value[key]):
                del value[key]
        for key in list(value.keys()):
            _clean_direct(value[key], depth)
        if isinstance(value, pikepdf.Stream):
            _clean_photo(value)


def _clean_direct(member: object, depth: int) -> None:
    if isinstance(member, pikepdf.Object) and not member.is_indirect:
        _clean_value(member, depth + 1)


def _is_harmful_action(action: object) -> bool:
    if isinstance(action, pikepdf.Array):
        return any(map(_is_harmful_action, action))
    return isinstance(action, pikepdf.Dictionary) and str(action.get("/S", "/GoTo")) not in _HARMLESS_ACTIONS


def _clean_photo(stream: pikepdf.Stream) -> None:
    if str(stream.get("/Filter")) == "/DCTDecode" and "/DecodeParms" not in stream:
        data = without_metadata(stream.read_raw_bytes())
        stream.write(data, filter=pikepdf.Name.DCTDecode)
