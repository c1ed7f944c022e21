"""Writing a run folder: begin or resume, snapshots, levels, the end.

Knows when a folder may be drawn into and keeps its manifest true at every moment: it names a level only when its files are there, and
says "finished" only when everything is. Knows no torch and draws no film.
"""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picasso_series.atomic import file_sha256, whole_file, write_whole
from picasso_series.command import repeat_command
from picasso_series.errors import BadInputError
from picasso_series.leftovers import SNAPSHOT, forget_snapshots, sweep, sweep_parts, sweep_unfinished
from picasso_series.levels import Level, Subject
from picasso_series.lock import folder_lock
from picasso_series.run import LEVEL_FILES, MANIFEST, load_arrays, read_level, read_manifest
from picasso_series.run_plan import Identity, State, is_sound, plan_run
from picasso_series.settings import SETTING_NAMES, AutoLevels

_NOTES = "notes_json"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The state of a level that is being drawn: its stroke count, arrays by name, and notes that JSON can hold."""

    strokes: int
    arrays: Mapping[str, NDArray[Any]]
    notes: Mapping[str, Any]


class RunWriter:
    """A run folder that is being written. Made by :func:`begin_run`, which holds the folder's lock."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any], done: Sequence[Level] = (), snapshot: Snapshot | None = None) -> None:
        """Go on from ``manifest``, whose levels are ``done``, and from the snapshot of the level after them."""
        self.folder = folder
        self.manifest = dict(manifest)
        self.done = tuple(done)
        self.snapshot = snapshot

    def save_subject(self, subject: Subject) -> None:
        """Write ``photo.png`` and ``mask.png`` and note where the subject lies in the photo."""
        from PIL import Image

        for name, pixels in (("photo.png", subject.detail[:, :, :3]), ("mask.png", subject.detail[:, :, 3])):
            with whole_file(self.folder / name) as temporary:
                Image.fromarray(pixels).save(temporary, optimize=True)
        place = subject.placement
        self.manifest["placement"] = {name: getattr(place, name) for name in ("left", "top", "side", "photo_width", "photo_height")}
        self.manifest["mask"] = {**self.manifest["mask"], "source": subject.source}
        self.record_files(["photo.png", "mask.png"])

    def save_snapshot(self, strokes: int, arrays: Mapping[str, NDArray[Any]], notes: Mapping[str, Any]) -> None:
        """Keep the state of the level that is being drawn, for a run that is stopped before the level ends."""
        folder = self.folder / str(strokes)
        folder.mkdir(exist_ok=True)
        _write_arrays(folder / SNAPSHOT, {**arrays, _NOTES: np.array(json.dumps(dict(notes)))})

    def save_level(self, level: Level) -> None:
        """Write a finished level's files, then name them in the manifest; its snapshot goes.

        Raises:
            MissingError: the library that draws the picture is not installed.
        """
        from picasso_series.film.draw import write_sketch_png

        folder = self.folder / str(level.strokes)
        folder.mkdir(exist_ok=True)
        track = level.trajectory
        arrays = {name: getattr(track, name) for name in ("points", "iterations", "loss", "ids", "salience")}
        _write_arrays(folder / "trajectory.npz", arrays)
        write_whole(folder / "sketch.svg", level.sketch.to_svg())
        with whole_file(folder / "sketch.png") as temporary:
            write_sketch_png(level.sketch, temporary)
        record = {
            "strokes": level.strokes,
            "ids": track.ids.tolist(),
            "kept": list(level.lineage.kept),
            "joined": {str(survivor): list(others) for survivor, others in level.lineage.joined.items()},
            "dropped": list(level.lineage.dropped),
            "start": level.start,
            "losses": {name: float(value) for name, value in level.losses.items()},
            "iterations": int(track.iterations[-1]),
            "seconds": round(float(level.seconds), 3),
            "files": [file_record(self.folder, f"{level.strokes}/{name}") for name in LEVEL_FILES],
        }
        self.done = (*self.done, level)
        self._update(levels=[*self.manifest["levels"], record])
        with suppress(FileNotFoundError):
            (folder / SNAPSHOT).unlink()

    def record_files(self, names: Iterable[str], **facts: Any) -> None:
        """Name files of the run in the manifest, in place of what it said of them; ``facts`` is what else to say of each."""
        records = {record["path"]: record for record in self.manifest["files"]}
        records.update({name: {**file_record(self.folder, name), **facts} for name in names})
        present = [record for name, record in records.items() if (self.folder / name).is_file()]
        self._update(files=present)

    def reopen(self, settings: Mapping[str, Any]) -> None:
        """Say that the run is not done (any more) and that these of its settings, as a manifest writes them, hold from now on."""
        changed = {**self.manifest["settings"], **settings}
        self._update(status="drawing", settings=changed, command=repeat_command(self.manifest["photo"]["name"], changed))

    def restore(self, manifest: Mapping[str, Any]) -> None:
        """Say again what the manifest said before, of files that are still what they were."""
        self._update(**manifest)

    def finish(self) -> None:
        """Say that the run is done."""
        self._update(status="finished")

    def _update(self, **values: Any) -> None:
        self.manifest.update(values)
        write_manifest(self.folder, self.manifest)


