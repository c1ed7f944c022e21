"""Drawing a run once more, from what its manifest says."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import Caught, one_sentence
from drawn_runs import change_manifest, content, finished
from PIL import Image

from picasso_series.cli.app import run
from picasso_series.run import read_manifest

pytestmark = pytest.mark.usefixtures("fake_core")


def drawings(folder: Path) -> dict[str, bytes]:
    """What has to be the same, byte for byte: sketches and trajectories."""
    return {name: data for name, data in content(folder).items() if name.rpartition("/")[2] in ("sketch.svg", "trajectory.npz")}


def settings(folder: Path) -> dict[str, Any]:
    """The settings that decide on the drawing, each with its source."""
    return {name: entry for name, entry in read_manifest(folder)["settings"].items() if name not in ("size", "formats")}


@pytest.mark.parametrize("source", ["out", "out/series.json"])
def test_a_run_is_drawn_once_more_from_its_manifest_alone(
    photo: Path, stored: Path, source: str, monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    monkeypatch.setenv("PICASSO_SERIES_SEED", "9")
    Path("picasso-series.toml").write_text('preset = "fine"\n')
    assert run(["draw", "--from", source, "-o", "again"]) == 0
    assert "may differ" not in capsys.readouterr().err
    assert drawings(Path("again")) == drawings(stored)
    assert len(drawings(Path("again"))) == 4
    assert settings(Path("again")) == settings(stored)
    assert read_manifest(Path("again"))["command"] == read_manifest(stored)["command"]


def test_settings_that_no_option_names_are_repeated_too(photo: Path) -> None:
    Path("mine.toml").write_text("iterations = 7\nseed = 3\nlearning_rate = 0.5\n")
    assert run([photo.name, "--preset", "mine.toml", "--levels", "4,2", "--size", "64x64", "--formats", "svg", "-o", "out", "-q"]) == 0
    Path("mine.toml").unlink()
    assert run(["--from", "out", "-o", "again", "-q"]) == 0
    assert drawings(Path("again")) == drawings(Path("out"))
    assert settings(Path("again")) == settings(Path("out"))


def test_what_the_run_was_begun_with_is_taken_up(photo: Path, stored: Path) -> None:
    change_manifest(stored, lambda m: m.update(threads=3))
    change_manifest(stored, lambda m: m["choices"]["encoder"].update(reason="long ago"))
    assert run(["--from", "out", "-o", "again", "-q"]) == 0
    assert read_manifest(Path("again"))["threads"] == 3


def test_levels_that_the_photo_decided_on_are_not_sought_again(photo: Path, stored: Path) -> None:
    change_manifest(stored, lambda m: m["choices"].update(levels={"value": "6,3", "reason": "its lines", "asked": "auto:2"}))
    change_manifest(stored, lambda m: m.update(draft={"blank": 1.0, "losses": [0.5]}))
    assert run(["--from", "out", "-o", "again", "-q"]) == 0
    again = read_manifest(Path("again"))
    assert [level["strokes"] for level in again["levels"]] == [6, 3]
    assert again["draft"] == {"blank": 1.0, "losses": [0.5]}


def test_a_photo_that_has_moved_is_named(photo: Path, stored: Path, capsys: Caught) -> None:
    photo.rename("moved.png")
    assert run(["--from", "out", "-o", "again"]) == 1
    assert "the photo pear.png of the run in out was not found in out, beside it or here" in one_sentence(capsys)
    assert run(["moved.png", "--from", "out", "-o", "again", "-q"]) == 0
    assert drawings(Path("again")) == drawings(stored)


def test_a_photo_in_the_run_folder_or_beside_it_is_found(photo: Path, stored: Path) -> None:
    Path("elsewhere").mkdir()
    stored.rename("elsewhere/out")
    photo.rename("elsewhere/pear.png")
    assert run(["--from", "elsewhere/out/series.json", "-o", "again", "-q"]) == 0
    Path("elsewhere/pear.png").rename("elsewhere/out/pear.png")
    # Another file of that name nearby is passed over.
    Image.new("RGB", (40, 40), "red").save("pear.png")
    assert run(["--from", "elsewhere/out", "-o", "third", "-q"]) == 0


def test_another_photo_is_refused(photo: Path, stored: Path, capsys: Caught) -> None:
    Image.open(photo).rotate(90, expand=True).save(photo)
    for line in (["--from", "out", "-o", "again"], [photo.name, "--from", "out", "-o", "again"]):
        assert run(line) == 1
        assert "pear.png is not the photo that the run in out was drawn from, by its sha256" in one_sentence(capsys)
    assert not Path("again").exists()


def test_a_mask_is_known_by_its_hash(photo: Path, capsys: Caught) -> None:
    Image.open(photo).getchannel("A").save("mask.png")
    first = finished(photo, mask="mask.png")
    assert run(["--from", "out", "-o", "again", "-q"]) == 0
    assert drawings(Path("again")) == drawings(first.folder)
    shutil.move("mask.png", "cut.png")
    assert run(["--from", "out", "-o", "third"]) == 1
    assert "the mask mask.png of the run in out was not found" in one_sentence(capsys)
    assert run(["--from", "out", "--mask", "cut.png", "-o", "third", "-q"]) == 0
    Image.new("L", (160, 200), 255).save("cut.png")
    assert run(["--from", "out", "--mask", "cut.png", "-o", "fourth"]) == 1
    assert "cut.png is not the mask" in one_sentence(capsys)


def test_a_mask_is_not_added(photo: Path, stored: Path, capsys: Caught) -> None:
    assert run(["--from", "out", "--mask", "none", "-o", "again"]) == 2
    assert "drawn without a mask picture" in one_sentence(capsys)


@pytest.mark.parametrize("flag", [["--levels", "4"], ["--seed", "1"], ["--preset", "fine"], ["--encoder", "structure"]])
def test_what_would_change_the_drawing_cannot_be_asked_for(photo: Path, stored: Path, flag: list[str], capsys: Caught) -> None:
    assert run(["--from", "out", *flag, "-o", "again"]) == 2
    assert f"leave out {flag[0]}" in one_sentence(capsys)


def test_films_may_have_another_size(photo: Path, stored: Path) -> None:
    assert run(["--from", "out", "--size", "128x64", "-o", "again", "-q"]) == 0
    assert drawings(Path("again")) == drawings(stored)
    assert read_manifest(Path("again"))["settings"]["size"] == {"value": "128x64", "from": "flag"}


def test_other_weights_than_the_runs_are_refused(photo: Path, stored: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    from picasso_series.studio import choose_studio

    monkeypatch.setattr(sys.modules["picasso_series.series"], "choose_studio", choose_studio)
    change_manifest(stored, lambda m: m["choices"]["encoder"].update(sha256="0" * 64))
    assert run(["--from", "out", "-o", "again", "-q"]) == 1
    assert "the weights of structure are others than those" in one_sentence(capsys)
    assert not Path("again").exists()


def test_a_run_of_another_version_is_repeated_and_that_is_said(photo: Path, stored: Path, capsys: Caught) -> None:
    change_manifest(stored, lambda m: m["tool"].update(version="0.0.1"))
    change_manifest(stored, lambda m: m["versions"].update(torch="1.0.0"))
    assert run(["--from", "out", "-o", "again"]) == 0
    said = capsys.readouterr().err
    assert "in place of 0.0.1" in said
    assert "in place of 1.0.0" in said


@pytest.mark.parametrize("source", ["none", "pear.png", "out/photo.png", "empty"])
def test_what_is_no_run_is_named(photo: Path, stored: Path, source: str, capsys: Caught) -> None:
    Path("empty").mkdir()
    assert run(["--from", source, "-o", "again"]) == 1
    assert source in one_sentence(capsys)


def test_a_dry_run_tells_the_settings_of_the_repeat(photo: Path, stored: Path, capsys: Caught) -> None:
    assert run(["--from", "out", "-o", "again", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "would draw a new run into again" in said
    assert "6,3" in said
    assert not Path("again").exists()


def test_without_a_photo_there_has_to_be_a_run(workplace: Path, capsys: Caught) -> None:
    assert run(["draw", "--levels", "4"]) == 2
    assert "PHOTO" in one_sentence(capsys)
