"""The command line that a manifest gives to draw the same series again."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn_runs import make

from picasso_series.command import repeat_command
from picasso_series.presets import resolve
from picasso_series.run_writer import manifest_settings
from picasso_series.show import remake_films

pytestmark = pytest.mark.usefixtures("fake_core")


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
