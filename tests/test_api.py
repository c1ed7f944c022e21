"""The library's front door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_runs import content
from PIL import Image

import picasso_series
from picasso_series.errors import UsageError
from picasso_series.run import open_run

pytestmark = pytest.mark.usefixtures("fake_core")


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


@pytest.mark.parametrize("levels", [4, "4", [4], np.array([4]), np.int64(4), np.array(4), pytest.param(iter([4]), id="iterator")], ids=repr)
def test_levels_may_be_given_in_any_plain_way(photo: Path, levels: Any) -> None:
    series = picasso_series.draw_series(photo, levels, iterations=2)
    assert [level.strokes for level in series.levels] == [4]


def test_levels_may_be_given_as_the_command_line_takes_them(photo: Path) -> None:
    assert [level.strokes for level in picasso_series.draw_series(photo, levels="4,2", iterations=2).levels] == [4, 2]


@pytest.mark.parametrize("levels", [{4}, {4: 2}, b"4", 4.0, True, "x", pytest.param(object(), id="object"), (), [[4]]], ids=str)
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
