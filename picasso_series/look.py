"""The look of a picture: paper, ink, line, margins and words, one frozen record that films and plate both draw by.

Knows the styles that come with the program (``styles/*.toml``), the user's own style files and how a color is written. Knows neither
cairo nor SVG nor layouts.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from picasso_series.errors import BadInputError, UsageError
from picasso_series.toml_file import did_you_mean, read_toml

Color = tuple[int, int, int]
"""sRGB, 0 to 255."""

DEFAULT_STYLE = "ink"


@dataclass(frozen=True)
class Look:
    """How drawings are shown.

    Attributes:
        name: the style's name, "ink" and so on.
        description: one line that says what it looks like.
        paper: color of the ground.
        ink: color of strokes and letters.
        width: a stroke's width in units of the canvas (224 a side), where ``profile`` is 1.
        profile: the width along a stroke as shares of ``width``, from either end to its middle (at even steps of 4 u (1 - u), where u
            is the place along the stroke from 0 to 1); ``(1.0,)`` is an even line.
        grain: how much of the ink the roughness of the ground keeps off, from 0 (none, a smooth line) to 1.
        grain_size: size of the ground's roughness in units of the canvas.
        margin: empty space around a drawing, as a share of the picture's shorter side.
        title: words above, None for none.
        caption: words below, None for none.
        counted: whether drawings are numbered like the states of a print and tell their strokes.

    Raises:
        UsageError: a value is out of its range.
    """

    name: str = DEFAULT_STYLE
    description: str = ""
    paper: Color = (252, 250, 246)
    ink: Color = (22, 20, 18)
    width: float = 3.0
    profile: tuple[float, ...] = (1.0,)
    grain: float = 0.0
    grain_size: float = 1.0
    margin: float = 0.08
    title: str | None = None
    caption: str | None = None
    counted: bool = True

    def __post_init__(self) -> None:
        for name, least, most in (("width", 0.2, 24), ("grain", 0, 1), ("grain_size", 0.3, 10), ("margin", 0, 0.4)):
            _check_range(name, getattr(self, name), least, most)
        if not self.profile or max(self.profile) < 0.2:
            raise UsageError("profile takes at least one number, one of them at least 0.2, such as [0.3, 1.0]")
        for value in self.profile:
            _check_range("profile", value, 0, 3)

    @property
    def even(self) -> bool:
        """Whether strokes are as wide at their ends as in their middle."""
        return len(set(self.profile)) == 1

    @property
    def dark(self) -> bool:
        """Whether the ground is darker than the ink."""
        return _luminance(self.paper) < _luminance(self.ink)


_FILE_KEYS = tuple(field.name for field in fields(Look) if field.name not in ("name", "title", "caption", "counted"))


def style_names() -> list[str]:
    """Names of the styles that come with the program, the default first."""
    return sorted((path.stem for path in _style_folder().glob("*.toml")), key=lambda name: (name != DEFAULT_STYLE, name))


def load_look(style: str = DEFAULT_STYLE, **changes: Any) -> Look:
    """The look of a style, with some of its values changed.

    Args:
        style: the name of a style that comes with the program, or the path of a ``.toml`` file of the user's own.
        **changes: any field of :class:`Look` but ``name``; None leaves the style's own value; colors may be text.

    Raises:
        UsageError: there is no such style, or a value makes no sense.
        BadInputError: the user's file cannot be used.
    """
    if style in style_names():
        look = _read_look(_style_folder() / f"{style}.toml", style)
    elif style.endswith(".toml") or "/" in style or os.sep in style:
        path = Path(style)
        if not path.is_file():
            raise UsageError(f"there is no style file {style}; write one, or choose among {', '.join(style_names())}")
        look = _read_look(path, path.stem)
    else:
        raise UsageError(f"there is no style {style!r}{did_you_mean(style, style_names())}; choose among {', '.join(style_names())}")
    return change_look(look, **changes)


def change_look(look: Look, **changes: Any) -> Look:
    """A look with some of its values changed; None leaves a value, and colors may be text.

    Raises:
        UsageError: a value makes no sense.
    """
    return replace(look, **_typed({name: value for name, value in changes.items() if value is not None}))


def parse_color(text: str, name: str = "the color") -> Color:
    """The color that ``text`` writes: ``#f4efe2``, a CSS name such as ``ivory``, ``rgb(…)`` or ``hsl(…)``.

    Raises:
        UsageError: it is no opaque color.
    """
    from PIL import ImageColor

    try:
        color: tuple[int, ...] = ImageColor.getrgb(text.strip())
    except ValueError:
        color = ()
    if len(color) != 3:
        raise UsageError(f"{name} takes a color such as #f4efe2 or ivory, not {text!r}")
    return int(color[0]), int(color[1]), int(color[2])


def color_text(color: Color) -> str:
    """The color as ``#rrggbb``."""
    return "#" + "".join(f"{value:02x}" for value in color)


def _style_folder() -> Path:
    return Path(__file__).parent / "styles"


def _read_look(path: Path, name: str) -> Look:
    table, _ = read_toml(path)
    for key in table:
        if key not in _FILE_KEYS:
            raise BadInputError(f"{path.name} has the unknown key {key!r}{did_you_mean(key, _FILE_KEYS)}; remove or rename it")
    try:
        return Look(name=name, **_typed(table))
    except UsageError as error:
        raise BadInputError(f"in {path.name}, {error}") from error


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the fields of :class:`Look` hold them."""
    typed = dict(values)
    for name, value in values.items():
        if name in ("paper", "ink"):
            typed[name] = parse_color(value, name) if isinstance(value, str) else _color(name, value)
        elif name in ("width", "grain", "grain_size", "margin"):
            typed[name] = _number(name, value)
        elif name == "profile":
            typed[name] = tuple(_number(name, part) for part in (value if isinstance(value, (list, tuple)) else [value]))
        elif not isinstance(value, bool if name == "counted" else str):
            raise UsageError(f"{name} takes {'yes or no' if name == 'counted' else 'text'}, not {value!r}")
    return typed


def _number(name: str, value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise UsageError(f"{name} takes a number, not {value!r}")


def _color(name: str, value: object) -> Color:
    if isinstance(value, tuple) and len(value) == 3 and all(isinstance(part, int) and 0 <= part <= 255 for part in value):
        return value
    raise UsageError(f"{name} takes a color such as '#f4efe2' or 'ivory', not {value!r}")


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise UsageError(f"{name} takes a number from {least:g} to {most:g}, not {value:g}")


def _luminance(color: Color) -> float:
    """Relative luminance by the weights of BT.709, without the transfer curve: enough to tell dark from light."""
    red, green, blue = color
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
