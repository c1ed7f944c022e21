"""The run folder: what is written, what is resumed, what is refused, and what is believed when it is read back."""

from __future__ import annotations

import errno
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import draw_pear
from fake_core import fake_module
from PIL import Image
from sample_series import sample_series

import picasso_series
from picasso_series import atomic, show
from picasso_series.atomic import file_sha256, is_part, whole_file, write_whole
from picasso_series.cli.app import run as run_program
from picasso_series.command import repeat_command
from picasso_series.errors import BadInputError, PicassoError, UsageError
from picasso_series.film import plan_filming
from picasso_series.lock import LOCK_NAME, folder_lock
from picasso_series.make import Chosen, Drawn, Finished, Resumed, make_run
from picasso_series.presets import Resolved, resolve
from picasso_series.run import MANIFEST, Run, load_arrays, open_run, read_manifest
from picasso_series.run_writer import manifest_settings
from picasso_series.show import remake_films
from picasso_series.svg import svg_to_sketch

pytestmark = pytest.mark.usefixtures("fake_core")

FLAGS = {"levels": "6,3", "iterations": "12", "size": "64x64", "formats": "svg"}


@pytest.fixture(scope="module")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the pear at the levels of ``FLAGS``, never stopped, not to be changed."""
    place = tmp_path_factory.mktemp("once")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "picasso_series.series", fake_module())
        list(make_run(draw_pear(place / "pear.png"), resolve(FLAGS), place / "out"))
    return place / "out"


@pytest.fixture
def stored(photo: Path, drawn_once: Path) -> Path:
    """A copy of that run as ``out`` in the current folder."""
    shutil.copytree(drawn_once, "out")
    return Path("out")


def make(photo: Path, out: str = "out", *, force: bool = False, **flags: Any) -> list[Any]:
    """All events of a run but the steps."""
    events = list(make_run(photo, resolve({**FLAGS, **flags}), Path(out), force=force))
    return [event for event in events if isinstance(event, (Resumed, Chosen, Drawn, Finished))]


def stop_after(photo: Path, steps: int, out: str = "out", **flags: Any) -> None:
    """Begin a run and leave it after this many steps, as a signal would."""
    events = make_run(photo, resolve({**FLAGS, **flags}), Path(out))
    seen = 0
    for event in events:
        seen += hasattr(event, "iteration")
        if seen == steps:
            events.close()  # type: ignore[attr-defined]
            return
    raise AssertionError(f"the run has fewer than {steps} steps")


def finished(photo: Path, out: str = "out", **flags: Any) -> Run:
    run = make(photo, out, **flags)[-1].run
    assert isinstance(run, Run)
    return run


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def assert_same_drawing(first: Run, second: Run) -> None:
    for a, b in zip(first.series.levels, second.series.levels, strict=True):
        assert a.lineage == b.lineage
        for name in ("points", "iterations", "loss", "ids", "salience"):
            np.testing.assert_array_equal(getattr(a.trajectory, name), getattr(b.trajectory, name))


# Writing


def test_a_run_holds_every_file_of_the_contract_and_names_it_in_the_manifest(photo: Path) -> None:
    run = finished(photo, formats="svg,mp4,gif")
    files = content(run.folder)
    expected = {"series.json", "photo.png", "mask.png", "plate.svg", "plate.png", "index.html", "films/series.svg"}
    expected |= {f"films/{film}.{kind}" for film in ("series", "trajectory") for kind in ("mp4", "gif")}
    expected |= {f"{level}/{name}" for level in (6, 3) for name in ("sketch.svg", "sketch.png", "trajectory.npz")}
    assert set(files) == expected
    named = run.manifest["files"] + [record for level in run.manifest["levels"] for record in level["files"]]
    assert {record["path"] for record in named} == expected - {MANIFEST}
    for record in named:
        assert record["sha256"] == file_sha256(run.folder / record["path"])
        assert record["bytes"] == len(files[record["path"]])


def test_the_manifest_tells_how_the_series_was_made(photo: Path) -> None:
    manifest = finished(photo, seed="7").manifest
    assert manifest["schema"] == 1
    assert manifest["status"] == "finished"
    assert manifest["title"] == "pear"
    assert manifest["command"] == "picasso-series pear.png --levels 6,3 --seed 7 --iterations 12 --size 64x64 --formats svg"
    assert manifest["photo"] == {"name": "pear.png", "sha256": file_sha256(photo), "width": 160, "height": 200}
    assert manifest["settings"]["levels"] == {"value": [6, 3], "from": "flag"}
    assert manifest["settings"]["rivals"] == {"value": 4, "from": "preset default"}
    assert manifest["choices"]["encoder"] == {"value": "structure", "reason": "a fake"}
    assert manifest["mask"]["source"] == "alpha"
    assert manifest["threads"] >= 1
    assert [level["strokes"] for level in manifest["levels"]] == [6, 3]
    assert manifest["levels"][1]["kept"] == [1, 2, 3]
    assert manifest["levels"][1]["dropped"] == [4, 5, 6]


def test_no_path_of_the_machine_is_written_anywhere(photo: Path) -> None:
    mask = photo.parent / "secret-place" / "mask.png"
    mask.parent.mkdir()
    Image.open(photo).getchannel("A").save(mask)
    folder = photo.parent / "run"
    finished(photo, str(folder), mask=str(mask))
    for name, data in content(folder).items():
        assert b"secret-place" not in data, name
        assert str(photo.parent).encode() not in data, name


def test_the_stored_trajectory_is_the_contracts(photo: Path) -> None:
    run = finished(photo)
    arrays = load_arrays(run.folder / "6" / "trajectory.npz")
    assert {name: (array.dtype.kind, array.shape) for name, array in arrays.items()} == {
        "points": ("f", (13, 6, 4, 2)),
        "iterations": ("i", (13,)),
        "loss": ("f", (13,)),
        "ids": ("i", (6,)),
        "salience": ("f", (6,)),
    }
    assert arrays["points"].dtype == np.float32
    sketch = svg_to_sketch((run.folder / "6" / "sketch.svg").read_text())
    assert sketch.ids == tuple(arrays["ids"])
    np.testing.assert_allclose(sketch.points, arrays["points"][-1], atol=3e-6)


def test_a_run_is_read_back_exactly(photo: Path) -> None:
    events = make(photo)
    drawn = [event.level for event in events if isinstance(event, Drawn)]
    run = open_run(Path("out"))
    assert run.finished
    assert run.complete
    for before, after in zip(drawn, run.series.levels, strict=True):
        np.testing.assert_array_equal(before.trajectory.points, after.trajectory.points)
        assert before.lineage == after.lineage
        assert dict(before.losses) == dict(after.losses)


# Resuming


@pytest.mark.parametrize("steps", [1, 4, 7, 12, 13, 20])
def test_a_stopped_run_ends_as_an_unstopped_one(photo: Path, drawn_once: Path, steps: int) -> None:
    stop_after(photo, steps)
    assert read_manifest(Path("out"))["status"] == "drawing"
    events = make(photo)
    assert isinstance(events[0], Resumed)
    assert_same_drawing(events[-1].run, open_run(drawn_once))
    assert set(content(Path("out"))) == set(content(drawn_once))


def test_a_resumed_run_goes_on_from_its_snapshot(photo: Path) -> None:
    stop_after(photo, 11)
    assert (Path("out") / "6" / "snapshot.npz").is_file()
    steps = [event.iteration for event in make_run(photo, resolve(FLAGS), Path("out")) if hasattr(event, "iteration")]
    assert steps[0] == 11
    assert not (Path("out") / "6" / "snapshot.npz").exists()


def test_a_damaged_snapshot_only_costs_its_level_a_new_start(photo: Path, drawn_once: Path) -> None:
    stop_after(photo, 20)
    (Path("out") / "3" / "snapshot.npz").write_bytes(b"PK\x03\x04 rubbish")
    events = make(photo)
    assert events[0].done == (6,)
    assert_same_drawing(events[-1].run, open_run(drawn_once))


@pytest.mark.parametrize("name", ["3/trajectory.npz", "6/sketch.svg", "6/sketch.png", "photo.png", "mask.png"])
@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_a_damaged_file_of_a_finished_run_is_made_again(photo: Path, stored: Path, name: str, damage: str) -> None:
    before = content(Path("out"))
    if damage == "lost":
        (Path("out") / name).unlink()
    else:
        (Path("out") / name).write_bytes(before[name][:-1] + b"?")
    run = finished(photo)
    assert run.finished
    after = content(Path("out"))
    assert set(after) == set(before)
    assert after[name][:4] == before[name][:4]
    assert_same_drawing(run, open_run(Path("out")))


def test_a_finished_run_is_left_as_it_is(photo: Path, stored: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*") if path.is_file()}
    events = make(photo)
    assert [type(event) for event in events] == [Finished]
    assert not events[0].drawn
    assert {path: path.stat().st_mtime_ns for path in Path("out").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["films/series.gif", "plate.svg", "index.html"])
def test_only_what_is_missing_of_a_finished_run_is_made(photo: Path, name: str) -> None:
    finished(photo, formats="svg,gif")
    before = content(Path("out"))
    (Path("out") / name).unlink()
    events = make(photo, formats="svg,gif")
    assert not events[-1].drawn
    after = content(Path("out"))
    assert set(after) == set(before)
    assert after["films/series.svg"] == before["films/series.svg"]
    assert after["6/trajectory.npz"] == before["6/trajectory.npz"]


def test_another_film_size_or_format_redraws_nothing(photo: Path, stored: Path) -> None:
    events = make(photo, size="128x64", formats="svg,gif")
    assert not events[-1].drawn
    run = events[-1].run
    assert run.manifest["settings"]["size"]["value"] == "128x64"
    with Image.open(Path("out") / "films" / "series.gif") as film:
        assert film.size == (128, 64)


def test_a_run_that_chose_for_itself_is_the_one_that_asks_for_that_choice(photo: Path, stored: Path) -> None:
    assert not make(photo, encoder="structure", device="cpu")[-1].drawn


# Refusing


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


# Disks that fail


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A disk with room for as many files as the list's one number says."""
    room = [0]
    replace = os.replace

    def limited(source: Any, target: Any) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        replace(source, target)

    monkeypatch.setattr(atomic.os, "replace", limited)
    return room


