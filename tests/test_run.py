"""The run folder: what is written, and what is resumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_runs import FLAGS, assert_same_drawing, content, finished, make, stop_after
from PIL import Image

from picasso_series.atomic import file_sha256
from picasso_series.film import DEFAULT_KINDS, film_names
from picasso_series.make import Drawn, Finished, Resumed, make_run
from picasso_series.presets import resolve
from picasso_series.run import MANIFEST, load_arrays, open_run, read_manifest
from picasso_series.svg import svg_to_sketch

pytestmark = pytest.mark.usefixtures("fake_core")


def test_a_run_holds_every_file_of_the_contract_and_names_it_in_the_manifest(photo: Path) -> None:
    run = finished(photo, formats="svg,mp4,gif")
    files = content(run.folder)
    expected = {"series.json", "photo.png", "mask.png", "plate.svg", "plate.png", "index.html"}
    expected |= {f"films/{name}" for name in film_names(DEFAULT_KINDS, ("svg", "mp4", "gif"))}
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
