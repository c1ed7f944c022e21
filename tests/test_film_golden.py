"""Every film in every format, read back by others' programs: size, rate, duration, color tags, first and last frame."""

from __future__ import annotations

import io
import os
import re
from functools import cache
from pathlib import Path

import cairosvg
import numpy as np
import pytest
from film_files import decode, probe, small_frames
from PIL import Image
from sample_series import sample_series

from picasso_series.film import MP4_RATE, Filming, film_names, write_films
from picasso_series.film.draw import to_rgb
from picasso_series.film.encode import GREYS, ramp
from picasso_series.film.painter import Painter
from picasso_series.film.stories import KINDS, STORIES, Telling, tell
from picasso_series.film.timeline import Film, Label, Scene
from picasso_series.inking import Strokes
from picasso_series.look import load_look
from picasso_series.settings import size_pixels
from picasso_series.sizes import SIZES

SERIES = sample_series((4, 2))
SIZE = (216, 270)
FILMING = Filming(SIZE)
PAINTER = Painter(*SIZE, SERIES.subject.detail)
SMALL_RATE = 25


@cache
def film_of(kind: str) -> Film:
    return tell(kind, SERIES)


def packed(colors: np.ndarray) -> np.ndarray:
    """Colors (…, 3) as single numbers (…)."""
    return colors.astype(int) @ (65536, 256, 1)


def drawn(film: Film, seconds: float, painter: Painter = PAINTER) -> np.ndarray:
    return to_rgb(painter.frame(film.at(seconds))).astype(int)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films") / "deeper"
    names = film_names(KINDS, ("mp4", "gif", "webp", "svg"))
    counts: dict[str, list[tuple[int, int]]] = {}
    paths = write_films(SERIES, folder, names, filming=FILMING, on_progress=lambda n, d, t: counts.setdefault(n, []).append((d, t)))
    assert [path.name for path in paths] == names
    assert sorted(os.listdir(folder)) == sorted(names), "nothing else is left in the folder"
    assert set(counts) == {name for name in names if not name.endswith("svg")}
    for name, steps in counts.items():
        rate = MP4_RATE if name.endswith("mp4") else SMALL_RATE
        assert steps[-1] == (film_of(name.split(".")[0]).frame_count(rate),) * 2
        assert [d for d, _ in steps] == sorted({d for d, _ in steps})
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_an_mp4_is_what_players_expect(made: Path, kind: str) -> None:
    film, path = film_of(kind), made / f"{kind}.mp4"
    said = probe(path)
    assert re.search(r"Video: h264 \(High\)", said)
    assert re.search(r"yuv420p\(tv, bt709[^)]*\), 216x270", said), said
    assert "30 fps" in said
    assert "Audio" not in said
    assert re.findall(r"frame=\s*(\d+)", said)[-1] == str(film.frame_count(30))
    hours, minutes, seconds = re.search(r"Duration: (\d+):(\d+):([\d.]+)", said).groups()  # type: ignore[union-attr]
    assert int(hours) == int(minutes) == 0
    assert float(seconds) == pytest.approx(film.frame_count(30) / 30, abs=0.02)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "the index comes first, so that a film starts while it loads"


@pytest.mark.parametrize("kind", KINDS)
def test_an_mp4_shows_what_was_drawn_from_the_first_frame_to_the_last(made: Path, kind: str) -> None:
    frames, film = decode(made / f"{kind}.mp4", *SIZE), film_of(kind)
    assert len(frames) == film.frame_count(30)
    for index in (0, 45, 75, 110, len(frames) // 2, len(frames) - 1):
        assert np.abs(frames[index] - drawn(film, index / 30)).mean() < 2.0, index
    assert np.abs(frames[0][5, 5].astype(int) - FILMING.look.paper).max() <= 2
    seam = np.abs(frames[0].astype(int) - frames[-1]).mean()
    steps = [np.abs(a.astype(int) - b).mean() for a, b in zip(frames[1:], frames, strict=False)]
    assert seam <= max(steps) + 0.1, "the step over the seam is no larger than others"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["gif", "webp"])
