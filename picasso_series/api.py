"""The library's front door.

Knows how plain arguments become settings; knows nothing of command lines, the environment or settings files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from picasso_series.errors import UsageError
from picasso_series.levels import Series
from picasso_series.presets import resolve
from picasso_series.settings import SETTING_NAMES


def draw_series(
    photo: str | Path,
    levels: Sequence[int] | int | str = (32, 16, 8, 4),
    *,
    out: str | Path | None = None,
    preset: str | Path | None = None,
    **settings: Any,
) -> Series:
    """Draw a photo with fewer and fewer strokes.

    With ``encoder="auto"``, the default, and ``"clip"`` the weights of CLIP (some 300 MB) are fetched at first use, which takes a while;
    ``"structure"`` needs none.

    Args:
        photo: the picture's file, anything that Pillow opens.
        levels: strokes of each level, strictly decreasing, 1 to 256; also one number, or text such as "32,16,8,4"; "auto" and "auto:5"
            leave the strokes of four or five levels to the photo.
        out: a run folder to write as the command line does (vectors, films, plate, page), resuming what lies there; nothing is
            written when None.
        preset: the name of a preset or the path of a TOML file; "default" when None.
        **settings: any other field of :class:`~picasso_series.settings.Settings`, such as ``seed=3``.

    Returns:
        The subject and its levels, most strokes first.

    Raises:
        UsageError: a setting is unknown or makes no sense.
        PicassoError: of another kind when the photo or the folder cannot be used or something required is missing.
        OSError: the disk is full or fails while ``out`` is written.
    """
    unknown = [name for name in settings if name not in SETTING_NAMES]
    if unknown:
        raise UsageError(f"there is no setting {unknown[0]!r}; the settings are {', '.join(SETTING_NAMES)}")
    if isinstance(settings.get("mask"), Path):
        settings["mask"] = str(settings["mask"])
    if preset is not None and not isinstance(preset, (str, Path)):
        raise UsageError(f"preset takes the name of a preset or the path of a TOML file, not {preset!r}")
    resolved = resolve({"levels": levels, **settings}, preset=None if preset is None else str(preset))
    from picasso_series.encoders.fetching import fetch
    from picasso_series.make import Finished, make_run, make_series

    if out is None:
        return make_series(photo, resolved.settings, fetch)
    for event in make_run(photo, resolved, out, fetch=fetch):
        if isinstance(event, Finished):
            return event.run.series
    raise AssertionError("a run that raises nothing ends with Finished")
