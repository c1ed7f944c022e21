"""CLIP weights on this machine: fetched or imported once, verified, converted and kept.

Knows the cache folder and what lies in it: the image tower of each model as ``<name>.safetensors``, which cannot run code, its text
tower as ``<name>.text.safetensors``, which drawing never reads, and beside them ``<name>.json``, which says where they came from.
Knows no encoder.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from picasso_series.atomic import PART, file_sha256, whole_file, write_whole
from picasso_series.encoders.architectures import Architecture
from picasso_series.encoders.download import DownloadError, OnProgress, download
from picasso_series.encoders.weights_table import TABLE, Entry, resolve
from picasso_series.errors import BadInputError, MissingError
from picasso_series.lock import waiting_lock

if TYPE_CHECKING:
    from torch import Tensor

CACHE_VARIABLE = "PICASSO_SERIES_CACHE"
"""Environment variable that names another folder than the system's for what is kept between runs."""
OFFLINE_VARIABLE = "PICASSO_SERIES_OFFLINE"
"""Environment variable that forbids to fetch anything when it is set, to anything but 0, false, no or off."""


class FetchError(MissingError):
    """Weights cannot be fetched or stored; ``clause`` says why without saying how to mend it."""

    def __init__(self, clause: str, mend: str) -> None:
        super().__init__(f"{clause}; {mend}")
        self.clause = clause


@dataclass(frozen=True)
class Record:
    """What is known of weights in the cache.

    Attributes:
        name: what they are called.
        source: the address or the name of the file that they were made from.
        source_sha256: that file's hash.
        verified: whether that file is the very one whose hash is known beforehand.
        sha256: hash of the ``.safetensors`` file in the cache.
        bytes: its length.
        text_sha256: hash of the text tower's ``.text.safetensors``; empty where the model came without one, None where an earlier
            version left it out.
        text_bytes: its length.
    """

    name: str
    source: str
    source_sha256: str
    verified: bool
    sha256: str
    bytes: int
    text_sha256: str | None = None
    text_bytes: int = 0


def known_models() -> list[Entry]:
    """The weights that can be fetched by name, those of the paper first."""
    return list(TABLE)


def cache_folder() -> Path:
    """Where weights are kept; it need not exist."""
    place = os.environ.get(CACHE_VARIABLE)
    if place:
        return Path(place).expanduser() / "weights"
    from platformdirs import user_cache_path

    return user_cache_path("picasso-series", appauthor=False) / "weights"


def is_offline() -> bool:
    """Whether the environment forbids to fetch anything."""
    return os.environ.get(OFFLINE_VARIABLE, "").strip().lower() not in ("", "0", "false", "no", "off")


def find(name: str | Entry) -> Path | None:
    """The file of the image tower ``name`` in the cache, or None.

    Raises:
        UsageError: there are no weights of that name.
    """
    entry = resolve(name)
    return _path(entry) if record_of(entry) is not None else None


def record_of(name: str | Entry) -> Record | None:
    """What is known of the cached weights ``name``, without checking them; None where they are not in the cache.

    Raises:
        UsageError: there are no weights of that name.
    """
    path = _path(resolve(name))
    return _read_record(path) if path.is_file() else None


def cached() -> list[Record]:
    """What the cache holds, by name."""
    records = (_read_record(path) for path in sorted(cache_folder().glob("*.safetensors")))
    return [record for record in records if record is not None]


def verify(name: str | Entry) -> Record:
    """Check that the cached weights ``name`` are what was once stored, by their hash.

    Raises:
        UsageError: there are no weights of that name.
        MissingError: they are not in the cache.
        BadInputError: they are damaged.
    """
    entry = resolve(name)
    path = _path(entry)
    record = record_of(entry)
    if record is None:
        raise MissingError(f"the weights of {entry.name} are not on this machine; {_how_to_get(entry)}")
    if path.stat().st_size != record.bytes or file_sha256(path) != record.sha256:
        raise BadInputError(f"the weights of {entry.name} are damaged; {_how_to_get(entry)}")
    return record


def verify_text(name: str | Entry) -> Record:
    """Check that the cached text tower of ``name`` is what was once stored, by its hash.

    Raises:
        UsageError: there are no weights of that name.
        MissingError: it is not in the cache.
        BadInputError: it is damaged.
    """
    entry = resolve(name)
    record, path = record_of(entry), _text_path(_path(entry))
    if record is None or not record.text_sha256 or not path.is_file():
        raise MissingError(f"the text tower of {entry.name} is not on this machine; {_how_to_get(entry)}")
    if path.stat().st_size != record.text_bytes or file_sha256(path) != record.text_sha256:
        raise BadInputError(f"the text tower of {entry.name} is damaged ({path}); {_how_to_get(entry)}")
    return record


