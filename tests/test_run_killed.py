"""What a run owes to one that was killed in its folder: nothing of another run, all of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from drawn_runs import assert_same_drawing, content, finished, make, stop_after

from picasso_series import run_writer, show
from picasso_series.run import open_run
from picasso_series.show import remake_films

pytestmark = pytest.mark.usefixtures("fake_core")


class Killed(BaseException):
    """The end of a process, as far as a test can have it without one."""


def die(*args: Any, **more: Any) -> None:
    raise Killed


def test_the_snapshot_of_a_replaced_run_is_not_taken_up(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_after(photo, 11)
    assert (Path("out") / "6" / "snapshot.npz").is_file()
    with monkeypatch.context() as patch:
        # The new manifest stands, nothing of the old run has been swept yet.
        patch.setattr(run_writer, "sweep", die)
        with pytest.raises(Killed):
            make(photo, force=True, seed="1")
    assert_same_drawing(finished(photo, seed="1"), finished(photo, "fresh", seed="1"))


def test_a_film_that_was_being_made_again_is_not_forgotten(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remake_films(stored, kinds=["draw-on"], formats=("svg",))
    before = content(stored)
    write = show.write_films

    def die_at(series: Any, folder: Path, names: list[str], **more: Any) -> Any:
        if names == ["draw-on.svg"]:
            raise Killed
        return write(series, folder, names, **more)

    with monkeypatch.context() as patch:
        patch.setattr(show, "write_films", die_at)
        with pytest.raises(Killed):
            remake_films(stored)
    assert content(stored)["films/draw-on.svg"] == before["films/draw-on.svg"]
    assert remake_films(stored).finished
    assert content(stored) == before


@pytest.mark.parametrize("again", ["draw", "film"])
def test_what_was_never_finished_goes(photo: Path, stored: Path, again: str) -> None:
    before = set(content(stored))
    for name in ("films/.series.77.part.mp4", ".index.77.part.html", "3/.sketch.77.part.png", "3/snapshot.npz"):
        (stored / name).write_bytes(b"half")
    (stored / "films" / "series.mov").write_bytes(b"the user's own")
    if again == "draw":
        make(photo)
    else:
        remake_films(stored)
    assert set(content(stored)) == before | {"films/series.mov"}


def test_the_snapshot_of_a_run_that_cannot_be_filmed_yet_stays(photo: Path, drawn_once: Path) -> None:
    stop_after(photo, 20)
    with pytest.raises(Exception, match="not drawn to its end"):
        remake_films(Path("out"))
    assert (Path("out") / "3" / "snapshot.npz").is_file()
    assert_same_drawing(finished(photo), open_run(drawn_once))
