"""Presets, settings files and the order in which sources of settings win: flag > environment > file > preset > default.

Knows TOML files and the names of environment variables; knows no command line. What it returns says of each value where it came from.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from picasso_series.errors import BadInputError, UsageError
from picasso_series.settings import SETTING_NAMES, Settings, overlay_text, parse_overlay, parse_setting
from picasso_series.toml_file import did_you_mean, read_toml

DEFAULT_PRESET = "default"
SETTINGS_FILE = "picasso-series.toml"
"""Name of the settings file that is read from the current folder."""

ENV_PREFIX = "PICASSO_SERIES_"


@dataclass(frozen=True)
class Preset:
    """A named set of settings, read from a TOML file; ``text`` is the file itself, with its reasons as comments."""

    name: str
    description: str
    values: Mapping[str, Any]
    text: str


@dataclass(frozen=True)
class Resolved:
    """Settings and the source of each: "flag", "env NAME", "file picasso-series.toml", "preset NAME" or "default"."""

    settings: Settings
    sources: Mapping[str, str]
    preset: str


def preset_names() -> list[str]:
    """Names of the presets that come with the program, sorted."""
    return sorted(path.stem for path in _preset_folder().glob("*.toml"))


def load_preset(name: str) -> Preset:
    """Read the preset ``name``: one that comes with the program, or the path of the user's own ``.toml`` file.

    Raises:
        UsageError: there is no such preset.
        BadInputError: the user's file cannot be used.
    """
    if name in preset_names():
        return _read_preset(_preset_folder() / f"{name}.toml", name)
    if name.endswith(".toml") or "/" in name or os.sep in name:
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"there is no preset file {name}; write one, or choose among {', '.join(preset_names())}")
        return _read_preset(path, path.name)
    raise UsageError(f"there is no preset {name!r}{did_you_mean(name, preset_names())}; choose among {', '.join(preset_names())}")


def resolve(
    flags: Mapping[str, Any],
    *,
    preset: str | None = None,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Resolved:
    """Settle every setting from its sources, the first that names it wins: flags, ``env``, ``folder``'s file, the preset, the default.

    Among them are settings that hold where CLIP looks, the table ``clip`` of a file: each is settled by itself, and wins over what the
    same source and those after it say for all encoders.

    Args:
        flags: values given outright, as text or already of the setting's type; None stands for "not given".
        preset: a preset's name or path, or None to take it from the other sources.
        env: environment variables (``PICASSO_SERIES_LEVELS`` and so on); none are read when it is None.
        folder: where ``picasso-series.toml`` may lie; none is read when it is None.

    Raises:
        UsageError: a flag or a variable has a value that makes no sense, or the values do not fit together.
        BadInputError: a file cannot be read or holds an unknown key.
    """
    from_flags = {name: parse_setting(name, value) for name, value in flags.items() if value is not None}
    from_env, env_preset = _read_env(env or {})
    from_file: Mapping[str, Any] = {}
    file_preset = None
    if folder is not None and (folder / SETTINGS_FILE).exists():
        table, _ = _read_table(folder / SETTINGS_FILE, extra=("preset",))
        file_preset = table.pop("preset", None)
        from_file = table
    chosen = load_preset(preset or env_preset or file_preset or DEFAULT_PRESET)
    values: dict[str, Any] = {}
    sources = dict.fromkeys(SETTING_NAMES, "default")
    for label, layer in (
        (f"preset {chosen.name}", chosen.values),
        (f"file {SETTINGS_FILE}", from_file),
        ("env", from_env),
        ("flag", from_flags),
    ):
        # What holds where CLIP looks gives way to a later source that says the same for all encoders.
        own = {name: value for name, value in parse_overlay(values.get("clip", "")).items() if name not in layer}
        values.update(layer)
        values["clip"] = overlay_text({**own, **parse_overlay(layer.get("clip", ""))})
        sources.update({name: f"env {ENV_PREFIX}{name.upper()}" if label == "env" else label for name in layer})
    return Resolved(Settings(**values), sources, chosen.name)


def _preset_folder() -> Path:
    """Where the presets lie: inside the installed package, or at the top level of a checkout."""
    package = Path(__file__).parent
    for folder in (package / "presets_data", package.parent / "presets"):
        if (folder / f"{DEFAULT_PRESET}.toml").is_file():
            return folder
    raise BadInputError("the presets are missing from the installation; run pip install --force-reinstall picasso-series")


def _read_preset(path: Path, name: str) -> Preset:
    table, text = _read_table(path, extra=("description",))
    description = table.pop("description", "")
    return Preset(name, description, table, text)


def _read_table(path: Path, *, extra: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """The parsed settings of a TOML file plus the ``extra`` text keys, and the file's text."""
    known = (*SETTING_NAMES, *extra)
    raw, text = read_toml(path)
    table = {}
    for key, value in raw.items():
        if key not in known:
            raise BadInputError(f"{path.name} has the unknown key {key!r}{did_you_mean(key, known)}; remove or rename it")
        try:
            table[key] = parse_setting(key, value) if key in SETTING_NAMES else value
        except UsageError as error:
            raise BadInputError(f"in {path.name}, {error}") from error
        if key in extra and not isinstance(value, str):
            raise BadInputError(f"in {path.name}, {key} takes text, not {value!r}")
    return table, text


def _read_env(env: Mapping[str, str]) -> tuple[dict[str, Any], str | None]:
    names = {f"{ENV_PREFIX}{name.upper()}": name for name in SETTING_NAMES}
    preset_variable = f"{ENV_PREFIX}PRESET"
    values: dict[str, Any] = {}
    for variable, text in env.items():
        if not text.strip():
            # Empty is how shells and CI systems unset a variable.
            continue
        if variable in names:
            try:
                values[names[variable]] = parse_setting(names[variable], text)
            except UsageError as error:
                raise UsageError(f"in the environment variable {variable}, {error}") from error
        elif variable.startswith(ENV_PREFIX) and variable != preset_variable:
            # Variables of other tools may share the prefix; only what looks like a slip of the pen is worth stopping for.
            hint = did_you_mean(variable, [*names, preset_variable], skip=len(ENV_PREFIX))
            if hint:
                raise UsageError(f"the environment variable {variable} is unknown{hint}; unset or rename it")
    return values, env.get(preset_variable, "").strip() or None