@pytest.mark.parametrize("files", range(0, 20, 3))
def test_a_full_disk_never_leaves_a_run_that_looks_finished_and_loses_nothing(
    photo: Path, files: int, full_disk: list[int], drawn_once: Path
) -> None:
    full_disk[0] = files
    with pytest.raises((PicassoError, OSError)):
        make(photo)
    if (Path("out") / MANIFEST).exists():
        assert read_manifest(Path("out"))["status"] == "drawing"
    assert not [path for path in Path().rglob("*") if is_part(path)]
    full_disk[0] = 10_000
    assert_same_drawing(finished(photo), open_run(drawn_once))


def test_a_write_that_fails_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, "old")
    with pytest.raises(OSError, match="pulled"), whole_file(path) as temporary:
        _fail_halfway(temporary)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def _fail_halfway(path: Path) -> None:
    path.write_text("half")
    raise OSError("the plug was pulled")


# Films


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
    return {"series.svg": gif, "series.gif": gif, "trajectory.gif": gif, "series.webp": webp, "trajectory.webp": webp}


def test_formats_asked_by_name_leave_the_films_of_others_alone(photo: Path, stored: Path) -> None:
    make(photo, formats="svg,gif,webp")
    before = content(stored)
    assert films(stored) == gifs_and_webps("64x64", "64x64")
    remake_films(stored, size="64x128", formats=("webp",))
    assert films(stored) == gifs_and_webps("64x64", "64x128")
    for name in ("series.svg", "series.gif", "trajectory.gif"):
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
    assert films(stored) == {**gifs_and_webps("64x128", "64x128"), "series.svg": "64x64"}


