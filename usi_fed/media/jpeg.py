"""Metadata out of JPEG data that must stay bit for bit the same picture."""

_START_OF_SCAN = 0xDA
_REMOVED = {0xE1, 0xED, 0xFE}


def without_metadata(data: bytes) -> bytes:
    """JPEG data without APP1 (EXIF, XMP), APP13 (IPTC) and comments; other data unchanged.

    Spec: ITU-T T.81 annex B.1.1.4 (marker segments)
    """
    if not data.startswith(b"\xff\xd8"):
        return data
    kept = [data[:2]]
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _START_OF_SCAN:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] not in _REMOVED:
            kept.append(data[at:end])
        at = end
    kept.append(data[at:])
    return b"".join(kept)
