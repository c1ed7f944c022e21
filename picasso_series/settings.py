"""Settings of a run: plain frozen data.

Knows names, ranges and defaults, and how each value is written as text; knows no files, no command line and no torch.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from operator import index
from typing import Any, SupportsFloat, SupportsIndex

from picasso_series.errors import UsageError
from picasso_series.sizes import SIZES

MAX_STROKES = 256
"""The most strokes that one level may have."""

FORMATS = ("mp4", "gif", "webp", "svg")
"""The film formats that can be asked for."""

RASTERIZERS = ("auto", "torch", "diffvg")
DEVICES = ("auto", "cpu", "cuda", "mps")
STARTS = ("contour", "saliency")
SCHEDULES = ("cosine", "constant")
KEEPS = ("last", "best")
BALANCES = ("plain", "lines")
LEAST_DRAWS = 4
"""CLIPasso looks through so many perspective views in every iteration."""

CLIP_OWN = frozenset(
    {"seeds", "iterations", "learning_rate", "schedule", "beta2", "converged", "keep", "line_weight", "layer_weight"}
    | {"embedding_weight", "balance", "draws", "rivals", "finalists", "joins"}
)
"""Settings that may have other values where CLIP looks: those that matter only once it is known who looks."""

FILM_SIDES = (64, 8192)
"""Smallest and largest side of a film in pixels."""

SHOWING = frozenset({"size", "formats"})
"""Settings that change how a finished series is shown but not the drawing itself."""


MOST_AUTO = 16
"""The most levels that can be left to the photo."""


class AutoLevels(tuple[int, ...]):
    """So many levels whose strokes the photo decides, written ``auto:N``; until it has been looked at, numbers stand in for them."""

    def __new__(cls, count: int = 4) -> AutoLevels:
        """``count`` levels, 1 to 16.

        Raises:
            UsageError: that is too few or too many.
        """
        if not 1 <= count <= MOST_AUTO:
            raise UsageError(f"levels takes auto:N with N from 1 to {MOST_AUTO}, such as auto:4, not auto:{count}")
        return super().__new__(cls, range(MOST_AUTO, MOST_AUTO - count, -1))

    def __getnewargs__(self) -> tuple[int]:
        """What a copy is made with."""
        return (len(self),)

    def __str__(self) -> str:
        return f"auto:{len(self)}"


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a series is drawn and shown.

    Attributes:
        levels: strokes of each level, strictly decreasing, 1 to 256; or how many levels the photo decides on.
        encoder: "auto", "clip", "clip:<model>" or "structure".
        rasterizer: "auto", "torch" or "diffvg".
        device: "auto", "cpu", "cuda" or "mps".
        seed: first seed of the run's random draws, at least 0.
        seeds: how many starts compete at each level, at least 1.
        iterations: optimizer steps, one number for all levels or one a level, each at least 1.
        mask: "auto", "none" or the path of a mask picture.
        size: film size: a name of ``SIZES`` ("square", "portrait", "tall", "story", "landscape") or "WxH" (even numbers).
        formats: film formats, of "mp4", "gif", "webp", "svg".
        start: "contour" (contours cut into cubics) or "saliency" (points sampled where the eye goes, as CLIPasso).
        learning_rate: Adam's step in canvas pixels, above 0.
        schedule: "cosine" (decays to a tenth) or "constant".
        beta2: the decay of Adam's average of squared slopes, at least 0 and below 1.
        converged: a level is brought to its end once ten iterations improve it by less than this share; 0 for never. For "cosine".
        keep: of a level's drawings, the "last", or the "best" of those judged on the way.
        line_weight: weight of the line-map correlation in the objective, at least 0.
        layer_weight: weight of the encoder's middle layers, at least 0.
        embedding_weight: weight of the encoder's embedding, at least 0.
        balance: the unit of the encoder's costs: "plain", as they are computed, or "lines", what drawing all lines of the subject
            gains over blank paper, so that weights mean the same for every encoder.
        draws: how many perspective views are made beforehand for the encoders that look through such views, at least 4.
        rivals: how many fresh starts compete with the warm start at levels of few strokes, at least 0.
        finalists: how many of the starts are drawn to the end, at least 1.
        joins: whether a survivor may absorb a neighbor it continues into.
        clip: settings that have other values where CLIP looks, such as "iterations=60 rivals=2"; see :meth:`seen_by`.

    Raises:
        UsageError: a value is out of its range.
    """

    levels: tuple[int, ...] = (32, 16, 8, 4)
    encoder: str = "auto"
    rasterizer: str = "auto"
    device: str = "auto"
    seed: int = 0
    seeds: int = 1
    iterations: tuple[int, ...] = (70,)
    mask: str = "auto"
    size: str = "square"
    formats: tuple[str, ...] = ("mp4", "gif")
    start: str = "contour"
    learning_rate: float = 0.8
    schedule: str = "cosine"
    beta2: float = 0.95
    converged: float = 0.0
    keep: str = "last"
    line_weight: float = 1.0
    layer_weight: float = 0.3
    embedding_weight: float = 0.1
    balance: str = "plain"
    draws: int = 32
    rivals: int = 4
    finalists: int = 2
    joins: bool = True
    clip: str = ""

    def __post_init__(self) -> None:
        _check_levels(self.levels)
        if len(self.iterations) not in (1, len(self.levels)) or any(n < 1 for n in self.iterations):
            raise UsageError(
                f"iterations takes one number above 0, or one for each of the {len(self.levels)} levels, not {_listed(self.iterations)}"
            )
        if self.encoder not in ("auto", "structure", "clip") and not re.fullmatch(r"clip:\S+", self.encoder):
            raise UsageError(f"encoder takes auto, structure, clip or clip:<model>, not {self.encoder!r}")
        chosen = {"rasterizer": RASTERIZERS, "device": DEVICES, "start": STARTS, "schedule": SCHEDULES, "keep": KEEPS, "balance": BALANCES}
        for name, choices in chosen.items():
            if getattr(self, name) not in choices:
                raise UsageError(f"{name} takes {_either(choices)}, not {getattr(self, name)!r}")
        for name, least in (("seed", 0), ("seeds", 1), ("rivals", 0), ("finalists", 1), ("draws", LEAST_DRAWS)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} takes a whole number of at least {least}, not {getattr(self, name)}")
        for name in ("learning_rate", "line_weight", "layer_weight", "embedding_weight"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0 or (name == "learning_rate" and value == 0):
                raise UsageError(f"{name} takes a number {'above' if name == 'learning_rate' else 'of at least'} 0, not {value}")
        for name in ("beta2", "converged"):
            if not 0 <= getattr(self, name) < 1:
                raise UsageError(f"{name} takes a number of at least 0 and below 1, not {getattr(self, name)}")
        if self.converged and self.schedule == "constant":
            raise UsageError("converged asks for the schedule cosine: steps that never shrink never come to rest")
        if not (self.line_weight or self.layer_weight or self.embedding_weight):
            raise UsageError("one of line_weight, layer_weight and embedding_weight must be above 0, or there is nothing to draw for")
        if not self.mask:
            raise UsageError("mask takes auto, none or the path of a picture, not an empty text")
        if "\0" in self.mask:
            raise UsageError(f"mask takes auto, none or the path of a picture, which has no zero character, not {self.mask!r}")
        size_pixels(self.size)
        if not self.formats or len(set(self.formats)) != len(self.formats) or not set(self.formats) <= set(FORMATS):
            raise UsageError(f"formats takes some of {_listed(FORMATS)}, each once, not {_listed(self.formats) or 'none'!s}")
        if self.clip:
            own = parse_overlay(self.clip)
            try:
                replace(self, **own, clip="")
            except UsageError as error:
                raise UsageError(f"where CLIP looks (clip), {error}") from error

    def seen_by(self, encoder: str) -> Settings:
        """The settings as they hold where ``encoder``, named as in a manifest, looks: with CLIP the values of ``clip`` win."""
        return replace(self, **parse_overlay(self.clip)) if encoder.startswith("clip") else self

    def iterations_at(self, index: int) -> int:
        """Optimizer steps of the level at ``index`` (0 for the first)."""
        return self.iterations[index if len(self.iterations) > 1 else 0]


SETTING_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Settings))
"""The names of all settings, in the order in which they are shown."""


