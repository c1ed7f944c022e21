"""What draw would do and does: settings with their sources, and progress."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from command_line import QUICK, Caught

from picasso_series.cli.app import run

# --dry-run, presets, sources


@pytest.mark.usefixtures("photo")
def test_dry_run_shows_every_setting_with_its_source_and_writes_nothing(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    monkeypatch.setenv("PICASSO_SERIES_SEEDS", "2")
    (workplace / "picasso-series.toml").write_text("rivals = 3\n")
    before = set(workplace.iterdir())
    args = ["pear.png", "--levels", "9,3", "--preset", "draft", "--dry-run"]
    assert run(args) == 0
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in capsys.readouterr().out.splitlines() if line.count("  ")}
    assert rows["levels"] == ["9,3", "flag"]
    assert rows["seeds"] == ["2", "env PICASSO_SERIES_SEEDS"]
    assert rows["rivals"] == ["3", "file picasso-series.toml"]
    assert rows["iterations"] == ["25", "preset draft"]
    assert rows["mask"] == ["auto", "default"]
    assert run([*args, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["settings"]["levels"] == {"value": [9, 3], "from": "flag"}
    assert record["plan"] == "fresh"
    assert set(workplace.iterdir()) == before


@pytest.mark.usefixtures("place")
def test_dry_run_tells_what_would_become_of_a_run(capsys: Caught) -> None:
    for more, plan in (([], "drawn"), (["--force"], "replace")):
        assert run(["pear.png", *QUICK, "-o", "run", "--dry-run", "--json", *more]) == 0
        record = json.loads(capsys.readouterr().out)
        assert (record["folder"], record["plan"]) == ("run", plan)
    assert run(["pear.png", *QUICK, "--dry-run", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["folder"], record["plan"]) == ("pear-series", "fresh")
    assert run(["pear.png", *QUICK, "-o", "run", "--dry-run", "--json", "--seed", "1"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert (record["folder"], record["plan"]) == ("run", "refused")
    assert run(["pear.png", *QUICK, "-o", "run", "--dry-run", "--seed", "1"]) == 1
    output = capsys.readouterr()
    assert "refused" in output.out
    assert "--force" in output.err


def test_a_preset_that_is_shown_can_be_used_as_a_file(photo: Path, capsys: Caught) -> None:
    assert run(["presets", "show", "fine"]) == 0
    Path("mine.toml").write_text(capsys.readouterr().out)
    assert run([photo.name, "--preset", "mine.toml", "--dry-run", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["settings"]["iterations"] == {"value": [200], "from": "preset mine.toml"}


# Progress


@pytest.mark.usefixtures("fake_core")
def test_results_go_to_stdout_and_progress_to_stderr(photo: Path, capsys: Caught) -> None:
    assert run([photo.name, *QUICK, "--json"]) == 0
    output = capsys.readouterr()
    record = json.loads(output.out)
    assert record["folder"] == "pear-series"
    assert record["series"]["status"] == "finished"
    assert "6 strokes: done, loss" in output.err
    assert "encoder structure: a fake" in output.err
    assert "\x1b" not in output.err


@pytest.mark.usefixtures("fake_core")
def test_a_terminal_gets_bars(photo: Path, capsys: Caught, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run([photo.name, *QUICK, "--formats", "svg,gif"]) == 0
    text = capsys.readouterr().err
    assert "3 strokes" in text
    assert "12/12" in text
    assert "series.gif" in text