def test_a_film_of_another_kind_is_added_and_stays_until_the_run_gets_another_size(photo: Path, stored: Path) -> None:
    remake_films(stored, kinds=["draw-on"], formats=("gif",), size="128x64")
    assert films(stored) == {"series.svg": "64x64", "draw-on.gif": "128x64"}
    assert read_manifest(stored)["settings"]["size"]["value"] == "64x64", "one film of another size is no reason to make all anew"
    remake_films(stored, formats=("svg", "gif"), size="64x128")
    everything = ["series.svg", "draw-on.svg", "series.gif", "trajectory.gif", "draw-on.gif"]
    assert films(stored) == dict.fromkeys(everything, "64x128")


def test_films_are_made_in_the_look_that_is_asked_for(stored: Path) -> None:
    remake_films(stored, filming=plan_filming(style="chalk", story="grow", title="Pear"))
    text = (stored / "films" / "series.svg").read_text()
    assert "#2b3236" in text
    assert "animation-direction:reverse" in text
    assert "<title>Pear: " in text
    remake_films(stored)
    assert "#2b3236" not in (stored / "films" / "series.svg").read_text()


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
        remake_films(stored, size="64x128", formats=("gif",), filming=plan_filming(max_bytes=100))
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


# Reading what others may have written


DAMAGE = [
    lambda m: m.pop("tool"),
    lambda m: m.update(tool="x"),
    lambda m: m["levels"][0].pop("kept"),
    lambda m: m["levels"][0].update(kept=5),
    lambda m: m["levels"][0].update(joined={"x": [1]}),
    lambda m: m["levels"][0].update(losses=[]),
    lambda m: m["levels"][0].update(losses={}),
    lambda m: m["levels"][0].update(losses={"total": None}),
    lambda m: m["levels"][0].update(seconds="x"),
    lambda m: m["levels"][0].update(seconds=float("nan")),
    lambda m: m["levels"][0].pop("files"),
    lambda m: m["levels"].__setitem__(0, 6),
    lambda m: m["settings"].pop("size"),
    lambda m: m["settings"].pop("formats"),
    lambda m: m["settings"].update(seed=5),
    lambda m: m["settings"]["seed"].pop("value"),
    lambda m: m["settings"]["seed"].pop("from"),
    lambda m: m["settings"]["seed"].update(value="x"),
    lambda m: m["settings"]["size"].update(value="3x3"),
    lambda m: m.update(threads=0),
    lambda m: m.update(threads=10**12),
    lambda m: m.update(threads=True),
    lambda m: m["choices"].update(encoder=5),
    lambda m: m["photo"].pop("name"),
]
"""Damage to a manifest that would surface only while a run goes on."""


