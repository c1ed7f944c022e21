"""A run that goes on sees with the eyes that it was begun with, in the same numbers, and ends as if it had never been stopped."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_core import install
from sample_clip import TINY_RESNET, open_clip_safetensors, tiny_clip
from tiny_table import tiny_files, tiny_table
from weights_server import Server, serving

from picasso_series import precision
from picasso_series.cli.app import run
from picasso_series.encoders import weights_table
from picasso_series.encoders.fetching import fetch
from picasso_series.encoders.importing import import_file
from picasso_series.make import Drawn, make_run
from picasso_series.presets import resolve
from picasso_series.run import open_run, read_manifest
from picasso_series.studio import choose_studio

LINE = ["pear.png", "--levels", "3,2", "--iterations", "4", "--size", "64x64", "--formats", "svg", "-o", "out"]

pytestmark = [pytest.mark.usefixtures("online", "photo"), pytest.mark.heavy]

Caught = pytest.CaptureFixture[str]
Stopper = Callable[[], None]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of tiny models, and a table that names them."""
    with serving(b"") as server:
        server.files = {f"/{name}.pt": data for name, data in tiny_files().items()}
        monkeypatch.setattr(weights_table, "TABLE", tiny_table(server.url.rpartition("/")[0]))
        yield server


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Begin a run with the fake core but real eyes, and stop it after its first level."""
    module = install(monkeypatch)
    module.choose_studio = choose_studio

    def begin(line: list[str]) -> None:
        drawn = module.draw_levels

        def first_level(*args: Any, **more: Any) -> Iterator[Any]:
            for event in drawn(*args, **more):
                yield event
                if isinstance(event, module.LevelDone):
                    raise KeyboardInterrupt

        module.draw_levels = first_level
        assert run(line) == 130
        module.draw_levels = drawn

    return begin


def encoder() -> dict[str, str]:
    found: dict[str, str] = read_manifest(Path("out"))["choices"]["encoder"]
    return found


def test_what_was_begun_without_clip_ends_without_it(server: Server, stopped: Callable[[list[str]], None], capsys: Caught) -> None:
    server.status = 404
    stopped(LINE)
    begun = encoder()
    assert begun["value"] == "structure"
    server.status = 200
    asked = len(server.paths)
    capsys.readouterr()
    assert run(LINE) == 0
    assert len(server.paths) == asked
    assert encoder() == begun
    # Why it was chosen is told as it was.
    assert f"encoder structure: {begun['reason']}" in capsys.readouterr().err


def test_what_was_begun_with_clip_ends_with_it(
    server: Server, stopped: Callable[[list[str]], None], cache_folder: Path, capsys: Caught
) -> None:
    stopped(LINE)
    begun = encoder()
    assert begun["value"] == "clip:RN101"
    shutil.rmtree(cache_folder)
    server.status = 404
    assert run(LINE) == 4
    assert "404" in capsys.readouterr().err
    server.status = 200
    assert run(LINE) == 0
    assert encoder() == begun
    assert read_manifest(Path("out"))["status"] == "finished"


def test_other_weights_of_the_same_name_do_not_go_on(server: Server, stopped: Callable[[list[str]], None], capsys: Caught) -> None:
    stopped(LINE)
    path = open_clip_safetensors(Path("other.safetensors"), tiny_clip(TINY_RESNET, seed=1))
    import_file(path, "RN101", weights_table.TABLE)
    assert run(LINE) == 1
    assert "clip:RN101 are others than those that the run was begun with" in capsys.readouterr().err
    assert run([*LINE, "--force"]) == 0


@pytest.mark.parametrize("numbers", ["bfloat16", "float32"])
def test_a_drawing_ends_in_the_numbers_that_it_was_begun_in(server: Server, monkeypatch: pytest.MonkeyPatch, numbers: str) -> None:
    settings = {"levels": "2,1", "iterations": "3", "encoder": "auto", "size": "64x64", "formats": "svg", "rivals": 0}
    resolved = resolve(settings)
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: True)

    def measured(found: str) -> None:
        monkeypatch.setattr(precision, "gradient_agreement", lambda *_: 1.0 if found == "bfloat16" else 0.0)

    measured(numbers)
    for _ in make_run("pear.png", resolved, "whole", fetch=fetch):
        pass
    events = make_run("pear.png", resolved, "cut", fetch=fetch)
    while not isinstance(next(events), Drawn):
        pass
    events.close()  # type: ignore[attr-defined]
    # On another day the check at the beginning would find otherwise.
    measured("float32" if numbers == "bfloat16" else "bfloat16")
    for _ in make_run("pear.png", resolved, "cut", fetch=fetch):
        pass
    whole, cut = open_run("whole"), open_run("cut")
    assert cut.manifest["choices"] == whole.manifest["choices"]
    assert cut.manifest["choices"]["precision"]["value"] == numbers
    for one, other in zip(whole.series.levels, cut.series.levels, strict=True):
        np.testing.assert_array_equal(one.trajectory.points, other.trajectory.points)
        np.testing.assert_array_equal(one.trajectory.loss, other.trajectory.loss)
