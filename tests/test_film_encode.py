"""Film files: exact sizes, frame counts and colors, loops, and nothing left behind by a film that was not finished."""

from __future__ import annotations

import io
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import cairosvg
import numpy as np
import pytest
from PIL import Image, ImageSequence
from sample_series import sample_series

from picasso_series.errors import MissingError, PicassoError, UsageError
from picasso_series.film import MP4_RATE, SMALL_RATE, encode, write_films
from picasso_series.film.animate import animated_svg
from picasso_series.film.draw import INK, PAPER, Painter, to_rgb
from picasso_series.film.encode import GREYS, ffmpeg_path, film_palette, ramp, write_gif, write_mp4, write_webp
from picasso_series.film.timeline import series_film, trajectory_film

SERIES = sample_series()
FILMS = {"series": series_film(SERIES), "trajectory": trajectory_film(SERIES)}


def probe(path: Path) -> str:
    """What ffmpeg says about a film, decoding it to the end."""
    command = [ffmpeg_path(), "-hide_banner", "-i", str(path), "-map", "0:v", "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def decode(path: Path, width: int, height: int) -> np.ndarray:
    """All frames of a film as (n, height, width, 3), converted by the matrix that the film is tagged with."""
    command = [
        ffmpeg_path(),
        "-v",
        "error",
        "-i",
        str(path),
        "-vf",
        "scale=in_color_matrix=bt709",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, height, width, 3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films") / "deeper"
    counts: dict[str, list[tuple[int, int]]] = {}
    paths = write_films(
        SERIES,
        folder,
        size=(270, 338),
        formats=("mp4", "gif", "webp", "svg"),
        on_progress=lambda n, d, t: counts.setdefault(n, []).append((d, t)),
    )
    names = ["series.mp4", "trajectory.mp4", "series.gif", "trajectory.gif", "series.webp", "trajectory.webp", "series.svg"]
    assert [path.name for path in paths] == names
    assert sorted(os.listdir(folder)) == sorted(names), "nothing else is left in the folder"
    assert set(counts) == set(names) - {"series.svg"}
    for name, steps in counts.items():
        rate = MP4_RATE if name.endswith("mp4") else SMALL_RATE
        assert steps[-1] == (FILMS[name.split(".")[0]].frame_count(rate),) * 2
        assert [d for d, _ in steps] == sorted({d for d, _ in steps})
    return folder


@pytest.mark.parametrize("name", ["series", "trajectory"])
def test_an_mp4_is_what_players_expect(made: Path, name: str) -> None:
    said = probe(made / f"{name}.mp4")
    assert re.search(r"Video: h264 \(High\)", said)
    assert re.search(r"yuv420p\(tv, bt709[^)]*\), 270x338", said), said
    assert "30 fps" in said
    assert re.findall(r"frame=\s*(\d+)", said)[-1] == str(FILMS[name].frame_count(30))
    data = (made / f"{name}.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "the index comes first, so that a film starts while it loads"


def test_an_mp4_shows_what_was_drawn(made: Path) -> None:
    frames, film = decode(made / "series.mp4", 270, 338), FILMS["series"]
    painter = Painter(270, 338, SERIES.subject.rgb)
    for index in (0, 45, 75, 110, len(frames) - 1):
        drawn = to_rgb(painter.frame(film.at(index / 30))).astype(int)
        assert np.abs(frames[index] - drawn).mean() < 2.0, index
    assert np.abs(frames[0][5, 5].astype(int) - PAPER).max() <= 2
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() < 3.0, "the end leads back to the beginning"


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


@pytest.mark.parametrize("name", ["series", "trajectory"])
@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_small_films_last_as_long_and_loop(made: Path, name: str, kind: str) -> None:
    with Image.open(made / f"{name}.{kind}") as picture:
        assert picture.size == (270, 338)
        assert picture.info["loop"] == 0
        durations = []
        for frame in ImageSequence.Iterator(picture):
            frame.load()
            durations.append(frame.info["duration"])
        assert sum(durations) == FILMS[name].frame_count(SMALL_RATE) * 1000 // SMALL_RATE
        assert max(durations) >= 500, "a hold is one long frame"
        assert min(durations) >= 40
        assert len(durations) > 40


def test_a_gif_shows_what_was_drawn_in_16_even_greys(made: Path) -> None:
    film, painter = FILMS["series"], Painter(270, 338, SERIES.subject.rgb)
    times, seen = 0, 0
    with Image.open(made / "series.gif") as picture:
        for frame in ImageSequence.Iterator(picture):
            scene, shown = film.at(times / 1000), np.asarray(frame.convert("RGB")).astype(int)
            times += frame.info["duration"]
            drawn = to_rgb(painter.frame(scene)).astype(int)
            assert (shown[2, 2] == PAPER).all(), "the paper keeps its color"
            if scene.photo == 0:
                assert np.abs(shown - drawn).max() <= 10, "half a step of 16 at the most"
                assert {tuple(c) for c in np.unique(shown.reshape(-1, 3), axis=0)} <= {tuple(c) for c in ramp(PAPER, INK).astype(int)}
                seen += 1
            else:
                assert np.abs(shown - drawn).mean() < 3
    assert seen > 20


def test_a_palette_leaves_a_color_free_for_what_is_transparent() -> None:
    palette = film_palette(PAPER, INK, SERIES.subject.rgb)
    assert len(palette) == 127
    np.testing.assert_array_equal(palette[0], PAPER)
    np.testing.assert_array_equal(palette[GREYS - 1], INK)
    assert len(film_palette(PAPER, INK, np.full((9, 9, 3), PAPER, np.uint8))) == 127


def frames_then(error: BaseException) -> Iterator[tuple[np.ndarray, int]]:
    for _ in range(3):
        yield np.zeros((64, 64, 4), np.uint8), 1
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("stop"), GeneratorExit()])
@pytest.mark.parametrize("kind", ["mp4", "gif", "webp"])
def test_an_interrupted_film_leaves_no_file_and_keeps_the_old_one(tmp_path: Path, error: BaseException, kind: str) -> None:
    path = tmp_path / f"film.{kind}"
    path.write_bytes(b"old")
    write = {
        "mp4": lambda: write_mp4(frames_then(error), path, (64, 64), 30),
        "gif": lambda: write_gif(frames_then(error), path, 25, film_palette(PAPER, INK, SERIES.subject.rgb)),
        "webp": lambda: write_webp(frames_then(error), path, 25),
    }[kind]
    with pytest.raises(type(error)):
        write()
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


@pytest.mark.parametrize("kind", ["mp4", "gif", "webp"])
def test_a_folder_that_is_not_there_is_told(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PicassoError, match="cannot be made"):
        write_films(SERIES, tmp_path / "file" / "films", formats=(kind,))


def test_ffmpeg_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import imageio_ffmpeg

    def none() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", none)
    with pytest.raises(MissingError, match="pip install"):
        ffmpeg_path()


@pytest.mark.parametrize(("size", "formats"), [((101, 100), ("mp4",)), ((100, 0), ("mp4",)), ((100, 100), ("avi",))])
def test_what_makes_no_sense_is_refused(tmp_path: Path, size: tuple[int, int], formats: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        write_films(SERIES, tmp_path / "films", size=size, formats=formats)
    assert not (tmp_path / "films").exists()


@pytest.mark.parametrize("levels", [(8, 4, 2), (4,)])
def test_an_animated_svg_is_whole_and_still_without_animation(levels: tuple[int, ...]) -> None:
    series = sample_series(levels)
    text = animated_svg(series)
    root = ElementTree.fromstring(text)
    groups = [g for g in root.iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "strokes"]
    assert [len(g) for g in groups] == list(levels)
    style = root.find("{http://www.w3.org/2000/svg}style")
    assert style is not None
    assert style.text is not None
    assert style.text.startswith("@media (prefers-reduced-motion:no-preference){")
    assert style.text.count("{") == style.text.count("}")
    assert not re.search(r"<script|href=|url\(|@import", text)
    still = np.asarray(Image.open(io.BytesIO(cairosvg.svg2png(bytestring=text.encode(), output_width=224))).convert("L")).astype(float)[
        :224
    ]
    sketch = series.levels[0].sketch.to_svg().encode()
    alone = np.asarray(Image.open(io.BytesIO(cairosvg.svg2png(bytestring=sketch, output_width=224, background_color="white"))).convert("L"))
    paper = round(float(np.dot(PAPER, (0.299, 0.587, 0.114))))
    assert np.abs(still - (20 + alone / 255 * (paper - 20)))[:215].mean() < 1, "without animation the first level is there, whole"