def fetch(name: str | Entry, on_progress: OnProgress | None = None) -> Path:
    """Make sure that the weights ``name`` are in the cache and whole, downloading them where they are not; return their file.

    Several processes may ask at once: one works, the others wait. A download that was cut goes on where it was.

    Args:
        name: a model's name, or an entry that is not in the table.
        on_progress: called with the bytes that have arrived and their full number, None where that is not known.

    Raises:
        UsageError: there are no weights of that name.
        FetchError: they cannot be had, and why, within ten seconds of the last byte.
    """
    entry = resolve(name)
    path = _path(entry)
    part = path.with_suffix(".part")

    def tell(done: int, total: int | None) -> None:
        if on_progress is not None:
            on_progress(done, total)

    with _disk_troubles(entry):
        if _is_whole(entry):
            return path
        if not entry.url:
            raise FetchError(f"the weights of {entry.name} cannot be fetched by name", _how_to_get(entry))
        if is_offline():
            clause = f"the weights of {entry.name} are not on this machine, and {OFFLINE_VARIABLE} forbids to fetch them"
            raise FetchError(clause, f"unset it, or {_how_to_import(entry)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(_lock(path), lambda: tell(part.stat().st_size if part.exists() else 0, None)):
            if _is_whole(entry):
                return path
            try:
                download([url for url in (entry.url, entry.mirror) if url], entry.sha256, part, tell)
            except DownloadError as error:
                clause = f"the weights of {entry.name} cannot be fetched: {error}"
                raise FetchError(clause, f"try again later, or {_how_to_import(entry)}") from error
            _store(entry, *_fetched_towers(entry, part), entry.url, entry.sha256)
            part.unlink()
    return path


def import_file(file: Path, name: str | Entry | None = None, known: Sequence[Entry] = TABLE) -> Record:
    """Take weights from a file on this machine into the cache: OpenAI's .pt, open_clip's safetensors, or a checkpoint of ``torch.save``.

    Without ``name`` the model is recognized by the file's hash, else by the shapes of its tensors.

    Raises:
        UsageError: there are no weights of that name.
        BadInputError: the file is damaged, could run code, is not recognized, is not what ``name`` says, or cannot be looked through.
        MissingError: the cache cannot be written.
    """
    from picasso_series.encoders.checkpoint import read_text, read_visual
    from picasso_series.encoders.towers import check_tower

    asked = None if name is None else resolve(name)
    try:
        sha256 = file_sha256(file)
        tower = read_visual(file)
    except OSError as error:
        raise BadInputError(f"{file} cannot be read ({error.strerror}); check the path") from error
    found = Architecture.of({key: tuple(tensor.shape) for key, tensor in tower.items()})
    entry = _recognized(sha256, found, asked, known)
    if entry is None:
        raise BadInputError(f"{file.name} holds a model that is not known here; name it with --name MODEL/PRETRAINED, as open_clip does")
    if asked is not None and (entry.name != asked.name or (asked.architecture not in (None, found))):
        raise BadInputError(f"{file.name} does not hold {asked.name}; leave --name out, or give another file")
    try:
        check_tower(tower)
    except BadInputError as error:
        raise BadInputError(f"{file.name} cannot be used: {error}") from error
    if entry.pretrained == "openai" and entry.sha256 not in ("", sha256) and not _is_half(tower["conv1.weight"]):
        raise BadInputError(
            f"{file.name} has the shapes of {entry.name} but not OpenAI's values, which are of half precision; "
            f"name it with --name {entry.model}/PRETRAINED, as open_clip does"
        )
    path = _path(entry)
    with _disk_troubles(entry):
        path.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(_lock(path), lambda: None):
            return _store(entry, tower, read_text(file), file.name, sha256)


def _recognized(sha256: str, found: Architecture | None, asked: Entry | None, known: Sequence[Entry]) -> Entry | None:
    """What a file of this hash and architecture is: by its hash, else what it was said to be, else the first of its architecture."""
    for candidate in known:
        if candidate.sha256 == sha256:
            return candidate
    if asked is not None or found is None:
        return asked
    return next((candidate for candidate in known if candidate.architecture == found), None)


def _fetched_towers(entry: Entry, part: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The image tower and the text tower in a file that came whole."""
    from picasso_series.encoders.checkpoint import read_text, read_visual

    try:
        return read_visual(part), read_text(part)
    except BadInputError as error:
        raise FetchError(f"the weights of {entry.name} were fetched but cannot be read ({error})", _how_to_import(entry)) from error


def load_visual(name: str | Entry) -> dict[str, Tensor]:
    """Load the image tower ``name`` from the cache: its tensors by the names that open_clip has for them, floats as float32 on the CPU.

    Raises:
        UsageError: there are no weights of that name.
        MissingError: they are not in the cache.
        BadInputError: they are damaged.
    """
    entry = resolve(name)
    path = find(entry)
    if path is None:
        raise MissingError(f"the weights of {entry.name} are not on this machine; {_how_to_get(entry)}")
    return _load(entry, path)


def load_text(name: str | Entry) -> dict[str, Tensor]:
    """Load the text tower of ``name`` from the cache, verified: its tensors by open_clip's names, in the numbers that they came in.

    Raises:
        UsageError: there are no weights of that name.
        MissingError: it is not in the cache.
        BadInputError: it is damaged.
    """
    entry = resolve(name)
    verify_text(entry)
    return _load(entry, _text_path(_path(entry)))


def _load(entry: Entry, path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise BadInputError(f"the weights of {entry.name} are damaged; {_how_to_get(entry)}") from error


def _store(entry: Entry, tower: dict[str, Tensor], text: dict[str, Tensor], source: str, source_sha256: str) -> Record:
    path = _path(entry)
    for left in path.parent.glob(f".{entry.stem}.*{PART}.safetensors"):  # by a process that was killed; we hold the lock
        left.unlink()
    # Towers and record are several files: without its record none counts, so the old record goes first and the new one comes last.
    _record_path(path).unlink(missing_ok=True)
    metadata = {"name": entry.name, "source_sha256": source_sha256}
    sha256, size = _save(path, tower, metadata)
    _text_path(path).unlink(missing_ok=True)
    text_sha256, text_size = _save(_text_path(path), text, metadata) if text else ("", 0)
    verified = bool(entry.sha256) and source_sha256 == entry.sha256
    record = Record(entry.name, source, source_sha256, verified, sha256, size, text_sha256, text_size)
    write_whole(_record_path(path), json.dumps(asdict(record), indent=1) + "\n")
    return record


def _save(path: Path, tower: dict[str, Tensor], metadata: dict[str, str]) -> tuple[str, int]:
    """Write a tower's file; its hash and length."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    with whole_file(path) as temporary:
        try:
            save_file(tower, temporary, metadata=metadata)
        except SafetensorError as error:
            # The library tells what the disk answered only in words.
            code = errno.ENOSPC if f"os error {errno.ENOSPC}" in str(error) else errno.EIO
            raise OSError(code, str(error), str(path)) from error
    return file_sha256(path), path.stat().st_size


def _path(entry: Entry) -> Path:
    return cache_folder() / f"{entry.stem}.safetensors"


def _text_path(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".safetensors") + ".text.safetensors")


def _record_path(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".safetensors") + ".json")


