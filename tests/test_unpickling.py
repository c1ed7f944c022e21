"""Pickles in files of weights cannot take more than they bring."""

from __future__ import annotations

import pickle
import struct
import zipfile
from pathlib import Path

import pytest

from picasso_series.encoders.checkpoint import read_visual
from picasso_series.encoders.unpickling import described_tensors
from picasso_series.errors import BadInputError

_TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQ"
    b"K\x00K\x01\x85K\x01\x85\x89NtR"
)
"""A tensor of one number, as torch describes it."""
_BIG_NAME = b"X" + struct.pack("<I", 1 << 20) + b"n" * (1 << 20)


def _text(number: int) -> bytes:
    return b"X\x05\x00\x00\x00" + b"%05d" % number


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
        b"\x80\x02})" + b"2\x86" * 60 + b"Ns.",
        b"\x80\x02})" + b"q\x01h\x01\x86" * 60 + b"Ns.",
        b"\x80\x02})" + b"q\x01Nbh\x01\x86" * 60 + b"Ns.",
        b"\x80\x02})" + b"q\x01" + b"(" + b"h\x01" * 200 + b"tq\x01" + (b"(" + b"h\x01" * 200 + b"tq\x01") * 8 + b"Ns.",
        b"\x80\x02})" + b"q\x01ctorch._utils\n_rebuild_parameter\nh\x01h\x01\x86\x85R" * 60 + b"Ns.",
        b"\x80\x04})" + b"\x94h\x00\x86" + b"q\x01h\x01\x86" * 60 + b"Ns.",
        b"\x80\x02})" + b"\x85" * 2_000_000 + b"Ns.",
        b"\x80\x02}("
        + b"".join(b"\x8a\x0a" + (number * ((1 << 61) - 1)).to_bytes(10, "little") + b"N" for number in range(300_000))
        + b"u.",
        b"\x80\x02c__torch__\nM\n)\x81}(" + _BIG_NAME + _TENSOR + b"ubq\x01}(" + b"".join(_text(n) + b"h\x01" for n in range(9000)) + b"u.",
        b"\x80\x02c__torch__\nM\n)\x81}("
        + b"".join(_text(n) + (_TENSOR + b"q\x02" if n == 0 else b"h\x02") for n in range(9000))
        + b"ubq\x01}("
        + b"".join(_text(n) + b"h\x01" for n in range(9000))
        + b"u.",
    ],
    ids=[
        *("places", "names", "copies", "bytes", "doubled key", "shared key", "hidden key", "wide key", "returned key", "memoized key"),
        *("deep key", "colliding keys", "long names", "many names"),
    ],
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


@pytest.mark.parametrize("change", [b"}X\x03\x00\x00\x00keyNsb", b"Nb"], ids=["attribute", "nothing"])
def test_a_pickle_cannot_change_a_description_that_is_checked(change: bytes) -> None:
    fine = b"\x80\x02}X\x01\x00\x00\x00w" + _TENSOR
    assert described_tensors(fine + b"s.")["w"].size == (1,)
    with pytest.raises(TypeError, match="no state"):
        described_tensors(fine + change + b"s.")


def test_tensors_without_text_for_a_name_are_refused() -> None:
    with pytest.raises(ValueError, match="no fit name"):
        described_tensors(b"\x80\x02}K\x01" + _TENSOR + b"s.")


def test_what_stands_beside_the_tensors_may_share_tuples_and_number_its_states() -> None:
    betas = (0.9, 0.999)
    shared = [{"betas": betas, "both": (betas, betas)} for _ in range(9)]
    beside = {"state": {number: {"step": 3} for number in range(3000)}, "groups": shared}
    for protocol in (2, 4):
        assert described_tensors(pickle.dumps({"state_dict": {}, "optimizer": beside}, protocol)) == {}
