"""Styles as data: what comes with the program, the user's own files, colors, and one sentence for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from picasso_series.errors import BadInputError, UsageError
from picasso_series.look import Look, color_text, load_look, parse_color, style_names


def test_the_default_look_is_the_style_ink() -> None:
    assert style_names() == ["ink", "brush", "chalk", "pencil"]
    ink = load_look()
    assert ink == Look(description=ink.description)


@pytest.mark.parametrize("name", ["ink", "brush", "chalk", "pencil"])
def test_a_style_can_be_read(name: str) -> None:
    """Ink and paper can be told apart by everyone: a contrast of at least 7, as WCAG asks for text."""
    look = load_look(name)
    assert look.name == name
    assert look.description

    def light(color: tuple[int, int, int]) -> float:
        parts = [(v / 255 + 0.055) ** 2.4 / 1.055**2.4 if v > 10 else v / 255 / 12.92 for v in color]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted([light(look.paper), light(look.ink)])
    assert (high + 0.05) / (low + 0.05) > 7
    assert look.dark == (name == "chalk")
    assert look.even == (name == "ink")


def test_values_can_be_changed_one_by_one() -> None:
    look = load_look("chalk", ink="gold", width=2, title="Toro", paper=None, counted=False)
    chalk = load_look("chalk")
    assert (look.ink, look.width, look.title, look.counted) == ((255, 215, 0), 2.0, "Toro", False)
    assert (look.paper, look.profile) == (chalk.paper, chalk.profile)


def test_a_style_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "blueprint.toml"
    path.write_text('paper = "#0b3d91"\nink = "white"\nprofile = [0.5, 1]\n')
    look = load_look(str(path))
    assert (look.name, look.paper, look.ink, look.profile) == ("blueprint", (11, 61, 145), (255, 255, 255), (0.5, 1.0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("papr = 'white'", "did you mean paper"),
        ("paper = 'whit'", "paper takes a color"),
        ("paper = '#ffffff80'", "paper takes a color"),
        ("paper = 3", "paper takes a color"),
        ("ink = [1, 2, 3]", "ink takes a color"),
        ("width = 0", "width takes a number from 0.2 to 24"),
        ("width = nan", "width takes a number"),
        ("width = true", "width takes a number"),
        ("profile = []", "profile takes at least one"),
        ("profile = [0.1]", "profile takes at least one"),
        ("profile = [1, 9]", "profile takes a number from 0 to 3"),
        ("description = 4", "description takes text"),
        ("title = 'no'", "unknown key 'title'"),
        ("width = ", "not valid TOML"),
    ],
)
def test_a_mistake_in_a_style_file_is_told_with_its_name(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=words) as caught:
        load_look(str(path))
    assert "own.toml" in str(caught.value)


@pytest.mark.parametrize(("style", "words"), [("chalc", "did you mean chalk"), ("no.toml", "no style file"), ("", "there is no style")])
def test_an_unknown_style_is_told_with_the_known_ones(style: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        load_look(style)
    assert "ink, brush, chalk, pencil" in str(caught.value)


def test_colors_go_there_and_back() -> None:
    for color in ((0, 0, 0), (1, 20, 255), (252, 250, 246)):
        assert parse_color(color_text(color)) == color
    assert parse_color(" hsl(0, 100%, 50%) ") == (255, 0, 0)