def size_pixels(size: str) -> tuple[int, int]:
    """(width, height) in pixels of a film size: a name of ``SIZES`` or ``"WxH"`` of even numbers.

    Raises:
        UsageError: the text is neither.
    """
    if size in SIZES:
        return SIZES[size]
    match = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", size)
    if match is None:
        raise UsageError(f"size takes {_either(SIZES)}, or WxH such as 1920x1080, not {size!r}")
    width, height = int(match[1]), int(match[2])
    least, most = FILM_SIDES
    if width % 2 or height % 2 or not least <= min(width, height) <= max(width, height) <= most:
        raise UsageError(f"size takes even sides of {least} to {most} pixels, such as 1920x1080, not {size!r}")
    return width, height


def parse_setting(name: str, value: Any) -> Any:
    """Turn a value from a flag, the environment or a TOML file into the type of the setting ``name``.

    Text such as ``"32,16,8,4"`` and lists such as ``[32, 16, 8, 4]`` both make a tuple, ``"auto"`` and ``"auto:5"`` make
    :class:`AutoLevels`; nothing is rounded or guessed. Ranges are checked by :class:`Settings` alone.

    Raises:
        UsageError: the value is not of the setting's kind.
        KeyError: there is no setting of that name.
    """
    default = {field.name: field.default for field in fields(Settings)}[name]
    if name == "levels" and isinstance(value, (str, AutoLevels)):
        match = re.fullmatch(r"auto(?::([0-9]{1,3}))?", str(value).strip().lower())
        if match:
            return AutoLevels(int(match[1] or 4))
    if name == "clip":
        return overlay_text(value if isinstance(value, Mapping) else parse_overlay(_text(name, value)))
    if isinstance(default, bool):
        return _boolean(name, value)
    if isinstance(default, int):
        return _integer(name, value)
    if isinstance(default, float):
        return _number(name, value)
    if isinstance(default, tuple):
        parts = _parts(name, value)
        if isinstance(default[0], int):
            return tuple(_integer(name, part) for part in parts)
        return tuple(_text(name, part).strip().lower() for part in parts)
    return _text(name, value)


