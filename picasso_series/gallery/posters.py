"""Stills that stand for films until they play.

Knows how to take a telling frame out of a film's file, and how small a poster may be; knows neither pages nor runs.
"""

from __future__ import annotations

import base64
import io
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image, ImageSequence

from picasso_series.errors import BadInputError
from picasso_series.gallery.media import pixel_size
from picasso_series.gallery.vectors import require_still_life
from picasso_series.settings import FILM_SIDES
from picasso_series.svg import SVG_NAMESPACE

_MOST_PIXELS = (540, 2160)
"""A poster's greatest width and height."""
_QUALITY = 60
_EVERY = 12
"""Of the frames of a GIF or WebP, one in so many is looked at; of an MP4 one a second."""
_MOST_FRAMES = 600
"""No more frames are looked at, and of an MP4 no more seconds: films last some twenty."""
_MOST_ASPECT = 128
"""The longest side of a film, in short sides."""
_MIDDLE = (0.4, 0.8)
"""The part of a film in which a drawing is looked for: many begin and end with the photo or with bare paper."""


def poster(path: Path, *, first: bool = False) -> str:
    """A frame of a film as the ``data:`` address of a small picture; of an SVG, what it shows while nothing moves.

    Args:
        path: an MP4, GIF, WebP or SVG.
        first: take the first frame, else the one with the most ink towards the end: a drawing that is done.

    Raises:
        BadInputError: the film cannot be read.
    """
    kind = path.suffix.lower()
    if kind == ".svg":
        return _at_rest(path)
    try:
        least, most = sorted(pixel_size(path))
        if least < 1 or most > FILM_SIDES[1] or most > _MOST_ASPECT * least:
            raise ValueError("no film has such a shape")
        place = 0 if first else _inkiest(path)
        chosen = next(_frames(path, place), None)
    except BadInputError:
        raise
    # Damaged pictures make Pillow's readers raise nearly anything.
    except Exception as error:
        raise BadInputError(f"{path} cannot be shown on a page ({error}); make the run's pictures and films again") from error
    if chosen is None:
        raise BadInputError(f"{path} cannot be shown on a page (it holds no frame); make the run's pictures and films again")
    buffer = io.BytesIO()
    chosen.save(buffer, "WEBP", quality=_QUALITY, method=6)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _at_rest(path: Path) -> str:
    """An animated SVG without its animation and without what is hidden where nothing moves."""
    require_still_life(path)
    root = ElementTree.fromstring(path.read_bytes())
    for parent in list(root.iter()):
        parent.attrib.pop("style", None)
        for child in list(parent):
            if child.tag.endswith("}style") or child.get("opacity") == "0":
                parent.remove(child)
    ElementTree.register_namespace("", SVG_NAMESPACE)
    return "data:image/svg+xml;base64," + base64.b64encode(ElementTree.tostring(root)).decode("ascii")


def _inkiest(path: Path) -> int:
    """Which of the frames that are looked at has the most ink, of those in the middle.

    Only their ink is kept, since a small file can hold more frames than there is memory; so the chosen one is read once more.
    """
    ink = [_ink(frame) for frame in _frames(path)]
    begin, end = (int(share * len(ink)) for share in _MIDDLE)
    return max(range(begin, max(end, begin + 1)), key=ink.__getitem__) if ink else 0


def _frames(path: Path, begin: int = 0) -> Iterator[Image.Image]:
    """The frames of a film that are looked at, shrunk to a poster's size, from the given one on."""
    return islice(_video_frames(path) if path.suffix.lower() == ".mp4" else _picture_frames(path), begin, _MOST_FRAMES)


def _ink(frame: Image.Image) -> float:
    """How much of a frame is not as its corner."""
    pixels = np.asarray(frame.convert("L").resize((96, 96)), np.float64)
    return float(np.abs(pixels - pixels[0, 0]).mean())


def _picture_frames(path: Path) -> Iterator[Image.Image]:
    with Image.open(path, formats=("GIF", "WEBP")) as picture:
        for frame in islice(ImageSequence.Iterator(picture), 0, None, _EVERY):
            small = frame.convert("RGB")
            small.thumbnail(_MOST_PIXELS)
            yield small


def _video_frames(path: Path) -> Iterator[Image.Image]:
    from imageio_ffmpeg import get_ffmpeg_exe

    width, height = pixel_size(path)
    scale = min(_MOST_PIXELS[0] / width, _MOST_PIXELS[1] / height)
    width, height = (max(2, round(scale * side / 2) * 2) for side in (width, height))
    form = ["-vf", f"fps=1:round=up,scale={width}:{height}:flags=area", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    # The file may be a stranger's: it is an MP4 or nothing, so that no list of other files or addresses is read in its place.
    closed = ["-protocol_whitelist", "file", "-f", "mp4", "-t", str(_MOST_FRAMES), "-i", f"file:{path}"]
    command = [get_ffmpeg_exe(), "-v", "quiet", "-nostdin", "-threads", "1", *closed, *form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            while len(data := process.stdout.read(3 * width * height)) == 3 * width * height:
                yield Image.frombytes("RGB", (width, height), data)
        finally:
            process.kill()