def change_manifest(folder: Path, change: Any) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.clear(),
        lambda m: m.update(schema=2),
        lambda m: m.update(levels={}),
        lambda m: m["levels"][0].update(strokes="../6"),
        lambda m: m["levels"][0].update(strokes=7),
        lambda m: m["levels"][0].update(ids=[1, 2, 3]),
        lambda m: m["levels"][0].pop("kept"),
        lambda m: m["levels"][1].update(joined=[1]),
        lambda m: m["levels"].reverse(),
        lambda m: m["placement"].pop("side"),
        lambda m: m.pop("settings"),
        lambda m: m["settings"].update(levels={"value": "x"}),
        lambda m: m.update(title=None),
        *DAMAGE,
    ],
)
def test_a_manifest_that_does_not_hold_together_is_refused(stored: Path, change: Any) -> None:
    change_manifest(stored, change)
    with pytest.raises(BadInputError) as error:
        open_run(stored)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("change", DAMAGE)
def test_a_damaged_unfinished_run_is_refused_in_one_sentence(photo: Path, stored: Path, change: Any, capsys: Any) -> None:
    change_manifest(stored, lambda m: m.update(status="drawing"))
    change_manifest(stored, change)
    assert run_program([photo.name, *(word for name, value in FLAGS.items() for word in (f"--{name}", value)), "-o", "out", "-q"]) == 1
    output = capsys.readouterr()
    assert output.err.count("\n") == 1
    assert "is damaged" in output.err
    assert "--force" in output.err


def test_files_that_are_no_level_though_the_manifest_names_them_are_drawn_again(photo: Path, stored: Path, drawn_once: Path) -> None:
    np.savez(stored / "3" / "trajectory.npz", **_arrays())
    (stored / "photo.png").unlink()
    change_manifest(stored, lambda m: m["levels"][1]["files"][2].update(sha256=file_sha256(stored / "3" / "trajectory.npz")))
    events = make(photo)
    assert [event.level.strokes for event in events if isinstance(event, Drawn)] == [3]
    assert_same_drawing(events[-1].run, open_run(drawn_once))


