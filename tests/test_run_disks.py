"""Runs, films and galleries on disks that are full, closed, over quota or gone: one sentence, and nothing that was there is lost.

A true small disk is mounted where that is allowed; elsewhere its tests are skipped, and the faked disks have to do.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import QUICK, Caught, one_sentence
from drawn_runs import assert_same_drawing, content, finished, make

from picasso_series import atomic
from picasso_series.atomic import file_sha256, is_part, whole_file, write_whole
from picasso_series.cli.app import run
from picasso_series.errors import PicassoError
from picasso_series.run import MANIFEST, open_run, read_manifest

pytestmark = pytest.mark.usefixtures("fake_core")


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


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("files", [0, 4, 9, 13])
def test_whatever_a_disk_answers_is_one_sentence(
    photo: Path, number: int, files: int, monkeypatch: pytest.MonkeyPatch, capsys: Caught, drawn_once: Path
) -> None:
    room, put = [files], os.replace

    def limited(source: Any, target: Any) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(number, os.strerror(number))
        put(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, "replace", limited)
        assert run([photo.name, *QUICK, "-o", "out", "-q"]) == 1
    sentence = one_sentence(capsys)
    assert "out" in sentence
    assert ";" in sentence, "it names no mend"
    assert_same_drawing(finished(photo), open_run(drawn_once))


@pytest.mark.parametrize("events", [1, 8, 14, 30])
def test_a_folder_that_is_deleted_under_a_run_is_one_sentence(
    photo: Path, events: int, monkeypatch: pytest.MonkeyPatch, capsys: Caught, drawn_once: Path
) -> None:
    core = sys.modules["picasso_series.series"]
    draw = core.draw_levels

    def draw_while_it_goes(*args: Any, **more: Any) -> Iterator[Any]:
        for number, event in enumerate(draw(*args, **more), start=1):
            if number == events:
                shutil.rmtree("out")
            yield event
        if events > number:
            shutil.rmtree("out")

    with monkeypatch.context() as patch:
        patch.setattr(core, "draw_levels", draw_while_it_goes)
        assert run([photo.name, *QUICK, "-o", "out", "-q"]) == 1
    assert ";" in one_sentence(capsys)
    shutil.rmtree("out", ignore_errors=True)
    assert_same_drawing(finished(photo), open_run(drawn_once))


class Disk:
    """A small disk of its own in the current folder."""

    def __init__(self) -> None:
        self.place = Path("disk").resolve()
        self.place.mkdir()
        done = self._mount("size=4k")
        if done.returncode:
            pytest.skip(f"no disk can be mounted here ({done.stderr.strip()})")

    def _mount(self, options: str) -> subprocess.CompletedProcess[str]:
        line = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.place)]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    def change(self, options: str) -> None:
        """Give it another size, or close or open it for writing."""
        done = self._mount(f"remount,{options}")
        assert done.returncode == 0, done.stderr

    def fill(self) -> None:
        """Leave no room."""
        self.change("size=64m")
        used = sum(-(-path.stat().st_size // 4096) * 4 for path in self.place.rglob("*") if path.is_file())
        self.change(f"size={used}k")

    def content(self) -> dict[str, bytes]:
        return content(self.place)


@pytest.fixture
def disk(workplace: Path) -> Iterator[Disk]:
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only the superuser of a Linux machine may mount a disk")
    disk = Disk()
    yield disk
    subprocess.run(["umount", "--lazy", str(disk.place)], check=False)


@pytest.mark.parametrize("kilobytes", [8, 40, 80, 120, 160, 260])
def test_a_run_that_fills_a_true_disk_goes_on_when_there_is_room(
    photo: Path, disk: Disk, kilobytes: int, capsys: Caught, drawn_once: Path
) -> None:
    disk.change(f"size={kilobytes}k")
    line = [photo.name, *QUICK, "-o", "disk/out", "-q"]
    assert run(line) == 1
    sentence = one_sentence(capsys)
    assert "disk is full" in sentence or "No space left" in sentence
    assert not [name for name in disk.content() if ".part" in name]
    folder = disk.place / "out"
    if (folder / MANIFEST).exists():
        manifest = read_manifest(folder)
        assert manifest["status"] == "drawing"
        for record in [*manifest["files"], *(record for level in manifest["levels"] for record in level["files"])]:
            assert file_sha256(folder / record["path"]) == record["sha256"]
    disk.change("size=64m")
    assert run(line) == 0
    assert_same_drawing(open_run(folder), open_run(drawn_once))


@pytest.mark.parametrize("form", ["svg", "gif", "webp", "mp4"])
def test_films_that_find_no_room_leave_all_that_was_there(photo: Path, disk: Disk, drawn_once: Path, form: str, capsys: Caught) -> None:
    disk.change("size=64m")
    shutil.copytree(drawn_once, disk.place / "out")
    disk.fill()
    before = disk.content()
    assert run(["film", "disk/out", "--formats", form, "--style", "chalk", "-q"]) == 1
    assert ";" in one_sentence(capsys)
    after = disk.content()
    assert {name: data for name, data in after.items() if name != f"out/{MANIFEST}"} == {
        name: data for name, data in before.items() if name != f"out/{MANIFEST}"
    }
    disk.change("size=64m")
    assert run(["film", "disk/out", "--formats", form, "-q"]) == 0
    assert open_run(disk.place / "out").finished


def test_a_gallery_that_finds_no_room_stays_as_it_was(photo: Path, disk: Disk, drawn_once: Path, capsys: Caught) -> None:
    disk.change("size=64m")
    assert run(["gallery", str(drawn_once), "-o", "disk/site", "-q"]) == 0
    shutil.copytree(drawn_once, "other")
    disk.fill()
    before = disk.content()
    assert run(["gallery", str(drawn_once), "other", "-o", "disk/site", "-q"]) == 1
    assert ";" in one_sentence(capsys)
    assert disk.content() == before


def test_a_closed_disk_is_told_of_and_keeps_what_it_has(photo: Path, disk: Disk, drawn_once: Path, capsys: Caught) -> None:
    disk.change("size=64m")
    shutil.copytree(drawn_once, disk.place / "out")
    before = disk.content()
    disk.change("ro")
    for line in (
        [photo.name, *QUICK, "-o", "disk/new"],
        [photo.name, *QUICK, "-o", "disk/out", "--force"],
        ["film", "disk/out", "--formats", "gif"],
        ["gallery", "disk/out", "-o", "disk/site"],
        ["plate", "disk/out", "--formats", "svg"],
    ):
        assert run([*line, "-q"]) == 1
        sentence = one_sentence(capsys)
        assert "disk/" in sentence
        assert "ead-only" in sentence
    assert disk.content() == before
    # What has nothing to write needs no right to.
    assert run(["gallery", "disk/out", "-o", "site", "-q"]) == 0
