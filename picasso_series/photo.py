"""A picture file becomes a photo: upright sRGB pixels on white, its alpha, its full size.

Knows picture files (modes, profiles, orientation, damage, sizes that are too small or too large to read); knows nothing of subjects,
masks or the canvas.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

from picasso_series.atomic import file_sha256
from picasso_series.errors import BadInputError, MissingError, PicassoError
from picasso_series.strokes import FloatArray

MAX_PIXELS = 175_000_000
"""The largest picture that is decoded, in pixels: just under the size at which Pillow itself refuses."""

_BYTES = 4
"""What a decoded pixel takes in memory."""

_GREEDY = {"WEBP": 16, "AVIF": 10}
"""What a pixel takes while it is decoded, in formats whose decoders keep several copies; such pictures may have so many fewer pixels."""

_BAND = 256
"""Rows that are made plain and shrunk together: a large picture's copy in another mode may take more than the picture itself."""

_GAP = 2
"""How far averaging alone shrinks a picture: to so many times the wanted size."""

MIN_SIDE = 8
"""The shortest side of a picture that holds anything to draw, in pixels."""

MAX_ASPECT = 50
"""The longest side of a picture that can be drawn, in short sides."""

WORK_SIDE = 1024
"""The longest side of a loaded photo, in pixels; larger pictures are shrunk while they are read."""

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_RUN = frozenset({"EPS"})
"""Formats that are programs: Pillow would hand them to Ghostscript to be run."""

_WEIGHED = {"RGBA": "RGBa", "LA": "La"}
_HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright photo, shrunk so that its longest side is at most :data:`WORK_SIDE`.

    Attributes:
        rgb: uint8 (H, W, 3), sRGB, composited on white.
        alpha: float32 (H, W) in [0, 1], or None when every pixel is opaque.
        width: width of the upright picture in the file, in pixels (W is at most this).
        height: height of the upright picture in the file, in pixels.
        sha256: hexadecimal digest of the file.
        name: the file's name without its suffix.
    """

    rgb: NDArray[np.uint8]
    alpha: FloatArray | None
    width: int
    height: int
    sha256: str
    name: str


def load_photo(path: Path) -> Photo:
    """Read the first frame of any picture that Pillow opens.

    Args:
        path: the picture's file.

    Raises:
        BadInputError: there is no such file, it is no picture, it is damaged, or its size cannot be drawn.
        MissingError: it is a HEIC picture and the library that reads those is not installed.
    """
    path = Path(path)
    digest = _digest(path)
    try:
        with warnings.catch_warnings():
            # Sizes are judged below, by one limit for all; what else Pillow warns of (odd EXIF, odd palettes) it reads all the same.
            warnings.simplefilter("ignore")
            image, width, height = _decode(path)
            rgb, alpha = _to_srgb(image)
    except PicassoError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except UnidentifiedImageError as error:
        if path.suffix.lower() in _HEIF_SUFFIXES:
            raise MissingError(f'{path} is a HEIC picture, which needs another library: pip install "picasso-series[heic]"') from error
        raise BadInputError(f"{path} is no picture that can be read; give a JPEG, PNG or another image file") from error
    except MemoryError as error:
        raise BadInputError(f"{path} does not fit into memory; shrink it first") from error
    except Exception as error:
        # A damaged file makes Pillow's readers raise nearly anything (OSError, SyntaxError, struct.error, IndexError, zlib.error …).
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadInputError(f"{path} is truncated or damaged ({reason}); copy or export it again") from error
    return Photo(rgb, alpha, width, height, digest, path.stem)


def _digest(path: Path) -> str:
    """The file's sha256, after making sure that there is a file with something in it."""
    try:
        if path.is_dir():
            raise BadInputError(f"{path} is a folder; give the picture file itself")
        if not path.exists():
            raise BadInputError(f"there is no file {path}; check the name and the folder")
        if not path.is_file():
            raise BadInputError(f"{path} is no regular file; give a picture file")
        if path.stat().st_size == 0:
            raise BadInputError(f"{path} is empty (0 bytes); copy or export it again")
        return file_sha256(path)
    except PermissionError as error:
        raise BadInputError(f"{path} may not be read; give yourself permission to read it (chmod u+r) or copy it") from error
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path} cannot be read ({error}); copy it to another place") from error


def _too_large(path: Path, most: int = MAX_PIXELS, kind: str | None = None) -> BadInputError:
    what = f", the most that is read of a {kind} picture" if kind else ""
    return BadInputError(f"{path} has more than {most // 1_000_000} megapixels{what}; shrink it to a few thousand pixels a side first")


def _register_heif() -> None:
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()


