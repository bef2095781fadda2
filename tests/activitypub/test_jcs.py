import json
import struct

import pytest

from tests.activitypub.wire_fixtures import vector
from usi_fed.activitypub.jcs import canonical_json
from usi_fed.errors import MalformedActivity


@pytest.mark.parametrize("example", vector("jcs.json"), ids=lambda example: example["source"])
def test_examples_of_the_rfc(example):
    assert canonical_json(json.loads(example["input"])).decode() == example["canonical"]


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_of_the_rfc(bits, text):
    """Spec: RFC 8785 appendix B"""
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(number).decode() == text


@pytest.mark.parametrize(
    "value",
    [
        2**53,
        -(2**53),
        float("nan"),
        float("inf"),
        "\ud800",
        {"\ud800": 1},
        {1: 1},
        b"bytes",
    ],
)
def test_what_json_cannot_carry_is_malformed(value):
    with pytest.raises(MalformedActivity):
        canonical_json([value])


def test_endless_nesting_is_malformed():
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(MalformedActivity):
        canonical_json(value)
