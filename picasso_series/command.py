"""The command line that draws a run again.

Knows how settings, as a manifest writes them with the source of each, become words of a command; knows no folder and no torch.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from picasso_series.presets import DEFAULT_PRESET, ENV_PREFIX
from picasso_series.settings import SETTING_NAMES, SHOWING, Settings, setting_text

FLAGS = ("levels", "encoder", "rasterizer", "device", "seed", "seeds", "iterations", "mask", "size", "formats")
"""Settings that have a flag of their own on the command line; the others come from presets, files and the environment."""

_PRESET = "preset "


def repeat_command(photo: str, settings: Mapping[str, Mapping[str, Any]]) -> str:
    """The command line that draws the same series again, quoted for a POSIX shell.

    Args:
        photo: the name of the photo's file.
        settings: of each setting its ``value`` and where it came ``from``, as a manifest writes them.
    """
    defaults = Settings()
    words = ["picasso-series", photo if not photo.startswith("-") else f"./{photo}"]
    variables = []
    preset = _preset(settings)
    if preset != DEFAULT_PRESET:
        words += ["--preset", preset]
    for name in SETTING_NAMES:
        source = settings[name]["from"] if name in settings else "default"
        if source in ("default", f"{_PRESET}{preset}"):
            continue
        text = setting_text(settings[name]["value"])
        if source != "flag" and text == setting_text(getattr(defaults, name)) and preset == DEFAULT_PRESET:
            continue
        if name in FLAGS:
            words += [f"--{name}", text]
        else:
            variables.append(f"{ENV_PREFIX}{name.upper()}={shlex.quote(text)}")
    return " ".join([*variables, shlex.join(words)])


def _preset(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """The preset that decided on the drawing; one that decided on nothing need not be named."""
    decided = [entry["from"] for name, entry in settings.items() if name not in SHOWING] + [entry["from"] for entry in settings.values()]
    return next((source.removeprefix(_PRESET) for source in decided if source.startswith(_PRESET)), DEFAULT_PRESET)
