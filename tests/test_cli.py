"""The command line: every command swept by one table, what each imports, and the short form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from command_line import QUICK, Caught, call, environment, one_sentence
from plain_clip import residual_state

import picasso_series
from picasso_series.cli.app import app, run
from picasso_series.run import open_run


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
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 0, done.stderr


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = "import sys, picasso_series\nsys.exit(bool({'torch', 'numpy', 'click'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], env=environment(), check=False).returncode == 0


def test_showing_imports_no_torch(place: Path) -> None:
    program = (
        "import sys\nfrom picasso_series.cli.app import run\n"
        "code = run(['film', 'run', '-q']) or run(['gallery', 'run', '-o', 'site', '-q'])\n"
        "sys.exit('imported torch' if 'torch' in sys.modules else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment(), cwd=place, check=False)
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


def test_the_module_is_the_program(workplace: Path) -> None:
    done = call("--version")
    assert (done.returncode, done.stdout) == (0, f"picasso-series {picasso_series.__version__}\n")
    assert call().returncode == 2
