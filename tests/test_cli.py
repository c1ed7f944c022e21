"""The command line: every command swept by one table, exit codes, what goes to stdout and stderr, and how it stops."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
import pytest
from conftest import draw_pear
from fake_core import fake_module
from PIL import Image
from plain_clip import residual_state
from sample_clip import open_clip_safetensors, tiny_clip

import picasso_series
from picasso_series.cli import app as app_module
from picasso_series.cli.app import app, run
from picasso_series.cli.output import os_sentence
from picasso_series.encoders.importing import import_file
from picasso_series.errors import BadInputError, MissingError, PartialError, PicassoError, UsageError
from picasso_series.run import open_run, read_manifest

HOME = Path(picasso_series.__file__).parents[1]
QUICK = ["--levels", "6,3", "--iterations", "12", "--size", "64x64", "--formats", "svg"]

Caught = pytest.CaptureFixture[str]


def commands(group: click.Group = app, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*prefix, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*prefix, name))


ALL = dict(commands())
LEAVES = [path for path, command in ALL.items() if not isinstance(command, click.Group)]

MINIMAL: dict[tuple[str, ...], list[str]] = {
    ("draw",): ["pear.png", *QUICK, "-o", "new"],
    ("film",): ["run", "--size", "64x64", "--formats", "svg"],
    ("plate",): ["run", "--formats", "svg"],
    ("gallery",): ["run", "-o", "site"],
    ("evaluate",): ["run"],
    ("still",): ["pear.png", "--encoder", "structure"],
    ("weights", "list"): [],
    ("weights", "fetch"): ["tiny/one"],
    ("weights", "verify"): [],
    ("weights", "import"): ["tiny.safetensors", "--name", "tiny/two"],
    ("presets", "list"): [],
    ("presets", "show"): ["fine"],
    ("doctor",): [],
    ("bench", "raster"): ["--repeats", "1"],
    ("bench", "clip"): ["--repeats", "1"],
}
"""A command line for every command that ends well where there is ``pear.png``, a finished ``run``, and weights called ``tiny/one``."""


@pytest.fixture(scope="module")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("once")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "picasso_series.series", fake_module())
        assert run([str(draw_pear(place / "pear.png")), *QUICK, "-q", "-o", str(place / "run")]) == 0
    return place / "run"


@pytest.fixture
def place(photo: Path, drawn_once: Path, fake_core: None) -> Path:
    """``pear.png`` and a finished ``run`` of it in the current folder, the fake core, and a small model, also in the cache."""
    import shutil

    shutil.copytree(drawn_once, "run")
    open_clip_safetensors(Path("tiny.safetensors"), tiny_clip())
    import_file(Path("tiny.safetensors"), "tiny/one")
    return photo.parent


def call(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the real program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "picasso_series", *args], capture_output=True, text=True, env=_environment(**more), timeout=120, check=False
    )


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(HOME), str(HOME / "tests")]), "OMP_NUM_THREADS": "1", **more}


def one_sentence(caught: Caught) -> str:
    """What a failed command said: one line on stderr, nothing on stdout."""
    output = caught.readouterr()
    assert output.out == ""
    lines = output.err.splitlines()
    assert len(lines) == 1, output.err
    assert lines[0].startswith("picasso-series: ")
    assert "Traceback" not in output.err
    return lines[0]


# The table of all commands


def test_the_table_holds_every_command() -> None:
    assert set(MINIMAL) == set(LEAVES)


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_every_command_has_help_with_examples(command: tuple[str, ...], capsys: Caught) -> None:
    assert run([*command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Examples:" in text
    examples = [line.strip() for line in text.splitlines() if line.strip().startswith("picasso-series ")]
    assert examples
    assert run([*command, "-h"]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_every_option_stands_in_a_section_and_has_help(command: tuple[str, ...]) -> None:
    for parameter in ALL[command].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert getattr(parameter, "section", ""), parameter.name


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_every_command_ends_well_in_plain_json_and_quiet(command: tuple[str, ...], capsys: Caught, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.set_num_threads", lambda threads: None)
    monkeypatch.setattr("picasso_series.benchmark.COUNTS", (4,))
    monkeypatch.setattr("picasso_series.clip_benchmark.random_weights", residual_state)
    line = [*command, *MINIMAL[command]]
    assert run(line) == 0
    assert capsys.readouterr().out.strip()
    assert run([*line, "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)
    assert run([*line, "-q"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_every_command_answers_an_unknown_option_with_one_sentence(command: tuple[str, ...], capsys: Caught) -> None:
    assert run([*command, *MINIMAL[command], "--no-such-thing"]) == 2
    assert "--no-such-thing" in one_sentence(capsys)


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_quiet_and_verbose_exclude_each_other(command: tuple[str, ...], capsys: Caught) -> None:
    assert run([*command, *MINIMAL[command], "-q", "-v"]) == 2
    assert "exclude" in one_sentence(capsys)


# Speed of the help


@pytest.mark.parametrize(
    "args", [["--help"], ["draw", "--help"], ["photo.jpg", "--help"], ["--version"], ["presets", "list"]], ids=" ".join
)
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    program = (
        "import sys\nfrom picasso_series.cli.app import run\n"
        f"code = run({args!r})\n"
        "heavy = {'torch', 'cairocffi', 'PIL', 'numpy', 'scipy', 'skimage', 'rich', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=_environment(), check=False)
    assert done.returncode == 0, done.stderr


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = "import sys, picasso_series\nsys.exit(bool({'torch', 'numpy', 'click'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], env=_environment(), check=False).returncode == 0


def test_showing_imports_no_torch(place: Path) -> None:
    program = (
        "import sys\nfrom picasso_series.cli.app import run\n"
        "code = run(['film', 'run', '-q']) or run(['gallery', 'run', '-o', 'site', '-q'])\n"
        "sys.exit('imported torch' if 'torch' in sys.modules else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=_environment(), cwd=place, check=False)
    assert done.returncode == 0, done.stderr


# PHOTO is short for draw PHOTO


@pytest.mark.usefixtures("fake_core")
def test_a_photo_alone_is_drawn_and_its_folder_named_after_it(photo: Path, capsys: Caught) -> None:
    assert run([photo.name, *QUICK]) == 0
    folder = Path("pear-series")
    assert open_run(folder).finished
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "pear-series"
    assert "pear-series/index.html" in [line.replace(os.sep, "/") for line in lines]
    assert all(Path(line).exists() for line in lines)


@pytest.mark.usefixtures("fake_core")
def test_options_may_stand_before_the_photo(photo: Path) -> None:
    assert run([*QUICK, "-q", "--out", "out", photo.name]) == 0
    assert open_run(Path("out")).finished


@pytest.mark.usefixtures("photo")
def test_a_slip_in_a_commands_name_is_guessed(capsys: Caught) -> None:
    assert run(["galery"]) == 1
    assert "did you mean the command 'picasso-series gallery'?" in one_sentence(capsys)


# Mistakes


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


# film and gallery


@pytest.mark.usefixtures("place")
def test_some_runs_that_cannot_be_filmed_end_with_3(capsys: Caught) -> None:
    assert run(["film", "run", "nowhere", "--json"]) == 3
    output = capsys.readouterr()
    records = json.loads(output.out)["runs"]
    assert records[0]["films"] == ["films/series.svg"]
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
    assert records[1]["films"] == ["films/series.svg"]
    assert "disk is full" in output.err
    assert run(["film", "there"]) == 1
    assert "disk is full" in one_sentence(capsys)


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
    read = Path.read_text

    def refuse(path: Path, **how: str) -> str:
        if "closed" in path.parts:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path, **how)

    monkeypatch.setattr(Path, "read_text", refuse)
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


# Being stopped


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_with_130_and_the_same_command_goes_on(photo: Path, number: signal.Signals, drawn_once: Path) -> None:
    line = [sys.executable, str(HOME / "tests" / "fake_core.py"), photo.name, *QUICK, "-o", "out"]
    with subprocess.Popen(line, env=_environment(FAKE_HALT="6:8"), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        _wait_for(Path("out") / "6" / "snapshot.npz")
        program.send_signal(number)
        out, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert out == ""
    assert err.splitlines()[-1] == "picasso-series: stopped; run the same command to go on"
    assert "Traceback" not in err
    assert read_manifest(Path("out"))["status"] == "drawing"
    _goes_on(line, drawn_once)


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals there")
def test_a_killed_run_goes_on_and_ends_as_an_unkilled_one(photo: Path, drawn_once: Path) -> None:
    line = [sys.executable, str(HOME / "tests" / "fake_core.py"), photo.name, *QUICK, "-o", "out"]
    with subprocess.Popen(line, env=_environment(FAKE_HALT="6:8"), stderr=subprocess.DEVNULL) as program:
        _wait_for(Path("out") / "6" / "snapshot.npz")
        second = subprocess.run(line, env=_environment(), capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "another picasso-series is at work" in second.stderr
        program.kill()
    _goes_on(line, drawn_once)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no such signals there")
def test_the_real_core_goes_on_exactly_where_it_was_killed(photo: Path) -> None:
    line = [
        sys.executable,
        "-m",
        "picasso_series",
        photo.name,
        "--levels",
        "6,3",
        "--iterations",
        "30",
        "--size",
        "64x64",
        "--formats",
        "svg",
    ]
    whole = subprocess.run([*line, "-o", "whole", "-q"], env=_environment(), capture_output=True, text=True, check=False)
    assert (whole.returncode, whole.stderr) == (0, "")
    with subprocess.Popen([*line, "-o", "out", "-q"], env=_environment()) as program:
        _wait_for(Path("out") / "6" / "snapshot.npz")
        program.kill()
    # The run was begun on one thread; that the environment now offers two must not matter.
    done = subprocess.run([*line, "-o", "out"], env=_environment(OMP_NUM_THREADS="2"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "going on" in done.stderr
    for name in ("6/trajectory.npz", "3/trajectory.npz", "6/sketch.svg", "3/sketch.svg"):
        assert (Path("out") / name).read_bytes() == (Path("whole") / name).read_bytes(), name


def _goes_on(line: list[str], drawn_once: Path) -> None:
    done = subprocess.run(line, env=_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "going on" in done.stderr
    for mine, whole in zip(open_run(Path("out")).series.levels, open_run(drawn_once).series.levels, strict=True):
        np.testing.assert_array_equal(mine.trajectory.points, whole.trajectory.points)
    assert {path.name for path in Path("out").rglob("*")} == {path.name for path in drawn_once.rglob("*")}


def _wait_for(path: Path) -> None:
    for _ in range(1200):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


def test_the_module_is_the_program(workplace: Path) -> None:
    done = call("--version")
    assert (done.returncode, done.stdout) == (0, f"picasso-series {picasso_series.__version__}\n")
    assert call().returncode == 2
