"""Stills: XDoG's truths, every picture of what the program sees, and the command that writes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import draw_pear
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from sample_subjects import X, Y, face

import picasso_series
from picasso_series.cli.app import run
from picasso_series.cli.still import KINDS as OFFERED
from picasso_series.errors import BadInputError, MissingError
from picasso_series.photo import Photo, load_photo
from picasso_series.stills import ENLARGED, KINDS, Seen, contact_sheet
from picasso_series.strokes import CANVAS
from picasso_series.xdog import xdog_ink

SIDE = ENLARGED * CANVAS


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    return Seen(load_photo(draw_pear(tmp_path / "pear.png")), encoder="structure")


def noise(seed: int, height: int = 60, width: int = 80) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


# XDoG


@pytest.mark.parametrize("tone", [0, 90, 255])
def test_an_even_photo_has_no_lines(tone: int) -> None:
    assert not xdog_ink(np.full((CANVAS, CANVAS, 3), tone, np.uint8)).any()


def test_a_dark_line_on_white_is_found_and_nothing_far_from_it() -> None:
    rgb = np.full((CANVAS, CANVAS, 3), 255, np.uint8)
    rgb[100:103, 40:180] = 0
    found = xdog_ink(rgb)
    assert (found[101, 45:175] == 1).all()
    far = (abs(Y - 101.5) > 30) | (abs(X - 110) > 100)
    assert not found[far].any()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_ink_is_all_or_nothing_and_turns_with_the_photo(seed: int) -> None:
    rgb = noise(seed)
    ink = xdog_ink(rgb)
    assert (ink.dtype, ink.shape) == (np.float32, rgb.shape[:2])
    assert set(np.unique(ink)) == {0, 1}
    for turned, back in ((rgb.transpose(1, 0, 2), ink.T), (rgb[::-1], ink[::-1]), (rgb[:, ::-1], ink[:, ::-1])):
        np.testing.assert_array_equal(xdog_ink(np.ascontiguousarray(turned)), back)


def test_channels_count_alike() -> None:
    rgb = noise(5)
    np.testing.assert_array_equal(xdog_ink(rgb), xdog_ink(np.ascontiguousarray(rgb[..., ::-1])))


# Pictures


def test_the_command_offers_every_still_there_is() -> None:
    assert tuple(KINDS) == OFFERED


@pytest.mark.parametrize("kind", KINDS)
def test_every_still_is_a_picture_of_one_size_that_shows_something(seen: Seen, kind: str) -> None:
    picture = seen.still(kind)
    assert (picture.shape, picture.dtype) == ((SIDE, SIDE, 3), np.uint8)
    assert np.ptp(picture) > 50


def test_a_map_shows_the_numbers_that_the_drawing_takes(seen: Seen) -> None:
    def small(kind: str) -> NDArray[np.uint8]:
        return seen.still(kind)[::ENLARGED, ::ENLARGED]

    np.testing.assert_array_equal(small("subject"), seen.subject.rgb)
    np.testing.assert_array_equal(small("xdog")[..., 0] < 128, xdog_ink(seen.subject.rgb) == 1)
    np.testing.assert_array_equal(small("mask")[..., 1] > 127, seen.subject.mask > 0.5)
    assert (small("saliency")[seen.subject.mask <= 0.5] == 0).all()


def test_first_strokes_are_as_many_as_asked_for_and_follow_the_seed(tmp_path: Path) -> None:
    photo = load_photo(draw_pear(tmp_path / "pear.png"))

    def squiggles(strokes: int, seed: int) -> NDArray[np.uint8]:
        return Seen(photo, encoder="structure", strokes=strokes, seed=seed).still("squiggles")

    one = squiggles(4, 0)
    np.testing.assert_array_equal(one, squiggles(4, 0))
    assert (one != squiggles(4, 1)).any()
    assert (one < 30).sum() < (squiggles(64, 0) < 30).sum()


def test_the_encoder_is_named_once_its_saliency_was_taken(seen: Seen) -> None:
    seen.still("xdog")
    assert seen.encoder is None
    seen.still("saliency")
    assert seen.encoder == ("structure", "asked for")


def test_a_photo_without_lines_has_a_still_without_strokes() -> None:
    ramp = np.repeat(np.linspace(90, 120, CANVAS).astype(np.uint8)[:, None, None], CANVAS, axis=1).repeat(3, axis=2)
    seen = Seen(Photo(ramp, None, CANVAS, CANVAS, "", "ramp"), mask="none")
    assert seen.lines == ()
    assert seen.still("contour").min() > 150


def test_the_sheet_holds_every_still(seen: Seen) -> None:
    sheet = contact_sheet(seen)
    assert sheet.shape[2] == 3
    # Every panel is half a still wide; the mask is the one with a black corner in the upper row beside saliency.
    assert sheet.shape[1] > 4 * SIDE // 2
    assert sheet.shape[0] > 2 * SIDE // 2
    corner = sheet[40, :, 0]
    assert (corner < 10).sum() > SIDE // 2


def test_clip_without_weights_and_a_bad_mask_are_told(tmp_path: Path) -> None:
    photo = load_photo(draw_pear(tmp_path / "pear.png"))
    with pytest.raises(MissingError):
        Seen(photo, encoder="clip").still("saliency")
    with pytest.raises(BadInputError):
        Seen(photo, mask=str(tmp_path / "none.png")).still("subject")
    assert Seen(photo, encoder="clip").still("xdog").shape == (SIDE, SIDE, 3)


# The command


@pytest.mark.usefixtures("photo")
def test_the_file_is_named_after_photo_and_still() -> None:
    assert run(["still", "pear.png", "--what", "xdog", "-q"]) == 0
    assert np.asarray(Image.open("pear-xdog.png")).shape == (SIDE, SIDE, 3)


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize("out", ["pear.png", "lines.jpg"])
def test_the_photo_is_never_written_over_and_a_still_is_a_png(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("pear.png").read_bytes()
    assert run(["still", "pear.png", "--what", "xdog", "-o", out]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert Path("pear.png").read_bytes() == before
    assert [path.name for path in Path().iterdir()] == ["pear.png"]


@pytest.mark.usefixtures("workplace")
def test_a_photo_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["still", "nothing.png"]) == 1
    assert "nothing.png" in capsys.readouterr().err


def test_a_cut_outs_mask_and_xdog_need_no_torch(photo: Path) -> None:
    program = (
        "import sys\nfrom picasso_series.cli.app import run\n"
        "code = max(run(['still', 'pear.png', '--what', what, '-q']) for what in ('xdog', 'mask'))\n"
        "sys.exit('imported torch' if 'torch' in sys.modules else code)"
    )
    home = Path(picasso_series.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={"PYTHONPATH": str(home)}, check=False)
    assert done.returncode == 0, done.stderr


def test_xdog_is_darkest_on_the_darkest_lines() -> None:
    subject = face()
    dark = subject.rgb[..., 0] < 60
    assert xdog_ink(subject.rgb)[dark].mean() > 3 * xdog_ink(subject.rgb)[~dark].mean()
