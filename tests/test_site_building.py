"""Building a gallery again, over others' files, on full disks and after kills: the old site or the new one, and nobody else's loss."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_reader import Page, check_page, site_files
from sample_run import sample_run

from picasso_series.errors import BadInputError, PicassoError, UsageError
from picasso_series.gallery import build_site
from picasso_series.lock import folder_lock


def test_rebuilding_removes_its_own_files_and_no_others(tmp_path: Path) -> None:
    site = tmp_path / "site"
    duck, goose = sample_run(tmp_path / "a", "duck"), sample_run(tmp_path / "b", "goose")
    build_site([duck, goose], site)
    (site / "CNAME").write_text("example", encoding="utf-8")
    (site / "duck/notes.txt").write_text("mine", encoding="utf-8")
    build_site([goose], site)
    assert sorted(path.name for path in site.iterdir()) == ["CNAME", "card.png", "duck", "gallery.json", "goose", "index.html"]
    assert [path.name for path in (site / "duck").iterdir()] == ["notes.txt"]
    check_page(Page(site / "index.html"))


def test_rebuilding_gives_the_same_bytes(tmp_path: Path) -> None:
    site, run = tmp_path / "site", sample_run(tmp_path / "run")

    def built() -> dict[str, bytes]:
        build_site([run], site)
        return site_files(site)

    assert built() == built()


def test_a_broken_run_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    site, duck, goose = tmp_path / "site", sample_run(tmp_path / "a", "duck"), sample_run(tmp_path / "b", "goose")
    broken = goose.folder / "films/series.mp4"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:60])
    with pytest.raises(BadInputError, match="b/films/series.mp4 cannot be shown"):
        build_site([duck, goose], site)
    assert not site.exists()
    build_site([duck], site)
    before = site_files(site)
    with pytest.raises(BadInputError, match="cannot be shown"):
        build_site([goose], site)
    assert site_files(site) == before
    broken.write_bytes(whole)
    assert len(build_site([duck, goose], site)) == 3


def test_a_full_disk_leaves_the_old_site_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    duck, goose = sample_run(tmp_path / "a", "duck"), sample_run(tmp_path / "b", "goose")
    old, new = tmp_path / "old", tmp_path / "new"
    build_site([goose], old)
    before = site_files(old)
    copied: list[Path] = []

    def fill_up(source: Path, target: Path) -> None:
        copied.append(target)
        if len(copied) % 15 == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        Path(target).write_bytes(Path(source).read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr("picasso_series.gallery.files.shutil.copyfile", fill_up)
        for site in (old, new):
            with pytest.raises(PicassoError, match="No space left"):
                build_site([duck, goose], site)
    assert len(copied) == 30
    assert site_files(old) == before
    assert sorted(path.name for path in old.iterdir()) == ["card.png", "gallery.json", "goose", "index.html"]
    assert not new.exists()


def test_a_build_that_was_killed_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, site, whole = sample_run(tmp_path / "run"), tmp_path / "site", tmp_path / "whole"
    build_site([run], whole)
    moves = len(site_files(whole)) - 1
    assert moves > 10
    from picasso_series.gallery.files import move_file

    for last in (0, 1, moves // 2, moves - 1):
        count = iter(range(moves))

        def stop(name: str, source: Path, target: Path, last: int = last, count: Iterator[int] = count) -> None:
            if next(count) == last:
                raise KeyboardInterrupt
            move_file(name, source, target)

        with monkeypatch.context() as patch:
            patch.setattr("picasso_series.gallery.site.move_file", stop)
            with pytest.raises(KeyboardInterrupt):
                build_site([run], site)
        assert len(site_files(site)) == 1 + last
        build_site([run], site)
        assert site_files(site) == site_files(whole)
        shutil.rmtree(site)


def test_what_a_killed_build_left_is_no_obstacle(tmp_path: Path) -> None:
    run, site = sample_run(tmp_path / "run"), tmp_path / "site"
    (site / ".gallery.part/duck").mkdir(parents=True)
    (site / ".gallery.part/duck/half.png").write_bytes(b"half")
    (site / ".lock").touch()
    (site / ".gallery.77.part.json").write_bytes(b"half")
    build_site([run], site)
    assert sorted(path.name for path in site.iterdir()) == ["card.png", "duck", "gallery.json", "index.html"]


def test_obstacles_leave_the_site_as_it_was(tmp_path: Path) -> None:
    site, duck, goose = tmp_path / "site", sample_run(tmp_path / "a", "duck"), sample_run(tmp_path / "b", "goose")
    build_site([duck], site)
    (site / "goose").write_text("mine", encoding="utf-8")
    before = site_files(site)
    with pytest.raises(PicassoError, match="goose stands in the way"):
        build_site([goose], site)
    (site / "goose").unlink()
    (site / "goose/index.html").mkdir(parents=True)
    with pytest.raises(PicassoError, match=r"index\.html stands in the way"):
        build_site([goose], site)
    before.pop("goose")
    assert site_files(site) == before


def test_two_builds_do_not_meet_in_one_site(tmp_path: Path) -> None:
    run, site = sample_run(tmp_path / "run"), tmp_path / "site"
    build_site([run], site)
    with folder_lock(site), pytest.raises(BadInputError, match="another picasso-series is at work"):
        build_site([run], site)


def test_a_run_given_twice_appears_once(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    assert len(build_site([run, run], tmp_path / "site")) == 2


def test_somebody_elses_folder_is_refused_untouched(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.html").write_text("theirs", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        build_site([run], other)
    with pytest.raises(UsageError, match="not empty"):
        build_site([run], run.folder)
    with pytest.raises(UsageError, match="is a file"):
        build_site([run], other / "index.html")
    assert [path.name for path in other.iterdir()] == ["index.html"]
    assert (other / "index.html").read_text(encoding="utf-8") == "theirs"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    assert len(build_site([sample_run(tmp_path / "run")], tmp_path / "site")) == 2


def test_no_runs_and_runs_inside_the_gallery_are_refused(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with pytest.raises(UsageError, match="at least one"):
        build_site([], site)
    build_site([sample_run(tmp_path / "run")], site)
    with pytest.raises(UsageError, match="lies inside"):
        build_site([sample_run(site / "inner")], site)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 3}', "\x00"])
def test_a_damaged_record_is_refused(tmp_path: Path, content: str) -> None:
    run, site = sample_run(tmp_path / "run"), tmp_path / "site"
    build_site([run], site)
    (site / "gallery.json").write_text(content, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"gallery\.json cannot be read"):
        build_site([run], site)


def test_a_record_that_names_files_outside_removes_nothing(tmp_path: Path) -> None:
    run, site = sample_run(tmp_path / "run"), tmp_path / "site"
    build_site([run], site)
    victim = tmp_path / "precious.txt"
    victim.write_text("x", encoding="utf-8")
    (site / "gallery.json").write_text(json.dumps({"files": ["../precious.txt"]}), encoding="utf-8")
    with pytest.raises(BadInputError, match="outside"):
        build_site([run], site)
    assert victim.exists()
