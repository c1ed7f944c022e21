"""The films of a run folder: which are made, kept and told of."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from drawn_runs import content, make, stop_after
from PIL import Image

from picasso_series import show
from picasso_series.errors import BadInputError, PicassoError, UsageError
from picasso_series.film import DEFAULT_KINDS, film_names
from picasso_series.make import make_run
from picasso_series.presets import Resolved, resolve
from picasso_series.run import open_run, read_manifest
from picasso_series.show import remake_films

pytestmark = pytest.mark.usefixtures("fake_core")


def test_films_can_be_remade_at_another_size_without_drawing(photo: Path, stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "picasso_series.series")
    run = remake_films(Path("out"), size="64x128", formats=("gif",))
    with Image.open(Path("out") / "films" / "trajectory.gif") as film:
        assert film.size == (64, 128)
    assert run.manifest["settings"]["formats"]["value"] == ["gif", "svg"]
    assert run.finished


def films(folder: Path) -> dict[str, Any]:
    """The sizes that the manifest tells of the films, which must be true."""
    run = open_run(folder)
    told = {Path(record["path"]).name: record.get("size") for record in run.manifest["files"] if record["path"].startswith("films/")}
    assert set(told) == {path.name for path in (folder / "films").iterdir()}
    assert list(dict.fromkeys(run.manifest["settings"]["formats"]["value"])) == run.manifest["settings"]["formats"]["value"]
    assert {name.rpartition(".")[2] for name in told} == set(run.manifest["settings"]["formats"]["value"])
    for name, size in told.items():
        if name.endswith(".svg"):
            assert 'viewBox="0 0 {} {}"'.format(*size.split("x")) in (folder / "films" / name).read_text()
            continue
        with Image.open(folder / "films" / name) as film:
            assert f"{film.width}x{film.height}" == size
    return told


def gifs_and_webps(gif: str, webp: str) -> dict[str, Any]:
    """What the manifest tells when GIFs and vectors have one size and WebPs another."""
    return {**usual("svg", gif), **usual("gif", gif), **usual("webp", webp)}


def usual(form: str, size: str) -> dict[str, Any]:
    """The films of one format that every run has, all of one size."""
    return dict.fromkeys(film_names(DEFAULT_KINDS, (form,)), size)


def test_formats_asked_by_name_leave_the_films_of_others_alone(photo: Path, stored: Path) -> None:
    make(photo, formats="svg,gif,webp")
    before = content(stored)
    assert films(stored) == gifs_and_webps("64x64", "64x64")
    remake_films(stored, size="64x128", formats=("webp",))
    assert films(stored) == gifs_and_webps("64x64", "64x128")
    for name in film_names(DEFAULT_KINDS, ("svg", "gif")):
        assert content(stored)[f"films/{name}"] == before[f"films/{name}"]
    # The others get the size when all are made again.
    remake_films(stored)
    assert films(stored) == gifs_and_webps("64x128", "64x128")


def test_another_size_alone_remakes_the_films_of_every_format(stored: Path) -> None:
    remake_films(stored, formats=("gif", "webp"))
    remake_films(stored, size="64x128")
    assert films(stored) == gifs_and_webps("64x128", "64x128")


def test_drawing_again_at_another_size_remakes_films_that_were_added(photo: Path) -> None:
    flags = {"levels": "3", "iterations": "2", "size": "64x64"}
    list(make_run(photo, _with_formats(flags, ("gif",), "default"), "out"))
    remake_films(Path("out"), formats=("svg", "webp"))
    assert films(Path("out")) == gifs_and_webps("64x64", "64x64")
    before = content(Path("out"))
    list(make_run(photo, _with_formats(flags, ("gif",), "default"), "out"))
    assert content(Path("out")) == before
    list(make_run(photo, _with_formats({**flags, "size": "64x128"}, ("gif",), "default"), "out"))
    assert films(Path("out")) == gifs_and_webps("64x128", "64x128")
    assert "--formats gif,webp,svg" in read_manifest(Path("out"))["command"]


def _with_formats(flags: dict[str, str], formats: tuple[str, ...], source: str) -> Resolved:
    """Settings whose formats come from elsewhere than a flag."""
    resolved = resolve(flags)
    return replace(resolved, settings=replace(resolved.settings, formats=formats), sources={**resolved.sources, "formats": source})


@pytest.mark.parametrize("asked", [{"size": "3x3"}, {"formats": ("avi",)}, {"formats": ()}, {"formats": ("gif", "gif")}])
def test_films_that_make_no_sense_change_nothing(stored: Path, asked: dict[str, Any]) -> None:
    before = content(stored)
    with pytest.raises(UsageError):
        remake_films(stored, **asked)
    assert content(stored) == before


def test_a_film_of_the_wrong_size_is_made_again_when_it_is_asked_for(photo: Path, stored: Path) -> None:
    make(photo, formats="svg,gif,webp")
    remake_films(stored, size="64x128", formats=("webp",))
    make(photo, size="64x128", formats="gif,webp")
    assert films(stored) == {**gifs_and_webps("64x128", "64x128"), **usual("svg", "64x64")}


def test_a_film_of_another_kind_is_added_and_stays_until_the_run_gets_another_size(photo: Path, stored: Path) -> None:
    remake_films(stored, kinds=["draw-on"], formats=("gif",), size="128x64")
    assert films(stored) == {**usual("svg", "64x64"), "draw-on.gif": "128x64"}
    assert read_manifest(stored)["settings"]["size"]["value"] == "64x64", "one film of another size is no reason to make all anew"
    remake_films(stored, formats=("svg", "gif"), size="64x128")
    everything = film_names([*DEFAULT_KINDS, "draw-on"], ("svg", "gif"))
    assert films(stored) == dict.fromkeys(everything, "64x128")


def test_films_are_made_in_the_look_that_is_asked_for(stored: Path) -> None:
    remake_films(stored, options={"style": "chalk", "story": "grow", "title": "Pear"})
    text = (stored / "films" / "series.svg").read_text()
    assert "#2b3236" in text
    assert "animation-direction:reverse" in text
    assert "<title>Pear: " in text


def test_films_that_are_made_again_look_and_tell_as_they_did(photo: Path, stored: Path) -> None:
    """At another size, in another format, of another kind, and when one is lost and the drawing's own command is given again."""
    remake_films(stored, options={"style": "chalk", "story": "grow", "title": "Pear"})
    before = content(stored)
    remake_films(stored)
    assert content(stored) == before
    (stored / "films" / "series.svg").unlink()
    make(photo)
    assert content(stored)["films/series.svg"] == before["films/series.svg"]
    remake_films(stored, kinds=["draw-on"], formats=("svg",))
    text = (stored / "films" / "draw-on.svg").read_text()
    assert "#2b3236" in text
    assert "<title>Pear: " in text
    remake_films(stored, kinds=["series"], options={"style": "brush"})
    text = (stored / "films" / "series.svg").read_text()
    assert "#f6f1e4" in text
    assert "<title>Pear: " in text
    assert "animation-direction:reverse" in text
    assert "#2b3236" in (stored / "films" / "trajectory.svg").read_text(), "of which nothing was said"
    remake_films(stored, kinds=["series"], formats=("gif",))
    with Image.open(stored / "films" / "series.gif") as film:
        assert film.convert("RGB").getpixel((1, 1)) == (0xF6, 0xF1, 0xE4), "as the series film in the other format"


