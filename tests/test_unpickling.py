"""Pickles in files of weights cannot take more than they bring."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from picasso_series.encoders.checkpoint import read_visual
from picasso_series.errors import BadInputError


def _archive(path: Path, data: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02Nr" + struct.pack("<I", 1 << 30) + b".",
        b"\x80\x02cout\nof\n.",
        b"\x80\x02ctorch\nSize\nq\x00](" + b"K\x01" * 100 + b"eq\x01" + b"h\x00h\x01\x85R" * 100 + b".",
        b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b".",
    ],
    ids=["places", "names", "copies", "bytes"],
)
def test_a_pickle_cannot_ask_for_more_memory_than_it_fills(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadInputError):
        read_visual(_archive(tmp_path / "w.pt", data))


def test_modules_within_modules_are_walked_through_to_an_end(tmp_path: Path) -> None:
    # Each module holds the one before twice: 2^60 ways through sixty of them.
    module = b"c__torch__\nM\n)\x81}(X\x01\x00\x00\x00ah\x01X\x01\x00\x00\x00bh\x01ubq\x01"
    data = b"\x80\x02}q\x01" + module * 60 + b"."
    with pytest.raises(BadInputError):
        read_visual(_archive(tmp_path / "w.pt", data))
