"""The run folder: what is refused, what is replaced, and that one process at a time works in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from drawn_runs import FLAGS, content, finished, make, stop_after
from PIL import Image

import picasso_series
from picasso_series.errors import BadInputError
from picasso_series.lock import LOCK_NAME, folder_lock
from picasso_series.make import make_run
from picasso_series.presets import resolve
from picasso_series.run import MANIFEST

pytestmark = pytest.mark.usefixtures("fake_core")


@pytest.mark.parametrize("change", [{"seed": "1"}, {"levels": "6,2"}, {"iterations": "13"}, {"preset": "fine"}])
def test_a_different_run_is_never_overwritten_unless_forced(photo: Path, stored: Path, change: dict[str, str]) -> None:
    before = content(Path("out"))
    resolved = resolve({**FLAGS, **{k: v for k, v in change.items() if k != "preset"}}, preset=change.get("preset"))
    with pytest.raises(BadInputError, match="--force"):
        list(make_run(photo, resolved, Path("out")))
    assert content(Path("out")) == before
    run = list(make_run(photo, resolved, Path("out"), force=True))[-1].run  # type: ignore[union-attr]
    assert run.finished
    assert (
        not (set(content(Path("out"))) - {record["path"] for record in run.manifest["files"]})
        - {MANIFEST}
        - {record["path"] for level in run.manifest["levels"] for record in level["files"]}
    )


def test_a_different_unfinished_run_is_refused_too(photo: Path) -> None:
    stop_after(photo, 8)
    before = content(Path("out"))
    with pytest.raises(BadInputError, match=r"unfinished run with seed 0 in place of 1.*--force"):
        make(photo, seed="1")
    assert content(Path("out")) == before


def test_another_photo_or_mask_is_another_run(photo: Path, stored: Path) -> None:
    other = photo.parent / "other.png"
    Image.open(photo).rotate(90, expand=True).save(other)
    with pytest.raises(BadInputError, match="of another photo"):
        make(other)
    Image.open(photo).getchannel("A").save("mask.png")
    with pytest.raises(BadInputError, match="with another mask"):
        make(photo, mask="mask.png")


def test_force_leaves_the_old_run_alone_until_the_new_photo_has_proved_good(photo: Path, stored: Path) -> None:
    before = content(Path("out"))
    blank = photo.parent / "blank.png"
    Image.new("RGB", (64, 64), "white").save(blank)
    for bad in (blank, photo.parent / "none.png", photo.parent):
        with pytest.raises(BadInputError):
            make(bad, force=True)
        assert content(Path("out")) == before


def test_force_spares_files_that_are_not_the_runs(photo: Path, stored: Path) -> None:
    (Path("out") / "notes.txt").write_text("mine")
    (Path("out") / "6" / "mine.svg").write_text("mine")
    make(photo, levels="5,2", force=True)
    assert (Path("out") / "notes.txt").read_text() == "mine"
    assert (Path("out") / "6" / "mine.svg").read_text() == "mine"
    assert not (Path("out") / "6" / "sketch.svg").exists()
    assert not (Path("out") / "3").exists()


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_that_is_no_run_is_never_drawn_into(photo: Path, force: bool) -> None:
    Path("out").mkdir()
    (Path("out") / "thesis.txt").write_text("mine")
    with pytest.raises(BadInputError, match="no run"):
        make(photo, force=force)
    assert content(Path("out")) == {"thesis.txt": b"mine"}


def test_a_file_in_the_folders_place_is_named(photo: Path) -> None:
    Path("out").write_text("mine")
    with pytest.raises(BadInputError, match="is a file"):
        make(photo)
    with pytest.raises(BadInputError, match="out/deeper"):
        make(photo, "out/deeper")
    assert Path("out").read_text() == "mine"


def test_a_bad_photo_leaves_no_folder_behind(photo: Path) -> None:
    Path("broken.png").write_bytes(photo.read_bytes()[:300])
    with pytest.raises(BadInputError):
        make(Path("broken.png"))
    with pytest.raises(BadInputError, match="mask"):
        make(photo, mask="none.png")
    assert not Path("out").exists()


@pytest.mark.skipif(os.name == "nt" or getattr(os, "geteuid", lambda: 0)() == 0, reason="permissions do not bind the superuser")
def test_an_unwritable_folder_is_named(photo: Path) -> None:
    Path("out").mkdir(mode=0o500)
    with pytest.raises(BadInputError, match="cannot be written to"):
        make(photo)


def test_two_processes_cannot_draw_into_one_folder(photo: Path) -> None:
    Path("out").mkdir()
    with folder_lock(Path("out")), pytest.raises(BadInputError, match="another picasso-series is at work"):
        make(photo)
    assert not (Path("out") / LOCK_NAME).exists()
    assert finished(photo).finished


def test_a_lock_vanishes_with_its_killed_owner(photo: Path) -> None:
    Path("out").mkdir()
    program = (
        "import pathlib, sys, time\nfrom picasso_series.lock import folder_lock\n"
        "with folder_lock(pathlib.Path('out')):\n print('held', flush=True)\n time.sleep(60)"
    )
    home = {**os.environ, "PYTHONPATH": str(Path(picasso_series.__file__).parents[1])}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=home) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        with pytest.raises(BadInputError, match="at work"):
            make(photo)
        owner.kill()
    assert finished(photo).finished
