"""Film files: nothing left behind by a film that was not finished, colors that survive, palettes, and films that may weigh only so much."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from film_files import decode, small_frames
from sample_series import sample_series

from picasso_series.errors import MissingError, PicassoError, UsageError
from picasso_series.film import Filming, encode, film_names, write_film, write_films
from picasso_series.film.encode import GREYS, ffmpeg_path, film_palette, gif, ramp, webp, write_mp4
from picasso_series.film.thrift import GIF_DIET, WEBP_DIET, Diet, Portion, fitting, portions
from picasso_series.look import load_look

SERIES = sample_series()
LOOK = load_look()
PALETTE = film_palette(LOOK.paper, LOOK.ink, SERIES.subject.rgb)


def test_colors_survive(tmp_path: Path) -> None:
    """Terracotta stays terracotta; with the wrong matrix it would be off by ten."""
    frame = np.empty((64, 64, 4), np.uint8)
    frame[:] = (49, 75, 200, 255)
    write_mp4([(frame, 5)], tmp_path / "flat.mp4", (64, 64), 30)
    assert np.abs(decode(tmp_path / "flat.mp4", 64, 64)[2].astype(int) - (200, 75, 49)).max() <= 2


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be there")
@pytest.mark.parametrize("folder", ["-dash.jpg", "data:1.jpg", "100%d", "file:x", "-i"])
def test_a_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path(folder).mkdir()
    write_mp4([(np.zeros((64, 64, 4), np.uint8), 5)], Path(folder) / "film.mp4", (64, 64), 30)
    assert os.listdir(folder) == ["film.mp4"]
    assert os.listdir(tmp_path) == [folder]
    assert (Path(folder) / "film.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize("steps", [16, 12, 8, 6, 4])
def test_a_palette_leaves_a_color_free_for_what_is_transparent(steps: int) -> None:
    palette = film_palette(LOOK.paper, LOOK.ink, SERIES.subject.rgb, steps)
    assert len(palette) == 8 * steps - 1
    np.testing.assert_array_equal(palette[:steps], ramp(LOOK.paper, LOOK.ink, steps))
    assert len(film_palette(LOOK.paper, LOOK.ink, np.full((9, 9, 3), LOOK.paper, np.uint8), steps)) == 8 * steps - 1


@pytest.mark.parametrize(("paper", "ink"), [("#fcfaf6", "#161412"), ("#2b3236", "#f1eee4"), ("#00ff00", "#ff00ff"), ("white", "red")])
def test_lines_of_any_colors_stay_on_the_ramp(paper: str, ink: str) -> None:
    look = load_look(paper=paper, ink=ink)
    frame = np.zeros((8, 256, 4), np.uint8)
    shares = np.linspace(0, 1, 256)[:, None]
    frame[:, :, 2::-1] = np.rint(look.paper + shares * (np.array(look.ink, float) - look.paper))
    data = gif([(frame, 3)], 40, film_palette(look.paper, look.ink, SERIES.subject.rgb))
    ((shown, duration),) = small_frames(data)
    assert duration == 120
    assert {tuple(color) for color in shown.reshape(-1, 3)} == {tuple(color) for color in ramp(look.paper, look.ink)}
    way = np.abs(np.array(look.ink, int) - look.paper).max()
    assert np.abs(shown.astype(int) - frame[:, :, 2::-1]).max() <= way / (GREYS - 1) / 2 + 2


@pytest.mark.parametrize(("loop", "kind"), [(True, "gif"), (False, "gif"), (True, "webp"), (False, "webp")])
def test_a_small_film_loops_or_plays_once(loop: bool, kind: str) -> None:
    frames = [(np.full((32, 32, 4), value, np.uint8), 2) for value in (0, 120, 250)]
    data = gif(frames, 50, PALETTE, loop=loop) if kind == "gif" else webp(frames, 50, loop=loop)
    seen = small_frames(data)
    assert [duration for _, duration in seen] == [100, 100, 100]
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(data)) as picture:
        assert picture.info.get("loop", 1) == (0 if loop else 1)


def frames_then(error: BaseException) -> Iterator[tuple[np.ndarray, int]]:
    for _ in range(3):
        yield np.zeros((64, 64, 4), np.uint8), 1
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("stop"), GeneratorExit()])
@pytest.mark.parametrize("kind", ["mp4", "gif", "webp"])
def test_an_interrupted_film_leaves_no_file_and_keeps_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, kind: str
) -> None:
    path = tmp_path / f"series.{kind}"
    path.write_bytes(b"old")
    monkeypatch.setattr("picasso_series.film._frames", lambda *args: frames_then(error))
    with pytest.raises(type(error)):
        write_film(SERIES, path, filming=Filming(size=(64, 64)))
    assert os.listdir(tmp_path) == [path.name]
    assert path.read_bytes() == b"old"


def test_an_interrupted_film_ends_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*args: object, **kwargs: object) -> subprocess.Popen[bytes]:
        started.append(real(*args, **kwargs))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    with pytest.raises(KeyboardInterrupt):
        write_mp4(frames_then(KeyboardInterrupt()), tmp_path / "film.mp4", (64, 64), 30)
    assert len(started) == 1
    assert started[0].poll() is not None


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for ffmpeg is a shell script")
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 228", "the disk is full"),
        ("echo 'Unknown encoder' >&2; cat > /dev/null; exit 1", r"status 1 \(Unknown encoder\)"),
        ("exit 7", "status 7"),
        ("cat > /dev/null; exit 0", "No such file"),
    ],
)
def test_when_ffmpeg_fails_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str) -> None:
    fake = tmp_path / "ffmpeg"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(encode, "ffmpeg_path", lambda: str(fake))
    frame = np.zeros((256, 256, 4), np.uint8)
    with pytest.raises(PicassoError, match=words) as caught:
        write_mp4([(frame, 40)], tmp_path / "out" / "film.mp4", (256, 256), 30)
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path / "out") == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PicassoError, match="cannot be made"):
        write_films(SERIES, tmp_path / "file" / "films", ["series.gif"])
    with pytest.raises(UsageError, match="there is no folder"):
        SERIES.film(tmp_path / "nowhere" / "horse.gif")


def test_ffmpeg_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import imageio_ffmpeg

    def none() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", none)
    with pytest.raises(MissingError, match="pip install"):
        ffmpeg_path()


@pytest.mark.parametrize("size", [(101, 100), (100, 0)])
def test_odd_sizes_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="even sides"):
        Filming(size=size)


def test_unknown_kinds_formats_and_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="kinds takes series, trajectory, draw-on"):
        film_names(["making-of"], ["mp4"])
    with pytest.raises(UsageError, match="formats takes"):
        film_names(["series"], ["avi"])
    with pytest.raises(UsageError, match="formats takes"):
        write_film(SERIES, tmp_path / "trajectory.avi")
    with pytest.raises(UsageError, match="no option 'colour'"):
        SERIES.film(tmp_path / "horse.gif", colour="red")
    assert film_names(["series", "trajectory"], ["gif", "svg"]) == ["series.gif", "trajectory.gif", "series.svg", "trajectory.svg"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("diet", [GIF_DIET, WEBP_DIET])
def test_size_goes_first_then_rate_then_colors(diet: Diet) -> None:
    steps = list(portions(diet))
    assert steps[0] == Portion(diet.widths[0], diet.periods[0], diet.colors[0])
    assert len(steps) == len(set(steps)) == sum(map(len, (diet.widths, diet.periods, diet.colors))) - 2
    for before, after in zip(steps, steps[1:], strict=False):
        shrunk = [name for name in ("width", "period", "colors") if getattr(before, name) != getattr(after, name)]
        assert len(shrunk) == 1
        if shrunk != ["width"]:
            assert after.width == diet.widths[-1]
        if shrunk == ["colors"]:
            assert after.period == diet.periods[-1]
    assert all(period % 10 == 0 for period in diet.periods), "GIF counts hundredths of a second"


@pytest.mark.parametrize("most", [None, 10**9, 60_000, 30_000, 12_000])
def test_the_first_portion_that_fits_is_taken(most: int | None) -> None:
    made: list[Portion] = []

    def make(portion: Portion) -> bytes:
        made.append(portion)
        return bytes(portion.width * 4000 // portion.period)

    data = fitting(make, GIF_DIET, most, "film.gif")
    assert most is None or len(data) <= most
    assert len(data) == len(make(made[-1]))
    better = [p for p in portions(GIF_DIET) if len(make(p)) > len(data)]
    assert most is None or all(len(make(p)) > 0.8 * most for p in better), "no much better one was passed over"
    assert len(made) < 40


def test_what_cannot_be_so_small_is_told_with_what_is_needed() -> None:
    with pytest.raises(PicassoError, match="smaller than 5234 bytes; allow at least 6000 with --max-bytes"):
        fitting(lambda portion: bytes(5234), GIF_DIET, 2000, "film.gif")


def test_a_gif_keeps_to_its_bytes(tmp_path: Path) -> None:
    whole, slim = tmp_path / "whole.gif", tmp_path / "slim.gif"
    SERIES.film(whole, size="400x400")
    most = whole.stat().st_size // 2
    SERIES.film(slim, size="400x400", max_bytes=most)
    assert most * 0.5 < slim.stat().st_size <= most
    a, b = (small_frames(path.read_bytes()) for path in (whole, slim))
    assert b[0][0].shape < a[0][0].shape, "it is smaller"
    assert sum(duration for _, duration in a) == pytest.approx(sum(duration for _, duration in b), abs=120)
