"""What a folder is to a run that wants to be drawn into it.

Knows what makes two runs the same and when a stored file is still what it was; reads, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from picasso_series.atomic import file_sha256, is_part
from picasso_series.errors import BadInputError
from picasso_series.foreign import refuse_links
from picasso_series.lock import LOCK_NAME
from picasso_series.run import LEVEL_FILES, inner_path, is_run, read_manifest
from picasso_series.settings import SETTING_NAMES, SHOWING

_CHOSEN = ("encoder", "rasterizer", "device")


@dataclass(frozen=True)
class Identity:
    """What makes two runs the same: the photo, the mask file and every setting that changes the drawing.

    Attributes:
        photo_sha256: of the photo's file.
        mask_sha256: of the mask's file, None when the mask is no file.
        settings: all settings by name, as the manifest writes them.
        version: the version of picasso-series that draws.
    """

    photo_sha256: str
    mask_sha256: str | None
    settings: Mapping[str, Any]
    version: str

    def difference(self, manifest: Mapping[str, Any]) -> str | None:
        """In a few words how the manifest's run differs from this one; None when it is the same."""
        if manifest["photo"].get("sha256") != self.photo_sha256:
            return "of another photo"
        if manifest["mask"].get("sha256") != self.mask_sha256:
            return "with another mask"
        for name in SETTING_NAMES:
            before, now = manifest["settings"].get(name, {}).get("value"), self.settings[name]
            if name in SHOWING or before == now or (name == "mask" and self.mask_sha256):
                continue
            choice = manifest["choices"].get(name, {})
            if name in _CHOSEN and before == "auto" and now == choice.get("value"):
                continue
            # Levels that the photo decided on stand in the manifest as numbers, beside the words that asked for them.
            if name == "levels" and now == choice.get("asked"):
                continue
            return f"with {name} {_plain(before)} in place of {_plain(now)}"
        if len(manifest["levels"]) < len(manifest["settings"]["levels"]["value"]) and manifest["tool"].get("version") != self.version:
            return f"begun by version {manifest['tool'].get('version')}"
        return None


class State(Enum):
    """What a folder is to a run that wants to be drawn into it: empty, the same run in part or in whole, or to be replaced."""

    FRESH = "fresh"
    RESUME = "resume"
    DRAWN = "drawn"
    REPLACE = "replace"


@dataclass(frozen=True)
class Plan:
    """What would happen to a folder; ``manifest`` is that of the run that lies there, if one does."""

    state: State
    manifest: Mapping[str, Any] | None = None


def plan_run(folder: Path, identity: Identity, *, force: bool = False) -> Plan:
    """Decide what a run with this identity does to ``folder``, touching nothing.

    Raises:
        BadInputError: the folder may not be drawn into.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"{folder} is a file, not a folder; choose another folder with --out")
    if not folder.is_dir():
        return Plan(State.FRESH)
    if not is_run(folder):
        if not all(_is_leftover(entry) for entry in folder.iterdir()):
            raise BadInputError(f"{folder} holds other files and no run; choose another folder with --out")
        return Plan(State.FRESH)
    # Even a run that is to be replaced is written over, link by link.
    refuse_links(folder)
    try:
        manifest = read_manifest(folder)
    except BadInputError:
        if not force:
            raise
        return Plan(State.REPLACE)
    if force:
        return Plan(State.REPLACE, manifest)
    difference = identity.difference(manifest)
    if difference:
        kind = "a run" if manifest["status"] == "finished" else "an unfinished run"
        raise BadInputError(f"{folder} holds {kind} {difference}; choose another folder with --out, or replace it with --force")
    return Plan(State.DRAWN if _is_drawn(folder, manifest) else State.RESUME, manifest)


def _is_leftover(path: Path) -> bool:
    """Whether it is a file that a killed process may have left: a lock, or what was being written; it never makes a link."""
    return (path.name == LOCK_NAME or is_part(path)) and path.is_file() and not path.is_symlink()


def is_intact(folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether the file that a manifest's entry names is there with the very content that it had."""
    path = inner_path(folder, record["path"])
    return path.is_file() and file_sha256(path) == record["sha256"]


def _is_drawn(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether the subject and all levels are there with the very content that they had."""
    subject = [record for record in manifest["files"] if record["path"] in ("photo.png", "mask.png")]
    if len(manifest["levels"]) < len(manifest["settings"]["levels"]["value"]) or len(subject) < 2:
        return False
    return all(is_sound(folder, record) for record in manifest["levels"]) and all(is_intact(folder, record) for record in subject)


def is_sound(folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether all files of the level that a manifest's entry describes are intact."""
    return len(record["files"]) == len(LEVEL_FILES) and all(is_intact(folder, entry) for entry in record["files"])


def _plain(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
