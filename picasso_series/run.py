"""Reading a run folder back: the manifest, the levels, the subject.

Knows the layout that the contract fixes and trusts nothing in it: stored files may be damaged or made by others. Knows no torch, no
drawing and no writing.
"""

from __future__ import annotations

import io
import json
import math
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picasso_series.errors import BadInputError, UsageError
from picasso_series.foreign import read_file, real_path, refuse_links, require_file
from picasso_series.levels import Level, Lineage, Placement, Series, Subject, Trajectory
from picasso_series.settings import MAX_STROKES, SETTING_NAMES, Settings, parse_setting
from picasso_series.strokes import CANVAS

SCHEMA = 1
MANIFEST = "series.json"
LEVEL_FILES = ("sketch.svg", "sketch.png", "trajectory.npz")
_MAX_MANIFEST = 1 << 25
"""Most bytes of a manifest; a true one has some ten thousand."""

_MAX_ARRAYS = 1 << 29
"""Most bytes that a stored array file may unpack to; a true trajectory has a few million at most."""

_MAX_SIDE = 4096
"""Longest side of a stored picture of the subject in pixels; the canvas's own is the shortest."""

_FARTHEST = 100.0
"""How far from the paper a stroke may lie, in sides of the paper; a true one stays within two or three."""

_ARRAYS = {"points": "f", "iterations": "iu", "loss": "f", "ids": "iu", "salience": "f"}
"""The arrays of a trajectory and the kinds of numbers that they hold."""

_MOST_THREADS = 1024


@dataclass(frozen=True, eq=False)
class Run:
    """A run folder as it was read.

    Attributes:
        folder: where it lies.
        manifest: the content of ``series.json``.
        series: the subject and the levels that are done.
        title: what the pictures are called.
    """

    folder: Path
    manifest: Mapping[str, Any]
    series: Series
    title: str

    @property
    def finished(self) -> bool:
        """Whether drawing, films, plate and page were all done."""
        return bool(self.manifest["status"] == "finished")

    @property
    def complete(self) -> bool:
        """Whether all levels that were asked for are drawn."""
        return [level.strokes for level in self.series.levels] == list(self.manifest["settings"]["levels"]["value"])


def is_run(folder: Path) -> bool:
    """Whether the folder holds a manifest, sound or not."""
    return (folder / MANIFEST).is_file()


