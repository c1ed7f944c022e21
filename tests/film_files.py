"""Films read back, for tests: by ffmpeg and by Pillow, independent of what wrote them."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from picasso_series.film.encode import ffmpeg_path


def probe(path: Path) -> str:
    """What ffmpeg says about a film, decoding it to the end."""
    command = [ffmpeg_path(), "-hide_banner", "-i", str(path), "-map", "0:v", "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def decode(path: Path, width: int, height: int) -> np.ndarray:
    """All frames of a film as (n, height, width, 3), converted by the matrix that the film is tagged with."""
    command = [
        ffmpeg_path(),
        "-v",
        "error",
        "-i",
        str(path),
        "-vf",
        "scale=in_color_matrix=bt709",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, height, width, 3)


def small_frames(data: bytes) -> list[tuple[np.ndarray, int]]:
    """The frames of a GIF or WebP as (height, width, 3), each with its milliseconds."""
    seen = []
    with Image.open(io.BytesIO(data)) as picture:
        for frame in ImageSequence.Iterator(picture):
            frame.load()
            seen.append((np.asarray(frame.convert("RGB")), int(frame.info["duration"])))
    return seen
