"""What may befall a file: a pipe, a folder or a link in its place, bytes that are no text, a manifest that vouches for it.

Knows files; knows neither what is in them nor which command reads them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from random import Random

from tools.fuzz.mutation import bytes_like

SPECIAL = ("fifo", "folder", "nothing", "link", "zero", "empty")


def perhaps_special(path: Path, chance: Random) -> None:
    """Something else in place of a file, in few cases."""
    if chance.random() < 0.02:
        make_special(path, chance)


def perhaps_broken(path: Path, chance: Random) -> None:
    """Bytes that are no text, in few cases."""
    if chance.random() < 0.1:
        path.write_bytes(bytes_like(path.read_bytes(), chance))
    perhaps_special(path, chance)


def make_special(path: Path, chance: Random) -> None:
    """Something else in place of a file: what an archive can hold, and what a disk can do."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    if not path.parent.is_dir():
        return
    path.unlink(missing_ok=True)
    kind = chance.choice(SPECIAL)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(chance.choice(("/etc/passwd", "/nowhere", path.name, "../photo.png", ".")))
    elif kind == "zero":
        path.symlink_to("/dev/zero")
    elif kind == "empty":
        path.write_bytes(b"")


def sign(run: str, path: Path) -> None:
    """Make the manifest say that a file is as it should be: whoever sends a run can."""
    if not path.is_file() or path.is_symlink():
        return
    place, name = Path(run, "series.json"), path.relative_to(run).as_posix()
    stored = json.loads(place.read_text(encoding="utf-8"))
    for record in (*stored["files"], *(record for level in stored["levels"] for record in level["files"])):
        if record["path"] == name:
            record |= {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
    place.write_text(json.dumps(stored), encoding="utf-8")