def open_run(folder: str | Path) -> Run:
    """Read a run folder, finished or not.

    Raises:
        BadInputError: the folder is no run, or something in it is missing or damaged.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    try:
        levels = tuple(read_level(folder, record) for record in manifest["levels"])
        series = Series(_read_subject(folder, manifest), levels, manifest["settings"], manifest["choices"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(folder, error) from error
    return Run(folder, manifest, series, manifest["title"])


def read_manifest(folder: Path) -> dict[str, Any]:
    """The content of ``series.json``, checked for the form that the rest of the program counts on.

    Raises:
        BadInputError: there is none, it is damaged, or a later version made it.
    """
    try:
        refuse_links(folder)
        text = read_file(folder / MANIFEST, _MAX_MANIFEST).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BadInputError(f"{folder} is no run folder (it has no {MANIFEST}); name one that picasso-series has drawn") from error
    except UnicodeDecodeError as error:
        raise _damaged(folder, error) from error
    try:
        manifest = json.loads(text, parse_constant=_finite, parse_float=_finite)
        if manifest["schema"] != SCHEMA:
            raise BadInputError(
                f"{folder} has a manifest of schema {manifest['schema']}, not {SCHEMA}; use the version of picasso-series that made it"
            )
        _check_manifest(manifest)
        for record in _file_records(manifest):
            inner_path(folder, record["path"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _damaged(folder, error) from error
    return dict(manifest)


def inner_path(folder: Path, name: str) -> Path:
    """The path of the manifest's file ``name`` inside ``folder``.

    Raises:
        BadInputError: the name leads out of the folder.
    """
    pure = PurePosixPath(name)
    if not name or pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name or "\0" in name:
        raise BadInputError(f"the manifest of {folder} names the file {name!r}, which lies outside the run; draw the series again")
    path = folder.joinpath(*pure.parts)
    if not real_path(path).is_relative_to(real_path(folder)):
        raise BadInputError(f"the file {name!r} of {folder} is a link that leads outside the run; draw the series again")
    return path


def read_level(folder: Path, record: Mapping[str, Any]) -> Level:
    """The level that the manifest's ``record`` describes.

    Raises:
        BadInputError: its trajectory is missing, damaged or not the one that the record describes.
    """
    strokes = record["strokes"]
    trajectory = _read_trajectory(inner_path(folder, f"{strokes}/trajectory.npz"))
    ids = trajectory.ids.tolist()
    if ids != list(record["ids"]) or len(ids) != strokes:
        raise BadInputError(f"{strokes}/trajectory.npz of {folder} has other strokes than the manifest says; draw the series again")
    losses = {str(name): float(value) for name, value in record["losses"].items()}
    return Level(trajectory, _lineage(record), losses, record["start"], float(record["seconds"]))


def _lineage(record: Mapping[str, Any]) -> Lineage:
    return Lineage(
        tuple(int(i) for i in record["kept"]),
        {int(survivor): tuple(int(i) for i in others) for survivor, others in record["joined"].items()},
        tuple(int(i) for i in record["dropped"]),
    )


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz`` file, never unpickled.

    Raises:
        BadInputError: the file is missing or damaged, or unpacks to far more than any drawing needs.
    """
    try:
        data = read_file(path, _MAX_ARRAYS)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > _MAX_ARRAYS:
                raise BadInputError(f"{path} unpacks to more than any drawing needs; draw the series again")
        with warnings.catch_warnings():
            # What numpy has to say of odd headers is nothing that a user could do something about.
            warnings.simplefilter("ignore")
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                found = {name: arrays[name] for name in arrays.files}
        # What is no array of numpy's is given as the bytes that it is.
        if not all(isinstance(array, np.ndarray) for array in found.values()):
            raise ValueError("it holds other things than arrays")
        return found
    except FileNotFoundError as error:
        raise BadInputError(f"{path} is missing; run the drawing's command again to remake it") from error
    except (BadInputError, OSError):
        raise
    # A damaged or contrived archive or header makes zipfile and numpy raise nearly anything (zlib.error, TokenError, RuntimeError …).
    except Exception as error:
        raise BadInputError(f"{path} is damaged ({error}); delete it and run the drawing's command again") from error


def _read_trajectory(path: Path) -> Trajectory:
    arrays = load_arrays(path)
    try:
        for name, kinds in _ARRAYS.items():
            if arrays[name].dtype.kind not in kinds or not np.isfinite(arrays[name]).all():
                raise ValueError(f"its {name} are no {'finite' if 'f' in kinds else 'whole'} numbers")
        points, iterations, ids = arrays["points"], arrays["iterations"], arrays["ids"]
        if points.ndim != 4 or (np.abs(points) > _FARTHEST).any():
            raise ValueError("its points do not have the shape (T, n, 4, 2), or lie beyond all paper")
        if (iterations < 0).any() or (np.diff(iterations.astype(np.int64)) <= 0).any():
            raise ValueError("its iterations do not rise from 0")
        if (ids < 1).any() or len(set(ids.tolist())) != len(ids):
            raise ValueError("its ids are not unique numbers from 1")
        return Trajectory(points, iterations, arrays["loss"], ids, arrays["salience"])
    except (KeyError, ValueError, TypeError) as error:
        raise BadInputError(f"{path} is no trajectory ({error}); delete it and run the drawing's command again") from error


def _read_subject(folder: Path, manifest: Mapping[str, Any]) -> Subject:
    rgb, mask = _read_picture(inner_path(folder, "photo.png"), "RGB"), _read_picture(inner_path(folder, "mask.png"), "L")
    if rgb.shape[:2] != mask.shape:
        raise BadInputError(f"photo.png and mask.png of {folder} are not of one size; draw the series again")
    placement = {name: manifest["placement"][name] for name in ("left", "top", "side", "photo_width", "photo_height")}
    small = [_on_canvas(picture) for picture in (rgb, mask)]
    source = str(manifest["mask"]["source"])
    return Subject(small[0], small[1] / np.float32(255), Placement(**placement), source, np.dstack([rgb, mask]))