def test_small_films_have_size_rate_and_duration(made: Path, kind: str, form: str) -> None:
    film, frames = film_of(kind), small_frames((made / f"{kind}.{form}").read_bytes())
    assert {shown.shape for shown, _ in frames} == {(270, 216, 3)}
    durations = [duration for _, duration in frames]
    assert sum(durations) == film.frame_count(SMALL_RATE) * 1000 // SMALL_RATE
    assert all(duration % 40 == 0 for duration in durations), "whole hundredths of a second, and 25 frames of them"
    assert max(durations) >= 300, "a hold is one long frame"
    assert len(durations) > 40
    last = film.frame_count(SMALL_RATE) / SMALL_RATE - durations[-1] / 1000
    for shown, seconds in ((frames[0][0], 0.0), (frames[-1][0], last)):
        assert np.abs(shown - drawn(film, seconds)).mean() < 3


@pytest.mark.parametrize("kind", KINDS)
def test_an_svg_has_size_and_duration_and_shows_the_first_drawing_at_rest(made: Path, kind: str) -> None:
    """What moves in it is looked at in a browser (test_film_browser)."""
    text = (made / f"{kind}.svg").read_text()
    assert 'viewBox="0 0 216 270"' in text
    (seconds,) = re.findall(r"animation-duration:([\d.]+)s;animation-iteration-count:infinite", text)
    assert float(seconds) == pytest.approx(film_of(kind).seconds, abs=0.002)
    shown = Image.open(io.BytesIO(cairosvg.svg2png(bytestring=text.encode(), output_width=216))).convert("RGB")
    label = Label("" if kind == "draw-on" else "I", "4 strokes")
    scene = Scene(Strokes.of(SERIES.levels[0].sketch.points), labels=(label,))
    assert np.abs(np.asarray(shown).astype(int) - to_rgb(PAINTER.frame(scene))).mean() < 0.6


@pytest.mark.parametrize("kind", KINDS)
def test_a_gif_shows_lines_in_16_even_greys(made: Path, kind: str) -> None:
    film, look, times, seen = film_of(kind), FILMING.look, 0, 0
    greys = packed(ramp(look.paper, look.ink, GREYS))
    for shown, duration in small_frames((made / f"{kind}.gif").read_bytes()):
        scene, frame = film.at(times / 1000), drawn(film, times / 1000)
        times += duration
        assert (shown[2, 2] == look.paper).all(), "the paper keeps its color"
        if scene.photo == 0:
            assert np.abs(shown.astype(int) - frame).max() <= 10, "half a step of 16 at the most"
            assert np.isin(packed(shown), greys).all()
            seen += 1
    assert seen > 20


@pytest.mark.parametrize("size", SIZES)
def test_an_mp4_of_every_named_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    """Of the full size and rate, with color tags; the beginning of a film, for the test's sake."""
    monkeypatch.setattr("picasso_series.film.tell", lambda *_: Film(film_of("series").shots[1:2]))
    pixels = size_pixels(size)
    (path,) = write_films(SERIES, tmp_path, ["series.mp4"], filming=Filming(pixels))
    said = probe(path)
    assert re.search(rf"yuv420p\(tv, bt709[^)]*\), {pixels[0]}x{pixels[1]}[ ,]", said), said
    assert "30 fps" in said


@pytest.mark.parametrize(("style", "story"), list(zip(["chalk", "brush", "pencil"], STORIES, strict=True)))
def test_styles_and_stories_reach_the_file(tmp_path: Path, style: str, story: str) -> None:
    look, telling = load_look(style, title="Duck", caption="in few strokes"), Telling(story, loop=False)
    path = tmp_path / "duck.mp4"
    SERIES.film(path, size="144x180", style=style, story=story, loop=False, title="Duck", caption="in few strokes")
    film, painter = tell("series", SERIES, telling), Painter(144, 180, SERIES.subject.detail, look)
    frames = decode(path, 144, 180)
    assert len(frames) == film.frame_count(30)
    for index in (0, len(frames) // 2, len(frames) - 1):
        assert np.abs(frames[index] - drawn(film, index / 30, painter)).mean() < 4.0
    assert np.abs(frames[-1].astype(int) - frames[-40]).mean() < 1.0, "the last frame is held"
