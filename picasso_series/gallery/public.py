"""What of a run is for everybody.

Knows which files a site shows, that only those count which the run itself has recorded and holds as files of its own, and how the
manifest reads without the rest. Knows neither pages nor where a site lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from picasso_series.errors import BadInputError
from picasso_series.foreign import real_path
from picasso_series.gallery.media import pixel_size
from picasso_series.gallery.page import FILM_KINDS, PRINT_KINDS
from picasso_series.gallery.privacy import without_private_paths
from picasso_series.run import inner_path

if TYPE_CHECKING:
    from picasso_series.run import Run


@dataclass(frozen=True)
class PublicRun:
    """A run as a site shows it.

    Attributes:
        run: the run, with a manifest that tells no private path, no time, and no file but ``files``.
        films: its films, as paths relative to its folder.
        files: all that is copied, the films too, as paths relative to its folder.
    """

    run: Run
    films: tuple[str, ...]
    files: tuple[str, ...]


def public_run(run: Run) -> PublicRun:
    """What a site shows of ``run``: those of its recorded files that are pictures, drawings, plate, films or prints.

    Raises:
        BadInputError: the run has no level, or one of the files is a link or cannot be read.
    """
    if not run.series.levels:
        raise BadInputError(f"the run {run.folder} holds no finished level; draw it first")
    recorded = _recorded(run.manifest)
    sketches = [f"{level.strokes}/{file}" for level in run.series.levels for file in ("sketch.svg", "sketch.png")]
    films = sorted(name for name in recorded if name.startswith("films/") and PurePosixPath(name).suffix.lower() in FILM_KINDS)
    prints = sorted(name for name in recorded if name.startswith("prints/") and PurePosixPath(name).suffix.lower() in PRINT_KINDS)
    shown = [name for name in ("photo.png", *sketches, "plate.svg", "plate.png", *films, *prints) if name in recorded]
    files = tuple(name for name in shown if _is_own_file(run.folder, name))
    for name in files:
        if not name.endswith(".pdf"):
            pixel_size(run.folder / name)
    manifest = _timeless(_only_files(without_private_paths(run.manifest), set(files)))
    series = replace(run.series, levels=tuple(replace(level, seconds=0.0) for level in run.series.levels))
    return PublicRun(replace(run, manifest=manifest, series=series), tuple(name for name in films if name in files), files)


def _timeless(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest without the time of day and the seconds that it took: nobody's business, and another's on every machine."""
    kept = {key: value for key, value in manifest.items() if key != "created"}
    return {**kept, "levels": [{key: value for key, value in level.items() if key != "seconds"} for level in manifest["levels"]]}


def _recorded(manifest: Mapping[str, Any]) -> set[str]:
    """The paths of all files that a manifest names."""
    records = [*manifest["files"], *(record for level in manifest["levels"] for record in level["files"])]
    return {record["path"] for record in records}


def _is_own_file(folder: Path, name: str) -> bool:
    """Whether the run holds the file; BadInputError when a link stands for it, for that may show what was never meant to be shown."""
    path = inner_path(folder, name)
    if real_path(path) != real_path(folder) / name:
        raise BadInputError(f"the file {name!r} of {folder} is a link to another one; draw the series again")
    return path.is_file()


def _only_files(value: Any, there: set[str]) -> Any:
    """A manifest whose lists of files name only those that are ``there``."""
    if isinstance(value, dict):
        kept = {key: _only_files(item, there) for key, item in value.items()}
        if isinstance(value.get("files"), list):
            kept["files"] = [file for file in value["files"] if isinstance(file, dict) and file.get("path") in there]
        return kept
    if isinstance(value, list):
        return [_only_files(item, there) for item in value]
    return value