def setting_text(value: Any) -> str:
    """The text of a setting's value as it is written after a flag: ``(32, 16)`` is ``"32,16"``, True is ``"true"``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Sequence) and not isinstance(value, (str, AutoLevels)):
        return _listed(value)
    return str(value)


def parse_overlay(text: str) -> dict[str, Any]:
    """The settings in a text such as ``"iterations=60 rivals=2"``, by name and of their types.

    Raises:
        UsageError: it is not of that form, or names a setting that cannot be CLIP's own.
    """
    values = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if not equals or name in values:
            raise UsageError(f"clip takes settings such as 'iterations=60 rivals=2', each once, not {text!r}")
        values[name] = _own(name, value)
    return values


def overlay_text(values: Mapping[str, Any]) -> str:
    """The text of settings by name, in the order in which settings are shown.

    Raises:
        UsageError: a setting cannot be CLIP's own, or its value is not of its kind.
    """
    typed = {name: _own(name, value) for name, value in values.items()}
    return " ".join(f"{name}={setting_text(typed[name])}" for name in SETTING_NAMES if name in typed)


def _own(name: str, value: Any) -> Any:
    if name not in CLIP_OWN:
        raise UsageError(f"clip takes settings of {_listed(sorted(CLIP_OWN))}, not {name!r}")
    return parse_setting(name, value)


def _check_levels(levels: Sequence[int]) -> None:
    example = "such as 32,16,8,4"
    if not levels:
        raise UsageError(f"levels takes at least one number of strokes, {example}")
    for count in levels:
        if not 1 <= count <= MAX_STROKES:
            raise UsageError(f"levels takes numbers of strokes from 1 to {MAX_STROKES}, {example}, not {count}")
    for more, fewer in zip(levels, levels[1:], strict=False):
        if fewer >= more:
            order = _listed(sorted(set(levels), reverse=True))
            raise UsageError(f"levels must get fewer from one to the next, so write {order} in place of {_listed(levels)}")


def _parts(name: str, value: Any) -> list[Any]:
    if isinstance(value, str):
        parts = value.split(",")
        if not value.strip() or any(not part.strip() for part in parts):
            raise UsageError(f"{name} takes values parted by single commas, such as {_example(name)}, not {value!r}")
        return parts
    # What has no order of its own says nothing of the order of levels; what holds bytes was not meant as numbers.
    if isinstance(value, Iterable) and not isinstance(value, (Mapping, Set, bytes, bytearray)):
        try:
            return list(value)
        except TypeError:
            # An array without a dimension claims to be iterable and is one number.
            return [value]
    return [value]


def _integer(name: str, value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?[0-9]{1,15}\s*", value):
        return int(value)
    if isinstance(value, SupportsIndex) and not isinstance(value, bool):
        return index(value)
    raise UsageError(f"{name} takes whole numbers, such as {_example(name)}, not {value!r}")


def _number(name: str, value: Any) -> float:
    if isinstance(value, (str, SupportsFloat)) and not isinstance(value, bool):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise UsageError(f"{name} takes a number, such as {_example(name)}, not {value!r}")


def _boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise UsageError(f"{name} takes true or false, not {value!r}")


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise UsageError(f"{name} takes text, such as {_example(name)}, not {value!r}")


def _example(name: str) -> str:
    return setting_text({field.name: field.default for field in fields(Settings)}[name])


def _listed(values: Iterable[object]) -> str:
    return ",".join(str(value) for value in values)


def _either(choices: Iterable[str]) -> str:
    words = list(choices)
    return ", ".join(words[:-1]) + " or " + words[-1]