@contextmanager
def begin_run(folder: Path, identity: Identity, header: Mapping[str, Any], *, force: bool = False) -> Iterator[RunWriter]:
    """Lock ``folder`` and give its writer: a fresh run with ``header`` as manifest, or the one that lies there, to go on with.

    A run that is replaced (``force``) loses its files only after the new manifest stands, so that a kill leaves no foreign files behind.

    Raises:
        BadInputError: the folder may not be drawn into, cannot be made, or another process is drawing into it.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise BadInputError(f"{folder} cannot be made, since a file stands in its way; choose another folder with --out") from error
    except OSError as error:
        raise _unwritable(folder, error) from error
    with ExitStack() as stack:
        try:
            stack.enter_context(folder_lock(folder))
            plan = plan_run(folder, identity, force=force)
            sweep_parts(folder)
            if plan.manifest is not None and plan.state in (State.RESUME, State.DRAWN):
                writer = _resume(folder, plan.manifest)
            else:
                forget_snapshots(folder)
                writer = RunWriter(folder, {**header, "status": "drawing", "levels": [], "files": []})
            write_manifest(folder, writer.manifest)
        except OSError as error:
            stack.close()
            if made:
                with suppress(OSError):
                    folder.rmdir()
            raise _unwritable(folder, error) from error
        sweep(folder, writer.manifest)
        yield writer


@contextmanager
def open_writer(folder: Path) -> Iterator[RunWriter]:
    """Lock the run in ``folder`` and give its writer, to change how it is shown; its drawing stays as it is.

    Raises:
        BadInputError: there is no run, it is damaged, or another process is working on it.
    """
    read_manifest(folder)
    with ExitStack() as stack:
        try:
            stack.enter_context(folder_lock(folder))
        except OSError as error:
            raise _unwritable(folder, error) from error
        writer = RunWriter(folder, read_manifest(folder))
        sweep_unfinished(folder, writer.manifest)
        yield writer


def manifest_settings(settings: Any, sources: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Settings as the manifest writes them: value and source by name; of a mask's path only the file's name."""
    return {name: {"value": setting_value(settings, name), "from": sources.get(name, "default")} for name in SETTING_NAMES}


def setting_value(settings: Any, name: str) -> Any:
    """One setting as JSON holds it."""
    value = getattr(settings, name)
    if name == "mask":
        return value if value in ("auto", "none") else Path(value).name
    if isinstance(value, AutoLevels):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write ``series.json`` whole."""
    text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(folder / MANIFEST, text.encode("utf-8", "replace") + b"\n")


def file_record(folder: Path, name: str) -> dict[str, Any]:
    """The manifest's entry of one file: path inside the run, bytes, sha256."""
    path = folder / name
    return {"path": name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}


def _resume(folder: Path, manifest: Mapping[str, Any]) -> RunWriter:
    """Read back the levels whose files are intact, up to the first that is not, and the snapshot of the next."""
    done: list[Level] = []
    for record in manifest["levels"]:
        if not is_sound(folder, record):
            break
        try:
            done.append(read_level(folder, record))
        except BadInputError:
            # Its files are those that the manifest names, but no level: it is drawn again.
            break
    asked = manifest["settings"]["levels"]["value"]
    finished = len(done) == len(asked) and manifest["status"] == "finished"
    kept = {**manifest, "status": "finished" if finished else "drawing", "levels": manifest["levels"][: len(done)]}
    snapshot = None if len(done) == len(asked) else _read_snapshot(folder, asked[len(done)])
    return RunWriter(folder, kept, done, snapshot)


def _read_snapshot(folder: Path, strokes: int) -> Snapshot | None:
    """The snapshot of a level; None when there is none or a damaged one, since the level can always start again."""
    path = folder / str(strokes) / SNAPSHOT
    if not path.is_file():
        return None
    try:
        arrays = load_arrays(path)
        notes = json.loads(str(arrays.pop(_NOTES)))
    except (BadInputError, KeyError, ValueError, RecursionError):
        return None
    if not isinstance(notes, dict):
        return None
    return Snapshot(strokes, arrays, notes)


def _write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    write_whole(path, buffer.getvalue())


def _unwritable(folder: Path, error: OSError) -> BadInputError:
    if error.errno == errno.ENAMETOOLONG:
        return BadInputError(f"{folder} is too long a name for this disk; choose a shorter folder with --out")
    reason = error.strerror or os.strerror(error.errno or 0)
    return BadInputError(f"{folder} cannot be written to ({reason}); choose another folder with --out")