@pytest.mark.parametrize("side", [10_000, 60_000])
@pytest.mark.parametrize("name", ["photo.png", "mask.png"])
def test_an_oversized_picture_is_refused_before_it_is_decoded(stored: Path, name: str, side: int, recwarn: Any) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = (head, b"IDAT" + bytes(8))
    packed = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    (stored / name).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))
    with pytest.raises(BadInputError, match=f"{name} is no square of 224 to 4096 pixels a side; draw the series again"):
        open_run(stored)
    assert not recwarn.list


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"schema": 1}', "\ufeff{}"])
def test_a_manifest_that_is_no_manifest_is_refused(stored: Path, text: str) -> None:
    (stored / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError):
        open_run(stored)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "films/../../x", "C:\\x", "films\\x", ""])
def test_files_outside_the_run_are_never_touched(stored: Path, name: str) -> None:
    change_manifest(stored, lambda m: m["files"].append({"path": name, "bytes": 1, "sha256": "0"}))
    with pytest.raises(BadInputError, match="outside the run"):
        open_run(stored)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_out_of_the_run_is_not_followed(stored: Path) -> None:
    secret = stored.parent / "secret.npz"
    (stored / "6" / "trajectory.npz").rename(secret)
    (stored / "6" / "trajectory.npz").symlink_to(secret.resolve())
    with pytest.raises(BadInputError, match="is a link"):
        open_run(stored)


def _arrays(**changes: Any) -> dict[str, Any]:
    track = sample_series((8,)).levels[0].trajectory
    arrays = {name: getattr(track, name)[..., :] for name in ("points", "iterations", "loss", "ids", "salience")}
    arrays["points"], arrays["ids"], arrays["salience"] = arrays["points"][:, :6], np.arange(1, 7), arrays["salience"][:6]
    return {**arrays, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"points": np.zeros((13, 6, 4))},
        {"points": np.zeros((0, 6, 4, 2))},
        {"points": np.full((13, 6, 4, 2), np.nan)},
        {"points": np.full((13, 6, 4, 2), "x")},
        {"ids": np.array([1, 1, 2, 3, 4, 5])},
        {"ids": np.array([0, 1, 2, 3, 4, 5])},
        {"iterations": np.zeros(13, int)},
        {"iterations": np.arange(4)},
        {"loss": np.zeros(2)},
        {"salience": np.zeros((6, 2))},
        {"ids": np.array([{"a": 1}] * 6, object)},
    ],
    ids=lambda changes: "-".join(f"{k}{v.shape}" for k, v in changes.items()),
)
def test_a_trajectory_that_is_none_is_refused(stored: Path, changes: dict[str, Any]) -> None:
    np.savez(stored / "6" / "trajectory.npz", allow_pickle=True, **_arrays(**changes))
    with pytest.raises(BadInputError, match=r"trajectory\.npz"):
        open_run(stored)


@pytest.mark.parametrize("data", [b"", b"PK", b"\x93NUMPY", b"\x80\x04."])
def test_a_file_that_is_no_archive_is_refused(stored: Path, data: bytes) -> None:
    (stored / "3" / "trajectory.npz").write_bytes(data)
    with pytest.raises(BadInputError, match="damaged"):
        open_run(stored)


def test_a_folder_without_a_manifest_is_no_run(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadInputError, match="no run folder"):
            open_run(folder)


# The library's front door


def test_a_series_is_drawn_without_a_folder_and_nothing_is_written(photo: Path, drawn_once: Path) -> None:
    series = picasso_series.draw_series(photo, levels=(6, 3), iterations=12)
    assert list(photo.parent.iterdir()) == [photo]
    for mine, stored_level in zip(series.levels, open_run(drawn_once).series.levels, strict=True):
        np.testing.assert_array_equal(mine.trajectory.points, stored_level.trajectory.points)
    assert series.choices["encoder"]["value"] == "structure"


