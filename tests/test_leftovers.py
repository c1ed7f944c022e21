"""What a run removes from its folder and what it leaves alone; temporary names that somebody laid there are not written through."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from drawn_runs import assert_same_drawing, finished, make, stop_after

from picasso_series.atomic import is_part, whole_file, write_whole
from picasso_series.errors import BadInputError
from picasso_series.look import load_look, style_names
from picasso_series.prints import Order, PlotOrder, print_run
from picasso_series.run import open_run

PARTS = (f".series.{os.getpid()}.part.json", f".photo.{os.getpid()}.part.png", f".index.{os.getpid()}.part.html")


def test_a_temporary_name_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("ours")
    for name in PARTS[:2]:
        (tmp_path / name).symlink_to(letter)
    write_whole(tmp_path / "series.json", "{}")
    with whole_file(tmp_path / "photo.png") as temporary:
        temporary.write_bytes(b"new")
    assert letter.read_text() == "ours"
    assert not (tmp_path / "series.json").is_symlink()
    assert (tmp_path / "series.json").read_text() == "{}"
    assert (tmp_path / "photo.png").read_bytes() == b"new"


@pytest.mark.usefixtures("fake_core")
def test_a_run_goes_round_links_under_its_temporary_names(photo: Path, stored: Path) -> None:
    letter = Path("letter.txt")
    letter.write_text("ours")
    for force in (False, True):
        for name in PARTS:
            (stored / name).symlink_to(letter.resolve())
        assert make(photo, force=force)[-1].run.finished
        assert letter.read_text() == "ours"
        assert not [path for path in stored.iterdir() if path.is_symlink()]


@pytest.mark.usefixtures("fake_core")
@pytest.mark.parametrize("name", [PARTS[0], ".lock"], ids=["temporary", "lock"])
def test_a_folder_of_links_alone_is_no_leftover_of_ours(photo: Path, name: str) -> None:
    Path("letter.txt").write_text("ours")
    Path("out").mkdir()
    (Path("out") / name).symlink_to(Path("letter.txt").resolve())
    with pytest.raises(BadInputError, match="no run"):
        make(photo)
    assert Path("letter.txt").read_text() == "ours"


@pytest.mark.usefixtures("fake_core")
def test_a_folder_under_a_temporary_name_is_somebodys(photo: Path) -> None:
    for name in (".gallery.part", ".series.77.part.json"):
        Path("out", name).mkdir(parents=True)
        with pytest.raises(BadInputError, match="no run"):
            make(photo)
        Path("out", name).rmdir()
    Path("out", ".series.77.part.json").write_text("half")
    assert finished(photo).finished


@pytest.mark.usefixtures("fake_core")
@pytest.mark.parametrize(
    "name", [".index.77.part.html/mine.txt", "films/.series.77.part.mp4/mine.txt", "films/series.mov/mine.txt", "7/snapshot.npz/mine.txt"]
)
def test_folders_of_the_runs_names_stay_and_break_nothing(photo: Path, stored: Path, name: str) -> None:
    (stored / name).parent.mkdir(parents=True)
    (stored / name).write_text("mine")
    for force in (False, True):
        assert make(photo, force=force)[-1].run.finished
        assert (stored / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["a.txt", "series.json", ".nojekyll", "no ending", "two.dots.tar.gz", "\N{SNOWMAN}.svg"])
def test_what_we_have_not_finished_is_known_by_its_name(name: str, tmp_path: Path) -> None:
    with whole_file(tmp_path / name) as temporary:
        assert is_part(temporary)
        temporary.write_text("new")
    assert not is_part(tmp_path / name)
    assert is_part(Path(".two\nlines.77.part.png"))


@pytest.mark.parametrize(
    "name", [".config.part", ".mine.partial.txt", ".x.part1.rar", ".a.part.b.c", "movie.77.part.mp4", ".a.x7.part.txt"]
)
def test_other_hidden_files_are_not_taken_for_ours(name: str) -> None:
    assert not is_part(Path(name))


@pytest.mark.usefixtures("fake_core")
def test_what_lies_among_the_prints_and_is_none_stays(photo: Path, stored: Path) -> None:
    mine = ("plate-notes.txt", "plate-a4.txt", "plate-a4-proof.png", "plotter-a5.png", "plotter-settings.svg", "plate-.svg")
    (stored / "prints").mkdir()
    for name in mine:
        (stored / "prints" / name).write_text("mine")
    (stored / "prints" / "plate-old").mkdir()
    (stored / "prints" / "plate-a3.png").mkdir()
    for force in (False, True):
        assert make(photo, force=force)[-1].run.finished
        assert {path.name for path in (stored / "prints").iterdir()} == {*mine, "plate-old", "plate-a3.png"}


@pytest.mark.usefixtures("fake_core")
def test_prints_of_a_run_that_is_replaced_go(photo: Path, stored: Path) -> None:
    made = [path for style in style_names() for path in print_run(stored, Order(load_look(style), formats=("svg", "pdf")))]
    made += print_run(stored, Order(load_look("chalk"), "300.5X200mm", ("png",), dpi=30, levels=(6, 3)))
    made += print_run(stored, PlotOrder()) + print_run(stored, PlotOrder("letter", levels=(3,)))
    assert {path.parent.name for path in made} == {"prints"}
    assert all(path.is_file() for path in made)
    assert make(photo, seed="1", force=True)[-1].run.finished
    assert not (stored / "prints").exists()


@pytest.mark.usefixtures("fake_core")
@pytest.mark.parametrize("notes", ["[" * 100_000, "[1]", "null", '"iteration"', "{"])
def test_a_snapshot_whose_notes_are_none_is_none(photo: Path, drawn_once: Path, notes: str) -> None:
    stop_after(photo, 20)
    file = io.BytesIO()
    np.savez(file, rows=np.zeros((1, 3, 4, 2)), notes_json=np.array(notes))
    (Path("out") / "3" / "snapshot.npz").write_bytes(file.getvalue())
    assert_same_drawing(finished(photo), open_run(drawn_once))
