"""Whether two finished folders are the same.

Files are compared byte for byte, with three exceptions, since they tell the time and nothing else: in ``series.json`` when the run was
begun, the seconds of each level, and the length and hash of the two files that follow; in ``index.html`` the rows "Time" and "Made" and the
levels' seconds; and an MP4 is compared by its decoded frames. An empty file that carried a killed process's lock may stay.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from picasso_series.film.encode import ffmpeg_path

_CLOCK = re.compile(rb"<div><dt>(?:Time|Made)</dt>.*?</div>|<td>[0-9. minsh]+ (?:s|min|h)</td></tr>", re.DOTALL)
_OTHERWISE = (".mp4", "index.html")


def differences(whole: Path, killed: Path) -> Iterator[str]:
    """How a folder that was worked on by killed processes differs from one that was not, in a few words each."""
    names = [{path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} for folder in (whole, killed)]
    for name in sorted(names[0] ^ names[1]):
        if name.endswith(".lock") and name in names[1] and not (killed / name).stat().st_size:
            continue
        yield f"{name} is {'missing' if name in names[0] else 'left over'}"
    for name in sorted(names[0] & names[1]):
        if _essence(whole / name) != _essence(killed / name):
            yield f"{name} is another one"


def _essence(path: Path) -> Any:
    """What of a file has to be the same."""
    if path.suffix == ".mp4":
        return _frames(path, path.stat().st_mtime_ns)
    data = path.read_bytes()
    if path.name == "series.json":
        return _timeless(json.loads(data))
    return _CLOCK.sub(b"", data) if path.name == "index.html" else data


def _timeless(manifest: dict[str, Any]) -> dict[str, Any]:
    manifest.pop("created", None)
    for level in manifest["levels"]:
        level.pop("seconds", None)
    for record in manifest["files"]:
        if record["path"].endswith(_OTHERWISE):
            del record["bytes"], record["sha256"]
    return manifest


@cache
def _frames(path: Path, changed: int) -> bytes:
    """The hashes of a film's decoded frames and their times; ``changed`` tells one film at a path from the next."""
    line = [ffmpeg_path(), "-v", "error", "-threads", "1", "-i", f"file:{path}", "-f", "framemd5", "-"]
    return subprocess.run(line, check=True, capture_output=True).stdout
