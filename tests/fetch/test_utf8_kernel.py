"""The kernel's check of UTF-8 says what Python's decoder says, wherever it is cut."""

from __future__ import annotations

import itertools
import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.errors import DecodeError
from spreports.fetch import utf8
from spreports.fetch.kernel.sandbox import Sandboxes

# One of each kind of byte, and those on both sides of each border
EDGES = bytes.fromhex(
    "00 41 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 f7 f8 ff"
)
BOXES = Sandboxes(b"")

pytestmark = pytest.mark.usefixtures("by_kernel")


def passes(text: bytes) -> bool:
    with BOXES.one() as (sandbox, _):
        return sandbox.run("utf8", pa.py_buffer(text)) == 0


def is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("before", [0, 13, 14, 15, 61, 62, 63])
def test_every_three_bytes_at_every_seam(before: int) -> None:
    for three in itertools.product(EDGES, repeat=3):
        text = b"a" * before + bytes(three)
        assert passes(text) == is_utf8(text), text


@pytest.mark.slow
def test_four_bytes_anywhere_and_whatever_lay_there_before() -> None:
    draw = random.Random(1)  # noqa: S311 - no secret
    for _ in range(20_000):
        four = bytes(draw.choice(EDGES) for _ in range(4))
        text = b"a" * draw.randrange(80) + four + b"b" * draw.randrange(80)
        assert passes(text) == is_utf8(text), text


@given(st.text(max_size=300), st.binary(max_size=3), st.integers(0, 900))
def test_any_text_and_any_damage(text: str, damage: bytes, at: int) -> None:
    whole = text.encode("utf-8", "surrogatepass")
    for each in (whole, whole[:at], whole[:at] + damage + whole[at:]):
        assert passes(each) == is_utf8(each)


@pytest.mark.parametrize("size", [7, 4_096, 1 << 16])
def test_a_text_of_many_letters_is_checked_by_the_kernel(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    def counted(data: bytes) -> int:
        asked.append(data)
        return valid_bytes(data)

    valid_bytes = utf8._valid_bytes
    monkeypatch.setattr(utf8, "_valid_bytes", counted)
    line = "在庫一覧\t商品名😀\n".encode()
    text = line * (200 * size // len(line) + 1)
    cut = [text[at : at + size] for at in range(0, len(text), size)]

    assert b"".join(utf8.check_utf8(cut)) == text
    assert asked == []

    broken = [*cut, b"\xe5\x9c", *cut]
    with pytest.raises(DecodeError) as caught:
        list(utf8.check_utf8(broken))
    assert caught.value.offset == len(text)
    assert len(asked) == 1