def test_a_manifest_that_tells_nonsense_of_a_film_is_refused(stored: Path) -> None:
    manifest = json.loads((stored / "series.json").read_text())
    next(record for record in manifest["files"] if record["path"] == "films/series.svg")["made"] = {"width": "broad"}
    (stored / "series.json").write_text(json.dumps(manifest))
    with pytest.raises(BadInputError, match="width takes a number"):
        remake_films(stored)


def test_an_unfinished_run_is_not_filmed(photo: Path) -> None:
    stop_after(photo, 14)
    with pytest.raises(BadInputError, match="not drawn to its end"):
        remake_films(Path("out"))


def test_films_that_cannot_be_remade_leave_the_old_ones(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    before = content(stored)["films/series.svg"]
    with monkeypatch.context() as patch:
        patch.setattr(show, "write_films", fail)
        with pytest.raises(KeyboardInterrupt):
            remake_films(stored)
    assert content(stored)["films/series.svg"] == before
    assert read_manifest(stored)["status"] == "drawing"
    assert remake_films(stored).finished


def test_a_film_that_cannot_be_made_leaves_the_run_as_it_was(stored: Path) -> None:
    before = content(stored)
    with pytest.raises(PicassoError, match="allow at least"):
        remake_films(stored, size="64x128", formats=("gif",), options={"max_bytes": 100})
    assert content(stored) == before
    assert open_run(stored).finished


def test_films_that_fail_leave_the_drawing_safe_and_the_run_unfinished(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise PicassoError("no films today")

    with monkeypatch.context() as patch:
        patch.setattr(show, "write_films", fail)
        with pytest.raises(PicassoError, match="no films today"):
            make(photo)
    manifest = read_manifest(Path("out"))
    assert manifest["status"] == "drawing"
    assert len(manifest["levels"]) == 2
    events = make(photo)
    assert not events[-1].drawn
    assert events[-1].run.finished