def _decode(path: Path) -> tuple[Image.Image, int, int]:
    """The upright first frame, with its info, at most :data:`WORK_SIDE` long; and its full width and height."""
    if path.suffix.lower() in _HEIF_SUFFIXES:
        _register_heif()
    Image.init()
    with Image.open(path, formats=[kind for kind in Image.ID if kind not in _RUN]) as source:
        width, height = source.size
        greed = _GREEDY.get(source.format or "", _BYTES)
        if width * height > MAX_PIXELS * _BYTES // greed:
            raise _too_large(path, MAX_PIXELS * _BYTES // greed, source.format if greed > _BYTES else None)
        if min(width, height) < MIN_SIDE:
            raise BadInputError(f"{path} is {width}x{height} pixels, too small to draw; give a picture of at least 32x32")
        if max(width, height) > MAX_ASPECT * min(width, height):
            raise BadInputError(f"{path} is {width}x{height} pixels, too long and thin to draw; crop it first")
        # JPEG can be decoded at a half, a quarter or an eighth of its size: twice the size wanted keeps the resampling below fine.
        ratio = max(1.0, max(width, height) / (2 * WORK_SIDE))
        drafted = source.draft(None, (int(width / ratio), int(height / ratio)))
        source.load()
        if drafted is None:
            width, height = source.size  # a TIFF turns itself upright when it loads
        turn = _TURNS.get(_orientation(source))
        image = _shallow(source) if _is_deep(source.mode) else _shrink(source, _plain)
        image.info["icc_profile"] = source.info.get("icc_profile")
    if turn is not None:
        info, image = image.info, image.transpose(turn)
        image.info = info
        if turn not in (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM):
            width, height = height, width
    return image, width, height


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 when there is none or it cannot be read (a broken EXIF block does not spoil the picture)."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception as error:  # broken EXIF makes the reader raise nearly anything
        _log.info("EXIF data of %s ignored: %s", getattr(image, "filename", "the picture"), error)
        return 1


def _is_deep(mode: str) -> bool:
    return mode in ("I", "F") or mode.startswith("I;16")


def _plain(image: Image.Image) -> Image.Image:
    """The picture in one of the modes L, LA, RGB, RGBA, CMYK, LAB: nothing indexed, keyed or 1-bit, so that it can be resampled."""
    mode = image.mode
    if "transparency" in image.info or mode in ("PA", "RGBa"):
        return image.convert("RGBA")
    if mode == "La":
        return image.convert("LA")
    if mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB"):
        return image
    return image.convert("L" if mode == "1" else "RGB")


def _shallow(image: Image.Image) -> Image.Image:
    """A deep one-channel picture with 8 bits a pixel.

    16-bit pictures have white at 65535. Modes I and F do not say where white is: it is taken to be at 1 (F only), 255 or 65535,
    the first that no pixel lies above; values beyond those ranges are stretched from the least to the greatest.
    """
    mode = image.mode
    ends: list[float] = []

    def sound(band: Image.Image) -> Image.Image:
        numbers = np.nan_to_num(np.asarray(band.convert("F")), nan=0.0, posinf=0.0, neginf=0.0)
        ends.extend((float(numbers.min()), float(numbers.max())))
        return Image.fromarray(numbers)

    # Resampling overshoots at edges; what it makes up beyond the picture's own range says nothing of where white is.
    values = np.asarray(_shrink(image, sound), np.float64).clip(min(ends), max(ends))
    low, high = 0.0, max(ends)
    whites = (65535.0,) if mode.startswith("I;16") else (255.0, 65535.0) if mode == "I" else (1.0, 255.0, 65535.0)
    white = next((white for white in whites if high <= white * 1.001), None)
    if white is None or values.min() < 0:
        low, white = float(values.min()), high
    scaled = (values - low) / max(white - low, 1e-12) * 255
    return Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))


def _shrink(image: Image.Image, plain: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """The picture made ``plain``, its longest side at most :data:`WORK_SIDE` (Pillow weighs the colors by alpha where there is one)."""
    width, height = image.size
    longest = max(width, height)
    if longest <= WORK_SIDE:
        return plain(image).copy()
    goal = (max(1, round(width * WORK_SIDE / longest)), max(1, round(height * WORK_SIDE / longest)))
    across, down = max(1, int(width / goal[0] / _GAP)), max(1, int(height / goal[1] / _GAP))
    if across == down == 1:
        return plain(image).resize(goal, Image.Resampling.LANCZOS)
    rows = down * max(1, _BAND // down)
    averaged: Image.Image | None = None
    for top in range(0, height, rows):
        band = plain(image.crop((0, top, width, min(top + rows, height))))
        # Averaged colors have to be weighed by alpha, and stay so until all is put together.
        band = band.convert(_WEIGHED.get(band.mode, band.mode)).reduce((across, down))
        averaged = averaged or Image.new(band.mode, (band.width, -(-height // down)))
        averaged.paste(band, (0, top // down))
    assert averaged is not None
    shrunk = averaged.resize(goal, Image.Resampling.LANCZOS, box=(0, 0, width / across, height / down))
    return shrunk.convert({"RGBa": "RGBA", "La": "LA"}.get(shrunk.mode, shrunk.mode))


def _to_srgb(image: Image.Image) -> tuple[NDArray[np.uint8], FloatArray | None]:
    """sRGB on white, uint8 (H, W, 3), and the alpha, float32 (H, W) or None when opaque."""
    alpha: FloatArray | None = None
    if image.mode in ("LA", "RGBA"):
        alpha = np.asarray(image.getchannel("A"), np.float32) / np.float32(255)
    profile = image.info.get("icc_profile")
    color = image
    if image.mode in ("LA", "RGBA"):
        color = image.convert("L" if image.mode == "LA" else "RGB")
    rgb = np.array(_profiled(color, profile))
    if alpha is None or float(alpha.min()) >= 1:
        return rgb, None
    weight = alpha[..., None]
    return np.rint(rgb * weight + 255 * (1 - weight)).astype(np.uint8), alpha


def _profiled(image: Image.Image, profile: Any) -> Image.Image:
    """An opaque picture in RGB, through its ICC profile when that is sound and fits the picture."""
    srgb = ImageCms.createProfile("sRGB")
    if image.mode == "LAB":
        return ImageCms.profileToProfile(image, ImageCms.createProfile("LAB"), srgb, outputMode="RGB")  # type: ignore[return-value]
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            space = source.profile.xcolor_space.strip()
            if space == "RGB" and image.mode == "L":
                image = image.convert("RGB")
            turned = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
            if turned is not None:
                return turned
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
            _log.info("ICC profile ignored: %s", error)
    return image.convert("RGB")
