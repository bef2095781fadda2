"""The JSON Canonicalization Scheme: one text for one JSON value, so that it can be hashed."""

import rfc8785

from usi_fed.errors import MalformedActivity


def canonical_json(value: object) -> bytes:
    """The canonical UTF-8 text of a JSON value.

    Raises:
        MalformedActivity: it holds what JSON numbers and strings cannot carry faithfully (whole numbers beyond
            2⁵³ - 1, NaN, infinities, half a surrogate pair), something that is not JSON, or nests too deep.

    Spec: RFC 8785
    """
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]  # its own check is the one we rely on
    except (ValueError, RecursionError) as error:  # a surrogate in a key comes as UnicodeEncodeError
        raise MalformedActivity("the document has no canonical form") from error