def test_a_series_with_a_folder_is_the_command_lines_run(photo: Path, drawn_once: Path) -> None:
    series = picasso_series.draw_series(photo, (6, 3), out="out", iterations=12, size="64x64", formats=("svg",))
    assert set(content(Path("out"))) == set(content(drawn_once))
    assert content(Path("out"))["3/sketch.svg"] == series.levels[-1].sketch.to_svg().encode()


@pytest.mark.parametrize("levels", [4, "4", [4], np.array([4]), np.int64(4), np.array(4), iter([4])], ids=repr)
def test_levels_may_be_given_in_any_plain_way(photo: Path, levels: Any) -> None:
    series = picasso_series.draw_series(photo, levels, iterations=2)
    assert [level.strokes for level in series.levels] == [4]


def test_levels_may_be_given_as_the_command_line_takes_them(photo: Path) -> None:
    assert [level.strokes for level in picasso_series.draw_series(photo, levels="4,2", iterations=2).levels] == [4, 2]


@pytest.mark.parametrize("levels", [{4}, {4: 2}, b"4", 4.0, True, "x", object(), (), [[4]]], ids=str)
def test_levels_that_say_nothing_clear_are_refused(photo: Path, levels: Any) -> None:
    with pytest.raises(UsageError, match="levels"):
        picasso_series.draw_series(photo, levels)


def test_files_may_be_given_as_paths(photo: Path) -> None:
    Image.open(photo).getchannel("A").save("mask.png")
    Path("mine.toml").write_text("iterations = 2\nseed = 3\n")
    series = picasso_series.draw_series(photo, 4, mask=Path("mask.png"), preset=Path("mine.toml"))
    assert series.subject.source == "file"
    assert series.settings["seed"] == 3
    assert len(series.levels[0].trajectory.iterations) == 3


@pytest.mark.parametrize("wrong", [{"mask": 5}, {"mask": b"x"}, {"preset": 5}, {"preset": b"x"}, {"preset": Path("none.toml")}])
def test_files_that_are_none_are_refused(photo: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        picasso_series.draw_series(photo, 4, **wrong)


def test_a_setting_that_is_none_is_refused(photo: Path) -> None:
    with pytest.raises(UsageError, match="no setting 'strokes'"):
        picasso_series.draw_series(photo, strokes=4)


def test_the_environment_is_not_the_librarys_business(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICASSO_SERIES_LEVELS", "nonsense")
    assert len(picasso_series.draw_series(photo, (5,), iterations=3).levels) == 1


# The command to repeat


def test_the_command_repeats_settings_from_every_source(tmp_path: Path) -> None:
    (tmp_path / "picasso-series.toml").write_text("learning_rate = 0.5\nseeds = 2\n")
    resolved = resolve({"levels": "8,4", "mask": "/home/me/my mask.png"}, preset="draft", env={"PICASSO_SERIES_SEED": "9"}, folder=tmp_path)
    command = repeat_command("it's me.jpg", manifest_settings(resolved.settings, resolved.sources))
    assert command == (
        "PICASSO_SERIES_LEARNING_RATE=0.5 picasso-series 'it'\"'\"'s me.jpg' "
        "--preset draft --levels 8,4 --seed 9 --seeds 2 --mask 'my mask.png'"
    )


def test_a_photo_whose_name_looks_like_an_option_can_be_repeated() -> None:
    resolved = resolve({})
    assert repeat_command("-q.png", manifest_settings(resolved.settings, resolved.sources)) == "picasso-series ./-q.png"


def test_the_command_follows_a_change_of_the_films(photo: Path, stored: Path) -> None:
    command = "picasso-series pear.png --levels 6,3 --iterations 12 --size 64x128 --formats gif,svg"
    assert remake_films(stored, size="64x128", formats=("gif", "svg")).manifest["command"] == command
    assert command in (stored / "index.html").read_text()
    assert make(photo, size="64x128", formats="gif,svg")[-1].run.manifest["command"] == command


def test_a_size_of_another_preset_than_the_drawings_is_told_by_flag() -> None:
    settings = manifest_settings(resolve({}, preset="draft").settings, resolve({}, preset="draft").sources)
    settings["size"] = {"value": "story", "from": "preset mine.toml"}
    assert repeat_command("a.png", settings) == "picasso-series a.png --preset draft --size story"
