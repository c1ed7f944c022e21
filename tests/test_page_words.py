"""The words, sizes and paths of pages and galleries."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sample_run import tiny_mp4

from picasso_series.errors import BadInputError
from picasso_series.gallery.media import pixel_size
from picasso_series.gallery.privacy import without_private_paths
from picasso_series.gallery.words import counted, duration, fates, file_size, listed, slug
from picasso_series.levels import Lineage


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (listed(["32"]), "32"),
        (listed(["8", "4"]), "8 and 4"),
        (listed(["16", "8", "4"]), "16, 8 and 4"),
        (counted(1, "state", spelled=True), "one state"),
        (counted(13, "state", spelled=True), "13 states"),
        (counted(4, "stroke"), "4 strokes"),
        (file_size(1), "1 byte"),
        (file_size(999), "999 bytes"),
        (file_size(1000), "1 kB"),
        (file_size(999_499), "999 kB"),
        (file_size(999_500), "1.0 MB"),
        (file_size(2_449_000), "2.4 MB"),
        (duration(0), "0.0 s"),
        (duration(3.21), "3.2 s"),
        (duration(59.94), "59.9 s"),
        (duration(59.96), "1 min 0 s"),
        (duration(125), "2 min 5 s"),
        (fates(Lineage((1,), {2: (3,)}, (4,)), 4), "Of the 4 strokes before, 1 goes on, 1 takes in one neighbor and 1 leaves."),
        (fates(Lineage(), 4), ""),
    ],
)
def test_numbers_are_said_as_people_say_them(said: str, words: str) -> None:
    assert said == words


@given(st.text())
def test_slugs_are_plain_names(text: str) -> None:
    name = slug(text)
    assert name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert name == slug(name)
    assert len(name) <= 60


def test_sizes_are_read_from_the_files(tmp_path: Path) -> None:
    import imageio_ffmpeg

    film = tmp_path / "film.mp4"
    source = ["-f", "lavfi", "-i", "color=white:size=128x72:duration=0.1:rate=10", "-f", "lavfi", "-i", "anullsrc", "-shortest"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, "-threads", "1", str(film)], check=True)
    assert pixel_size(film) == (128, 72)
    Image.new("RGB", (31, 17)).save(tmp_path / "a.webp")
    assert pixel_size(tmp_path / "a.webp") == (31, 17)
    (tmp_path / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 448.4 224'></svg>", encoding="utf-8")
    assert pixel_size(tmp_path / "a.svg") == (448, 224)


@given(st.integers(0, 500), st.binary(max_size=40))
def test_a_damaged_film_is_bad_input_or_still_readable(cut: int, noise: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        film.write_bytes(tiny_mp4(64, 48)[:cut] + noise)
        with suppress(BadInputError):
            width, height = pixel_size(film)
            assert width > 0
            assert height > 0


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("/home/anna/x.pt", "x.pt"),
        ("weights in /home/anna maria/cache/x.pt are there", "weights in x.pt are there"),
        ("C:\\Users\\anna\\x.pt.", "x.pt."),
        ("see https://example.org/a/b and and/or 1/2", "see https://example.org/a/b and and/or 1/2"),
        ("mask=/srv/anna/m.png,", "mask=m.png,"),
        ("clip:ViT-B/32", "clip:ViT-B/32"),
        ("no path at all", "no path at all"),
        ("", ""),
    ],
)
def test_sentences_keep_their_words_and_lose_their_folders(said: str, told: str) -> None:
    assert without_private_paths({"reason": [said, 3, None, True]}) == {"reason": [told, 3, None, True]}


NAMES = st.text("abcXYZ019_-. ", min_size=1, max_size=8).filter(lambda name: name.strip(" .") == name)


@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from(["/", "~/", "C:\\"]), st.sampled_from(["", "in ", '"', "--mask="]))
def test_no_folder_of_an_absolute_path_survives(folders: list[str], root: str, before: str) -> None:
    join = "\\" if root == "C:\\" else "/"
    text = before + root + join.join([*(f"Q{folder}" for folder in folders), "file.png"])
    assert "Q" not in without_private_paths(text)
    assert without_private_paths(text).endswith("file.png")


def test_a_manifest_is_not_changed_in_place() -> None:
    value: dict[str, Any] = {"a": {"b": ["/x/y"]}}
    assert without_private_paths(value) == {"a": {"b": ["y"]}}
    assert value == {"a": {"b": ["/x/y"]}}
