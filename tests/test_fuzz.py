"""A share of the fuzzing, and that the tool which does the rest finds what it looks for."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from random import Random

import click
import pytest

pytest.importorskip("tools.fuzz", reason="the tools are not part of what is installed")

from tools.fuzz.cases import try_case  # noqa: E402
from tools.fuzz.command_lines import commands, line  # noqa: E402
from tools.fuzz.folders import write_run  # noqa: E402
from tools.fuzz.judge import MOST_MEMORY, Answer, answer, fault_of  # noqa: E402
from tools.fuzz.mutation import bytes_like, text_like, value_like  # noqa: E402
from tools.fuzz.pictures import seeds  # noqa: E402
from tools.fuzz.readers import READERS  # noqa: E402
from tools.fuzz.seams import cut_off  # noqa: E402

CASES = 20
"""Cases of each reader; the tool itself runs a hundred thousand."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    write_run(folder / "run", folder / "photo.png")
    return folder


@pytest.mark.parametrize("reader", READERS)
def test_a_share_of_the_cases_is_well_answered(reader: str, sound: Path) -> None:
    with cut_off():
        faults = [fault for number in range(CASES) if (fault := try_case(reader, number, sound))]
    assert not faults, f"python -m tools.fuzz --case {faults[0].case}"


def test_a_case_is_the_same_each_time() -> None:
    data, value = bytes(range(256)), {"a": [1, {"b": "text"}], "c": None}
    for number in range(50):
        twice = [
            (bytes_like(data, chance), text_like("text", chance), value_like(value, chance)) for chance in (Random(number), Random(number))
        ]
        assert twice[0] == twice[1]
        assert value == {"a": [1, {"b": "text"}], "c": None}


def test_all_formats_and_commands_are_among_the_cases() -> None:
    suffixes = {suffix for suffix, _ in seeds()}
    assert {".png", ".jpg", ".gif", ".tif", ".webp", ".bmp", ".eps"} <= suffixes
    words = {call for call, _ in commands()}
    assert {("draw",), ("film",), ("gallery",), ("weights", "import"), ("presets", "show"), ("doctor",)} <= words
    chance = Random(0)
    called = [line(chance)[:1] for _ in range(2000)]
    assert {word[0] for word in called if word} >= {call[0] for call in words}


@click.command()
@click.argument("deed")
def misbehave(deed: str) -> None:
    """Does what no command should."""
    if deed == "bug":
        raise KeyError("x")
    if deed == "warn":
        warnings.warn("odd", RuntimeWarning, stacklevel=1)
    if deed == "color":
        click.echo("\x1b[31mred", color=True)
    if deed == "code":
        raise click.exceptions.Exit(7)
    if deed == "silent":
        raise click.exceptions.Exit(1)


@pytest.mark.parametrize(
    ("deed", "words"), [("bug", "bug"), ("warn", "warning"), ("color", "control"), ("code", "7"), ("silent", "sentence"), ("well", "")]
)
def test_misbehavior_is_found(deed: str, words: str) -> None:
    fault = fault_of(answer([deed], misbehave))
    assert (fault is None) if not words else fault is not None
    assert words in (fault or "")


def test_memory_beyond_the_limit_is_a_fault() -> None:
    assert "GB" in (fault_of(Answer(0, "", "", MOST_MEMORY + 1)) or "")


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the most memory")
def test_memory_is_that_of_the_case() -> None:
    @click.command()
    def take() -> None:
        """Hold 200 MB for a moment."""
        assert len(bytearray(os.urandom(1) * 200_000_000)) == 200_000_000

    before = answer(["well"], misbehave).memory
    assert answer([], take).memory > before + 150_000_000
