"""What users get wrong, and what disks do: one sentence that names the fix, and an exit code of the contract."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import QUICK, Caught, one_sentence
from PIL import Image

from picasso_series.cli import app as app_module
from picasso_series.cli.app import run
from picasso_series.cli.output import os_sentence
from picasso_series.errors import BadInputError, MissingError, PartialError, PicassoError, UsageError
from picasso_series.run import read_manifest


@pytest.mark.parametrize("levels", ["4,8", "0", "a", "", "300", "8,8", "4,", "-4"])
def test_levels_that_make_no_sense_end_with_2(photo: Path, levels: str, capsys: Caught) -> None:
    assert run([photo.name, "--levels", levels]) == 2
    assert "levels" in one_sentence(capsys)
    assert list(photo.parent.iterdir()) == [photo]


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["--preset", "drafft"], "did you mean draft"),
        (["--preset", "mine.toml"], "no preset file"),
        (["--seed", "x"], "seed"),
        (["--seeds", "0"], "seeds"),
        (["--iterations", "1,2,3"], "iterations"),
        (["--encoder", "dino"], "encoder"),
        (["--device", "gpu"], "device"),
        (["--rasterizer", "x"], "rasterizer"),
        (["--size", "1081x1080"], "size"),
        (["--formats", "avi"], "formats"),
        (["--mask", ""], "mask"),
        (["extra.png"], "extra"),
        (["--level", "4"], "--level"),
    ],
)
def test_a_usage_error_is_one_sentence_and_ends_with_2(photo: Path, args: list[str], word: str, capsys: Caught) -> None:
    assert run([photo.name, *args]) == 2
    assert word in one_sentence(capsys)
    assert list(photo.parent.iterdir()) == [photo]


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("hello")


def _truncated(path: Path) -> None:
    Image.effect_noise((200, 200), 90).save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:1000])


def _single_pixel(path: Path) -> None:
    Image.new("RGB", (1, 1)).save(path, "PNG")


def _white(path: Path) -> None:
    Image.new("RGB", (100, 100), "white").save(path, "PNG")


def _bomb(path: Path) -> None:
    """A PNG whose header claims 60000 x 60000 pixels."""
    import struct
    import zlib

    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)))


@pytest.mark.usefixtures("fake_core")
@pytest.mark.parametrize("spoil", [Path.mkdir, _empty, _text, _truncated, _single_pixel, _white, _bomb, None])
def test_a_bad_photo_is_one_sentence_and_ends_with_1(workplace: Path, spoil: Callable[[Path], None] | None, capsys: Caught) -> None:
    path = workplace / "photo.png"
    if spoil:
        spoil(path)
    assert run([path.name, *QUICK, "-q"]) == 1
    assert "photo" in one_sentence(capsys)
    assert [entry.name for entry in workplace.iterdir()] == (["photo.png"] if spoil else [])


@pytest.mark.usefixtures("place")
def test_a_different_run_ends_with_1_and_names_force(capsys: Caught) -> None:
    before = (Path("run") / "series.json").read_bytes()
    assert run(["pear.png", *QUICK, "--seed", "1", "-q", "-o", "run"]) == 1
    assert "--force" in one_sentence(capsys)
    assert (Path("run") / "series.json").read_bytes() == before
    assert run(["pear.png", *QUICK, "--seed", "1", "-q", "-o", "run", "--force"]) == 0
    assert read_manifest(Path("run"))["seed"] == 1


@pytest.mark.usefixtures("place")
def test_a_finished_run_says_so_and_ends_with_0(capsys: Caught) -> None:
    assert run(["pear.png", *QUICK, "-o", "run"]) == 0
    assert "already" in capsys.readouterr().err
    assert run(["pear.png", *QUICK, "-o", "run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["drawn"] is False


@pytest.mark.usefixtures("photo")
def test_clip_without_its_weights_ends_with_4(capsys: Caught) -> None:
    assert run(["pear.png", "--encoder", "clip", "-q"]) == 4
    assert "weights import FILE" in one_sentence(capsys)
    assert not Path("pear-series").exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PicassoError("a"), 1),
        (BadInputError("a"), 1),
        (UsageError("a"), 2),
        (PartialError("a"), 3),
        (MissingError("a"), 4),
        (OSError(errno.ENOSPC, "x", "f"), 1),
        (PermissionError(errno.EACCES, "x", "f"), 1),
        (MemoryError(), 1),
        (ZeroDivisionError("a"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_error_is_one_sentence_with_its_exit_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("picasso_series.presets.preset_names", fail)
    monkeypatch.setattr("picasso_series.cli.presets.preset_names", fail)
    assert run(["presets", "list"]) == code
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("picasso-series: ")


def test_an_error_that_a_signal_caused_counts_as_the_signal(monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    stop = app_module._Stop()

    def fail() -> None:
        stop.asked = True
        raise BrokenPipeError(errno.EIO, "the encoder is gone")

    monkeypatch.setattr("picasso_series.cli.presets.preset_names", fail)
    assert run(["presets", "list"], stop) == 130
    assert "run the same command" in one_sentence(capsys)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "permissions"),
        (errno.EROFS, "read-only"),
        (errno.ENAMETOOLONG, "shorter folder with --out"),
        (errno.EIO, "check the disk"),
    ],
)
def test_what_a_disk_says_becomes_a_sentence_with_the_fix(number: int, words: str) -> None:
    sentence = os_sentence(OSError(number, os.strerror(number), "out/series.json"))
    assert words in sentence
    assert "out/series.json" in sentence
    assert "\n" not in sentence


@pytest.mark.skipif(os.name == "nt", reason="names are bound otherwise there")
@pytest.mark.usefixtures("fake_core")
@pytest.mark.parametrize("out", [None, "a" * 300, "/".join(["b" * 200] * 30)])
def test_a_name_that_is_too_long_for_the_disk_is_told_with_the_fix(photo: Path, out: str | None, capsys: Caught) -> None:
    # The folder's own name is the photo's and some letters more.
    path = photo.rename("c" * 250 + ".png") if out is None else photo
    assert run([path.name, *QUICK, "-q", *([] if out is None else ["-o", out])]) == 1
    assert "choose a shorter folder with --out" in one_sentence(capsys)
    assert list(Path().iterdir()) == [Path(path.name)]


def test_a_photo_whose_name_is_too_long_for_any_is_not_there(workplace: Path, capsys: Caught) -> None:
    assert run(["d" * 300 + ".png"]) == 1
    assert "there is no file" in one_sentence(capsys)
