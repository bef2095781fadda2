import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from usi_fed.errors import InvalidInput
from usi_fed.media.documents import process_document
from usi_fed.media.jpeg import without_metadata

SECRET = "SECRET-MEMBER-LIST"


def photo() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "JPEG", exif=exif, comment=SECRET.encode())
    return buffer.getvalue()


def document() -> pikepdf.Pdf:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    pdf.docinfo["/Author"] = SECRET
    pdf.Root.Metadata = pdf.make_stream(SECRET.encode(), Type=Name.Metadata, Subtype=Name.XML)
    script = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{SECRET}')"))
    launch = Dictionary(S=Name.Launch, F=String(SECRET), Win=Dictionary(F=String(SECRET)))
    pdf.Root.OpenAction = pdf.make_indirect(script)
    pdf.Root.AA = Dictionary(WC=script)
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(SECRET.encode()))
    pdf.Root.Names = Dictionary(
        JavaScript=Dictionary(Names=Array([String("x"), script])),
        EmbeddedFiles=Dictionary(
            Names=Array(
                [String("a"), Dictionary(Type=Name.Filespec, EF=Dictionary(F=pdf.make_stream(SECRET.encode())))]
            )
        ),
    )
    box = Array([0, 0, 9, 9])
    link = {"Type": Name.Annot, "Subtype": Name.Link, "Rect": box}
    page.obj.AA = Dictionary(O=launch)
    page.obj.PieceInfo = Dictionary(X=String(SECRET))
    page.obj.Annots = Array(
        [
            pdf.make_indirect(Dictionary(**link, A=launch)),
            Dictionary(
                **link, A=pdf.make_indirect(Dictionary(S=Name.URI, URI=String("https://kept.example/"), Next=launch))
            ),
            Dictionary(**link, A=Dictionary(S=Name.GoTo, D=String("kept-place"), Next=Array([script]))),
            Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=box, FS=String(SECRET)),
            pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=box, X=String(SECRET))),
        ]
    )
    image = pdf.make_stream(photo(), Type=Name.XObject, Subtype=Name.Image, Width=8, Height=8)
    image.ColorSpace, image.BitsPerComponent, image.Filter = Name.DeviceRGB, 8, Name.DCTDecode
    page.obj.Resources = Dictionary(XObject=Dictionary(I=image))
    page.obj.Contents = pdf.make_stream(b"q 9 0 0 9 0 0 cm /I Do Q % visible content")
    return pdf


def saved(pdf: pikepdf.Pdf, **options) -> bytes:
    buffer = io.BytesIO()
    pdf.save(buffer, **options)
    return buffer.getvalue()


def process(tmp_path, data: bytes):
    source = tmp_path / "upload"
    source.write_bytes(data)
    target = tmp_path / "stored"
    target.mkdir()
    done = process_document(source, target)
    return target / done.original.name


def everything(data: bytes) -> bytes:
    """The document with all streams unpacked, so that nothing can hide in them."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return saved(
            pdf,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        )


def test_metadata_scripts_and_attachments_are_gone(tmp_path):
    data = saved(document())
    assert SECRET.encode() in everything(data)
    plain = everything(process(tmp_path, data).read_bytes())
    assert SECRET.encode() not in plain
    for word in (
        b"/JavaScript",
        b"/Launch",
        b"/OpenAction",
        b"/AA",
        b"/EmbeddedFiles",
        b"/Metadata",
        b"/XFA",
        b"/Author",
    ):
        assert word not in plain


def test_pages_links_and_pictures_stay(tmp_path):
    path = process(tmp_path, saved(document()))
    plain = everything(path.read_bytes())
    assert b"visible content" in plain
    assert b"https://kept.example/" in plain
    assert b"kept-place" in plain
    with pikepdf.open(path) as pdf:
        image = pdf.pages[0].obj.Resources.XObject.I
        assert Image.open(io.BytesIO(image.read_raw_bytes())).getpixel((2, 2))[0] > 200


@pytest.mark.parametrize("password", ["", "secret"])
def test_encrypted_document_is_refused(tmp_path, password):
    data = saved(document(), encryption=pikepdf.Encryption(owner="owner", user=password))
    with pytest.raises(InvalidInput, match="encrypted"):
        process(tmp_path, data)
    assert list((tmp_path / "stored").iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n<script>alert(1)</script>",
        b"%PDF-",
        saved(document())[:-300],
        saved(document())[:700],
        saved(pikepdf.new()),
    ],
    ids=["script", "empty", "truncated", "cut", "no page"],
)
def test_broken_document_is_refused(tmp_path, data):
    with pytest.raises(InvalidInput, match="PDF"):
        process(tmp_path, data)
    assert list((tmp_path / "stored").iterdir()) == []


def test_jpeg_loses_its_metadata_and_not_its_pixels():
    bare = without_metadata(photo())
    assert SECRET.encode() in photo()
    assert SECRET.encode() not in bare
    assert Image.open(io.BytesIO(bare)).tobytes() == Image.open(io.BytesIO(photo())).tobytes()
    assert without_metadata(b"no jpeg") == b"no jpeg"
