"""Pictures to begin with: every format and mode that Pillow writes here, small, and a few that unpack to far more than they weigh.

Knows Pillow; knows no damage.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from functools import cache
from typing import Any

from PIL import Image, ImageDraw

MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16", "I;16B")
_DOCUMENTS = {"PDF", "GRIB", "HDF5", "BUFR", "WMF", "MPEG", "PALM", "XVTHUMB"}
"""What is written, or only passed on, but never read as a picture."""


@cache
def seeds() -> tuple[tuple[str, bytes], ...]:
    """Sound pictures as (suffix, content)."""
    Image.init()
    suffixes: dict[str, str] = {}
    for suffix, kind in sorted(Image.registered_extensions().items()):
        suffixes.setdefault(kind, suffix)
    found = []
    for kind in sorted(set(Image.SAVE) - _DOCUMENTS):
        for mode in MODES:
            data = _written(drawing(mode), kind)
            if data:
                found.append((suffixes.get(kind, ".bin"), data))
    return (*found, *_special())


def drawing(mode: str = "RGB", size: tuple[int, int] = (48, 40)) -> Image.Image:
    """A dark shape on a light ground."""
    picture = Image.new("RGBA", size, (250, 248, 240, 0 if mode in ("LA", "RGBA", "PA") else 255))
    draw = ImageDraw.Draw(picture)
    width, height = size
    draw.ellipse((width // 6, height // 6, width * 5 // 6, height * 5 // 6), fill=(60, 90, 140, 255))
    draw.line((0, height // 2, width, height // 3), fill=(20, 20, 20, 255), width=3)
    if mode in ("LAB", "I;16", "I;16B", "F", "I"):
        gray = picture.convert("RGB").convert("L")
        return Image.merge("LAB", (gray, gray, gray)) if mode == "LAB" else gray.convert(mode[:4])
    if mode == "PA":
        return picture.convert("P").convert("PA")
    return picture.convert("RGBA") if mode == "RGBA" else picture.convert("LA" if mode == "LA" else "RGB").convert(mode)


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG."""
    return _written(picture, "PNG")


def _written(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture in a format; nothing where that cannot hold it."""
    buffer = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture.save(buffer, kind, **options)
    # Formats refuse modes in every way.
    except Exception:
        return b""
    return buffer.getvalue()


def _special() -> list[tuple[str, bytes]]:
    """Profiles, turns, several frames, odd shapes, and pictures that unpack to much."""
    from PIL import ImageCms

    plain = drawing()
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    frames = [drawing(size=(48, 40)) for _ in range(3)]
    return [
        (".jpg", _written(plain, "JPEG", exif=exif, icc_profile=profile, quality=80)),
        (".jpg", _written(plain, "JPEG", progressive=True, dpi=(300, 300))),
        (".png", _written(drawing("RGBA"), "PNG", exif=exif, icc_profile=profile)),
        (".tif", _written(plain, "TIFF", exif=exif, icc_profile=profile, compression="tiff_lzw")),
        (".tif", _written(drawing("CMYK"), "TIFF", compression="tiff_deflate")),
        (".gif", _written(frames[0], "GIF", save_all=True, append_images=frames[1:], transparency=0)),
        (".webp", _written(drawing("RGBA"), "WEBP", exif=exif, icc_profile=profile)),
        (".webp", _written(frames[0], "WEBP", save_all=True, append_images=frames[1:])),
        (".png", _vast(9000, 8000, 0)),
        (".png", _vast(6000, 7000, 2)),
        (".png", _vast(13200, 13200, 6)),
        (".png", _vast(60000, 60000, 0)),
    ]


def _vast(width: int, height: int, color: int) -> bytes:
    """A PNG of one color of so many pixels, in rather few bytes."""
    row = bytes(1 + width * {0: 1, 2: 3, 6: 4}[color])
    packer = zlib.compressobj(1)
    # Of the largest only the beginning is there: it is refused, or cut off.
    data = b"".join(packer.compress(row) for _ in range(min(height, 300_000_000 // len(row)))) + packer.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