def _on_canvas(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A square picture in the canvas's size."""
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((CANVAS, CANVAS), Image.Resampling.LANCZOS))


def _read_picture(path: Path, mode: str) -> NDArray[np.uint8]:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # A picture of another size is refused before it is decoded, whether Pillow warns of its size or not.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            require_file(path)
            picture = Image.open(path, formats=("PNG",))
        with picture:
            if picture.width != picture.height or not CANVAS <= picture.width <= _MAX_SIDE:
                raise _misshapen(path)
            return np.asarray(picture.convert(mode))
    except FileNotFoundError as error:
        raise BadInputError(f"{path} is missing; run the drawing's command again to remake it") from error
    except Image.DecompressionBombError as error:
        raise _misshapen(path) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadInputError(f"{path} is damaged; delete it and run the drawing's command again") from error


def _misshapen(path: Path) -> BadInputError:
    return BadInputError(f"{path} is no square of {CANVAS} to {_MAX_SIDE} pixels a side; draw the series again")


def _check_manifest(manifest: Mapping[str, Any]) -> None:
    kinds: Mapping[str, type | tuple[type, ...]] = {
        "tool": dict,
        "status": str,
        "title": str,
        "command": str,
        "photo": dict,
        "placement": dict,
        "mask": dict,
        "settings": dict,
        "choices": dict,
        "levels": list,
        "files": list,
    }
    for name, kind in kinds.items():
        if not isinstance(manifest[name], kind):
            raise ValueError(f"{name} is not as it should be")
    if not isinstance(manifest["photo"]["name"], str):
        raise ValueError("its photo has no name")
    if not _is_whole(manifest["threads"], 1, _MOST_THREADS):
        raise ValueError(f"threads is no whole number from 1 to {_MOST_THREADS}")
    if not all(isinstance(choice["value"], str) for choice in manifest["choices"].values()):
        raise ValueError("its choices are not as they should be")
    _check_settings(manifest["settings"])
    for record in manifest["levels"]:
        _check_level(record)
    asked = manifest["settings"]["levels"]["value"]
    drawn = [record["strokes"] for record in manifest["levels"]]
    if not _counts(asked) or not (_counts(drawn) or not drawn) or drawn != asked[: len(drawn)]:
        raise ValueError("its levels do not fit together")


def _check_settings(settings: Mapping[str, Any]) -> None:
    """Check that the settings are those of a run, each with its source; a setting that this version does not know is left alone."""
    for name in ("levels", "size", "formats"):
        if name not in settings:
            raise ValueError(f"settings.{name} is missing")
    for name, entry in settings.items():
        if not isinstance(entry, dict) or "value" not in entry or not isinstance(entry.get("from"), str):
            raise ValueError(f"settings.{name} is no value with its source")
    try:
        Settings(**{name: parse_setting(name, entry["value"]) for name, entry in settings.items() if name in SETTING_NAMES})
    except UsageError as error:
        raise ValueError(f"in its settings, {error}") from error


def _check_level(record: Mapping[str, Any]) -> None:
    for name, kind in {"ids": list, "kept": list, "joined": dict, "dropped": list, "losses": dict, "start": str, "files": list}.items():
        if not isinstance(record[name], kind):
            raise ValueError(f"{name} of a level is not as it should be")
    numbers = [record["seconds"], *record["losses"].values()]
    if "total" not in record["losses"] or not all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in numbers):
        raise ValueError("losses or seconds of a level are no numbers")
    _lineage(record)


def _file_records(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    records = [*manifest["files"], *(record for level in manifest["levels"] for record in level["files"])]
    if not all(isinstance(record["path"], str) and isinstance(record["sha256"], str) for record in records):
        raise ValueError("its files are not named as they should be")
    return records


def _counts(values: Sequence[Any]) -> bool:
    return bool(values) and all(_is_whole(value, 1, MAX_STROKES) for value in values)


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _finite(text: str) -> float:
    """The number that JSON's text stands for; NaN and what is too large for a number could never be written again."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no finite number")
    return number


def _damaged(folder: Path, error: Exception) -> BadInputError:
    return BadInputError(f"the manifest of {folder} is damaged ({type(error).__name__}: {error}); draw the series again with --force")
