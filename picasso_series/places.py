"""Where the program reads and writes: is there room, may it write, do the settings that apply here make sense.

Checks for the doctor; each returns a finding and changes nothing that stays. Knows folders and settings, no libraries.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from picasso_series.errors import PicassoError
from picasso_series.finding import Finding, Status
from picasso_series.settings import SETTING_NAMES

LEAST_SPACE = 200_000_000
"""Free bytes below which a run may not find room: a default one takes some ten megabytes."""

LEAST_CACHE = 1_500_000_000
"""Free bytes below which the weights that a drawing with CLIP fetches may not find room: twice 650 MB, as fetched and as kept."""


def check_space() -> Finding:
    """Room on the disk of the current folder, and whether a run can be written there."""
    free = shutil.disk_usage(Path()).free
    text = f"{free / 1e9:.1f} GB free here"
    trouble = _trouble(Path())
    if trouble:
        return Finding("disk", Status.WARNING, f"{text}, but nothing can be written ({trouble})", "draw elsewhere with --out DIR")
    if free < LEAST_SPACE:
        return Finding("disk", Status.WARNING, text, "free some space, or draw elsewhere with --out DIR")
    return Finding("disk", Status.OK, text)


def check_temporary() -> Finding:
    """The system's folder for what does not stay."""
    try:
        folder = tempfile.gettempdir()
    except OSError as error:
        return Finding("temporary", Status.MISSING, f"no folder can be written to ({error.strerror})", "export TMPDIR=DIR")
    trouble = _trouble(Path(folder))
    if trouble:
        return Finding("temporary", Status.MISSING, f"{folder} cannot be written to ({trouble})", "export TMPDIR=DIR")
    return Finding("temporary", Status.OK, folder)


def check_cache() -> Finding:
    """The folder in which weights are kept: whether it, or the first folder above it that is there, can be written to."""
    from picasso_series.encoders.weights import CACHE_VARIABLE, cache_folder

    folder = cache_folder()
    # Whoever has CLIP's weights, or does without them, needs no cache to write to.
    mend = f"export {CACHE_VARIABLE}=DIR, or draw with --encoder structure"
    above = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
    if not above.is_dir():
        return Finding("cache", Status.WARNING, f"{folder} cannot be made: {above} is no folder", mend)
    trouble = _trouble(above)
    if trouble:
        return Finding("cache", Status.WARNING, f"{folder} cannot be written to ({trouble})", mend)
    free = shutil.disk_usage(above).free
    if free < LEAST_CACHE:
        return Finding("cache", Status.WARNING, f"{folder} has room for {free / 1e9:.1f} GB, too little for CLIP's weights", mend)
    return Finding("cache", Status.OK, f"{folder}, {free / 1e9:.1f} GB free")


def check_settings() -> Finding:
    """The settings file of the current folder and the environment."""
    from picasso_series.presets import ENV_PREFIX, SETTINGS_FILE, resolve

    try:
        resolved = resolve({}, env=os.environ, folder=Path())
    except PicassoError as error:
        return Finding(
            "settings", Status.WARNING, str(error), f"mend or remove ./{SETTINGS_FILE}, or unset the {ENV_PREFIX}… variable named"
        )
    own = [name for name in SETTING_NAMES if not resolved.sources[name].startswith(("default", "preset"))]
    told = f"; {', '.join(f'{name} from {resolved.sources[name]}' for name in own)}" if own else ""
    return Finding("settings", Status.OK, f"preset {resolved.preset}{told}")


def _trouble(folder: Path) -> str:
    """Why no file can be made in a folder; empty when one can."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)
