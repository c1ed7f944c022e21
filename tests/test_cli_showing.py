"""film and gallery over several runs: what is whole is shown, what is not is named."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
from command_line import Caught, one_sentence

from picasso_series.cli.app import run


@pytest.mark.usefixtures("place")
def test_some_runs_that_cannot_be_filmed_end_with_3(capsys: Caught) -> None:
    assert run(["film", "run", "nowhere", "--json"]) == 3
    output = capsys.readouterr()
    records = json.loads(output.out)["runs"]
    assert records[0]["films"] == ["films/series.svg", "films/trajectory.svg"]
    assert "no run folder" in records[1]["error"]
    assert "nowhere" in output.err


@pytest.mark.usefixtures("place")
def test_a_disk_that_fails_one_run_does_not_stop_the_others(capsys: Caught, monkeypatch: pytest.MonkeyPatch) -> None:
    from picasso_series import show

    remake = show.remake_films

    def fail_there(folder: Path, **options: object) -> object:
        if folder.name == "there":
            raise OSError(errno.ENOSPC, "no space", "there/series.json")
        return remake(folder, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(show, "remake_films", fail_there)
    assert run(["film", "there", "run", "--json"]) == 3
    output = capsys.readouterr()
    records = json.loads(output.out)["runs"]
    assert "disk is full" in records[0]["error"]
    assert records[1]["films"] == ["films/series.svg", "films/trajectory.svg"]
    assert "disk is full" in output.err
    assert run(["film", "there"]) == 1
    assert "disk is full" in one_sentence(capsys)


@pytest.mark.usefixtures("place")
def test_one_run_that_cannot_be_filmed_ends_with_1(capsys: Caught) -> None:
    assert run(["film", "nowhere"]) == 1
    assert "no run folder" in one_sentence(capsys)
    assert run(["film", "nowhere", "nothing"]) == 1
    assert run(["film", "run", "--size", "3x3"]) == 2
    assert run(["film", "run", "--formats", "avi"]) == 2


@pytest.mark.usefixtures("place")
def test_the_gallery_holds_the_runs_pages() -> None:
    assert run(["gallery", "run", "-o", "site", "-q"]) == 0
    assert "pear" in (Path("site") / "index.html").read_text()


@pytest.mark.usefixtures("place")
def test_the_gallery_refuses_unfinished_runs(capsys: Caught) -> None:
    manifest = json.loads((Path("run") / "series.json").read_text())
    (Path("run") / "series.json").write_text(json.dumps({**manifest, "status": "drawing"}))
    assert run(["gallery", "run", "-o", "site"]) == 1
    assert "not finished" in one_sentence(capsys)
    assert not Path("site").exists()


@pytest.mark.usefixtures("place")
def test_a_gallery_of_which_some_runs_are_broken_holds_the_others(capsys: Caught, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    shutil.copytree("run", "broken")
    Path("broken/films/series.svg").write_text("no drawing")
    shutil.copytree("run", "closed")
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if "closed" in path.parts:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert run(["gallery", "broken", "run", "nowhere", "closed", "-o", "site", "--json"]) == 3
    output = capsys.readouterr()
    record = json.loads(output.out)
    assert record["pages"] == [str(Path("site/index.html")), str(Path("site/pear/index.html"))]
    assert all(Path(page).is_file() for page in record["pages"])
    assert [failure["folder"] for failure in record["failed"]] == ["broken", "nowhere", "closed"]
    said = output.err.splitlines()
    assert len(said) == 4
    for name, line in zip(["broken", "nowhere", "closed", "3 of 4 runs"], said, strict=True):
        assert name in line
    assert run(["gallery", "broken", "nowhere", "-o", "other"]) == 1
    assert "none of the 2 runs" in capsys.readouterr().err
    assert run(["gallery", "broken", "-o", "other"]) == 1
    assert "series.svg" in one_sentence(capsys)
    assert not Path("other").exists()
