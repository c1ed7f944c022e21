"""A finished run folder made of the sample series, for the tests of page and gallery."""

from __future__ import annotations

import json
import struct
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from sample_series import sample_series

from picasso_series.run import Run

FILMS = ["films/series.gif", "films/series.mp4", "films/trajectory.mp4"]


def tiny_mp4(width: int, height: int, *, faststart: bool = True) -> bytes:
    """The boxes of a film without a frame: enough to know its size by."""

    def box(kind: bytes, *content: bytes) -> bytes:
        body = b"".join(content)
        return struct.pack(">I4s", 8 + len(body), kind) + body

    sound = box(b"trak", box(b"tkhd", bytes(84)))
    picture = box(b"trak", box(b"tkhd", bytes(76), struct.pack(">II", width << 16, height << 16)), box(b"mdia", b""))
    parts = [box(b"moov", box(b"mvhd", bytes(100)), sound, picture), box(b"mdat", bytes(64))]
    return box(b"ftyp", b"isom", bytes(4)) + b"".join(parts if faststart else parts[::-1])


@lru_cache
def moving_mp4(width: int, height: int) -> bytes:
    """A film of two seconds: a white square that becomes black."""
    import imageio_ffmpeg

    fade = f"color=white:size={width}x{height}:duration=2:rate=5,fade=out:0:10"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        line = ["-v", "error", "-f", "lavfi", "-i", fade, "-pix_fmt", "yuv420p", "-threads", "1", "-movflags", "faststart", str(path)]
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *line], check=True)
        return path.read_bytes()


def moving_gif(path: Path, size: tuple[int, int]) -> None:
    """A picture that moves: a line that goes down."""
    frames = [Image.new("L", size, 255) for _ in range(8)]
    for number, frame in enumerate(frames):
        ImageDraw.Draw(frame).line([0, 10 * number, size[0], 10 * number], fill=0, width=3)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=200, loop=0)


def file_records(*names: str) -> list[dict[str, Any]]:
    """What a manifest says of files, as far as a gallery reads it."""
    return [{"path": name, "sha256": "0" * 64, "bytes": 1} for name in names]


def manifest(title: str, levels: tuple[int, ...] = (8, 4, 2), **changes: Any) -> dict[str, Any]:
    """What a run records, as far as page and gallery read it."""
    return {
        "schema": 1,
        "tool": {"name": "picasso-series", "version": "9.8.7"},
        "status": "finished",
        "title": title,
        "created": "2024-05-06T07:08:09+00:00",
        "command": "picasso-series duck.jpg --levels 8,4,2 --seed 3",
        "photo": {"name": "duck.jpg", "sha256": "0" * 64, "width": 480, "height": 400},
        "mask": {"source": "alpha", "sha256": None},
        "settings": {"levels": {"value": [8, 4, 2], "from": "flag"}, "rivals": {"value": 5, "from": "preset fine"}},
        "choices": {"encoder": {"value": "structure", "reason": "CLIP's weights are not there"}, "device": {"value": "cpu", "reason": ""}},
        "seed": 3,
        "levels": [
            {"strokes": n, "files": file_records(*(f"{n}/{name}" for name in ("sketch.svg", "sketch.png", "trajectory.npz")))}
            for n in levels
        ],
        "files": file_records("photo.png", "mask.png", *FILMS, "plate.svg", "plate.png", "index.html"),
        **changes,
    }


def sample_run(folder: Path, title: str = "duck", levels: tuple[int, ...] = (8, 4, 2), **changes: Any) -> Run:
    """Write the folder of a finished run with every file that the contract names, and return the run."""
    series = sample_series(levels)
    (folder / "films").mkdir(parents=True)
    Image.fromarray(series.subject.rgb).save(folder / "photo.png")
    Image.new("L", (224, 224)).save(folder / "mask.png")
    for level in series.levels:
        place = folder / str(level.strokes)
        place.mkdir()
        (place / "sketch.svg").write_text(level.sketch.to_svg(), encoding="utf-8")
        picture = Image.new("RGB", (224, 224), "white")
        for stroke in level.sketch.strokes:
            ImageDraw.Draw(picture).line([tuple(224 * point) for point in stroke.points], fill="black", width=3)
        picture.save(place / "sketch.png")
        (place / "trajectory.npz").write_bytes(bytes(2048))
    Image.new("RGB", (900, 240), "white").save(folder / "plate.png")
    (folder / "plate.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 240"/>', encoding="utf-8")
    (folder / "films/series.mp4").write_bytes(moving_mp4(108, 192))
    (folder / "films/trajectory.mp4").write_bytes(moving_mp4(64, 48))
    moving_gif(folder / "films/series.gif", (320, 200))
    content = manifest(title, levels, **changes)
    (folder / "series.json").write_text(json.dumps(content), encoding="utf-8")
    return Run(folder, content, series, title)