def _lock(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _read_record(path: Path) -> Record | None:
    """The record beside a file of the cache; None where there is none that makes sense."""
    try:
        return Record(**json.loads(_record_path(path).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _is_whole(entry: Entry) -> bool:
    """Whether both towers are as they were stored; weights that an earlier version stored without the text tower are fetched anew."""
    try:
        record = verify(entry)
        if record.text_sha256:
            verify_text(entry)
    except (MissingError, BadInputError):
        return False
    return record.text_sha256 is not None


def _is_half(tensor: Tensor) -> bool:
    """Whether numbers were of half precision before they became float32, as all convolutions of OpenAI's release were."""
    return bool((tensor.half().float() == tensor).all())


def _how_to_get(entry: Entry) -> str:
    """The deed that brings the weights here, as the end of a sentence."""
    return f"run picasso-series weights fetch {entry.name}" if entry.url else _how_to_import(entry)


def _how_to_import(entry: Entry) -> str:
    """The deed for machines without network."""
    files = [entry.url.rpartition("/")[2]] if entry.url else []
    files += [f"the open_clip_model.safetensors of {entry.hub}"] if entry.hub else []
    return f"run picasso-series weights import FILE with {' or '.join(files) or f'a file of open_clip and --name {entry.name}'}"


@contextmanager
def _disk_troubles(entry: Entry) -> Iterator[None]:
    """Turn what the disk does not allow into a sentence."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full" if full else f"the cache cannot be written ({error.strerror or error})"
        deed = "free some space in" if full else "change the permissions of"
        mend = f"{deed} {cache_folder()}, or name another folder in {CACHE_VARIABLE}"
        raise FetchError(f"the weights of {entry.name} cannot be stored: {why}", mend) from error
