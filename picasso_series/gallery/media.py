"""The size in pixels of the pictures and films that a page shows.

Knows the headers of PNG, GIF and WebP (through Pillow), of SVG (its viewBox) and of MP4 (the boxes of ISO/IEC 14496-12: moov, trak,
tkhd); decodes no picture.
"""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from picasso_series.errors import BadInputError
from picasso_series.foreign import require_file
from picasso_series.gallery.vectors import require_still_life

_FORMATS = {".png": ("PNG",), ".gif": ("GIF",), ".webp": ("WEBP",)}
_HEADER_LIMIT = 16 * 1024 * 1024


def pixel_size(path: Path) -> tuple[int, int]:
    """Return (width, height) of a picture or film.

    Raises:
        BadInputError: the file is missing, broken or of a kind that a page cannot show.
    """
    kind = path.suffix.lower()
    try:
        if kind == ".mp4":
            return _mp4_size(path)
        if kind == ".svg":
            return _svg_size(path)
        require_file(path)
        with warnings.catch_warnings():
            # Nothing is decoded here, so a large size is nothing to warn of.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS.get(kind, ())) as picture:
                return int(picture.width), int(picture.height)
    except BadInputError:
        raise
    # Headers of damaged pictures make Pillow's readers raise nearly anything.
    except Exception as error:
        raise BadInputError(f"{path} cannot be shown on a page ({error}); make the run's pictures and films again") from error


def _svg_size(path: Path) -> tuple[int, int]:
    require_still_life(path)
    with path.open(encoding="utf-8") as file:
        head = file.read(4096)
    box = re.search(r"""<svg\b[^>]*?\bviewBox=["']\s*\S+[\s,]+\S+[\s,]+([\d.]+)[\s,]+([\d.]+)""", head)
    if box is None:
        raise ValueError("the SVG has no viewBox")
    width, height = (max(1, round(float(side))) for side in box.groups())
    if max(width, height) > 1_000_000:
        raise ValueError("the SVG is larger than any page")
    return width, height


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The (kind, content) of each box in ``data``."""
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        if not 8 <= size <= len(data) - place:
            raise ValueError("the film's header is cut off")
        yield kind, data[place + 8 : place + size]
        place += size


def _mp4_size(path: Path) -> tuple[int, int]:
    moov = _moov(path)
    for _, track in (box for box in _boxes(moov) if box[0] == b"trak"):
        for _, header in (box for box in _boxes(track) if box[0] == b"tkhd"):
            # The last two fields, 16.16 fixed point; a sound track has zeros there.
            width, height = (value >> 16 for value in struct.unpack(">II", header[-8:]))
            if width and height:
                return width, height
    raise ValueError("the film has no picture track")


def _moov(path: Path) -> bytes:
    """The content of a film's header box, wherever it stands in the file."""
    end = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() + 8 <= end:
            start = file.tell()
            size, kind = struct.unpack(">I4s", file.read(8))
            if size == 1:
                (size,) = struct.unpack(">Q", file.read(8))
            elif size == 0:
                size = end - start
            body = start + size - file.tell()
            if body < 0 or start + size > end:
                raise ValueError("the film is cut off")
            if kind == b"moov":
                if body > _HEADER_LIMIT:
                    raise ValueError("the film's header is too large")
                return file.read(body)
            file.seek(start + size)
    raise ValueError("the film has no header")
