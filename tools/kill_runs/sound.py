"""Whether every file that stands under its final name is whole.

Knows the kinds of files that picasso-series makes and how each shows that its end is missing; unfinished files have names of their own
and are passed over.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from picasso_series.atomic import PART


def finished_files(folder: Path) -> list[Path]:
    """All files of a folder but those whose names say that they are unfinished, and locks; sorted."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if PART not in str(path.relative_to(folder)) and not path.name.endswith(".lock"))


def faults(folder: Path) -> Iterator[str]:
    """What is wrong in a folder in which a process was killed, in a sentence each."""
    for path in finished_files(folder):
        try:
            _read(path)
        except Exception as error:  # whatever a half of a file makes a reader raise is what is sought here
            yield f"{path.relative_to(folder)} is not whole: {type(error).__name__}: {error}"
    for manifest in finished_files(folder):
        if manifest.name == "series.json":
            yield from _broken_promises(manifest)
    for lock in folder.rglob("*.lock"):
        handle = os.open(lock, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield f"{lock.relative_to(folder)} is held by nobody who lives"
        finally:
            os.close(handle)


def _broken_promises(path: Path) -> Iterator[str]:
    """Files that a manifest names and that are not what it says: of drawn levels never, of the others when it says finished."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return  # which has been told already
    records: list[Mapping[str, Any]] = [record for level in manifest["levels"] for record in level["files"]]
    if manifest["status"] == "finished":
        records += manifest["files"]
    for record in records:
        file = path.parent / record["path"]
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != record["sha256"]:
            yield f"{file.name} of {path.parent.name} is not what the manifest says"


def _read(path: Path) -> None:
    """Read a file to its end, in the way of its kind; raises where it is cut."""
    data = path.read_bytes()
    if path.suffix == ".json":
        json.loads(data)
    elif path.suffix == ".svg":
        ElementTree.fromstring(data)
    elif path.suffix == ".html":
        assert data.rstrip().endswith(b"</html>"), "it does not end"
    elif path.suffix == ".npz":
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None, "a checksum is wrong"
        with np.load(path, allow_pickle=False) as arrays:
            for name in arrays.files:
                arrays[name]
    elif path.suffix == ".mp4":
        _walk_boxes(data)
    elif path.suffix == ".safetensors":
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        assert len(data) == 8 + length + max(ends, default=0), "its tensors are cut"
    elif path.suffix in (".png", ".gif", ".webp"):
        with Image.open(path) as picture:
            for number in range(getattr(picture, "n_frames", 1)):
                picture.seek(number)
                picture.load()


def _walk_boxes(data: bytes) -> None:
    """Walk the boxes of an MP4: they fill the file, and the index is among them."""
    place, kinds = 0, []
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        assert 8 <= size <= len(data) - place, "a box reaches beyond the end"
        kinds.append(data[place + 4 : place + 8])
        place += size
    assert b"moov" in kinds, "it has no index"
