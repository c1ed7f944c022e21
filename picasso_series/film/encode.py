"""Frames -> film files: MP4 through ffmpeg, GIF and WebP through Pillow.

Knows formats, palettes, colors' matrices and how to leave no file behind when a film is not finished. Knows neither strokes nor time:
frames come as an iterable, each with the number of frame periods that it stays.
"""

from __future__ import annotations

import errno
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import KDTree

from picasso_series.atomic import whole_file
from picasso_series.errors import MissingError, PicassoError
from picasso_series.film.draw import Color, FrameArray, to_rgb

Frames = Iterable[tuple[FrameArray, int]]
"""Frames in turn, each with the number of periods that it is shown."""

GREYS = 16
"""Steps from paper to ink in a GIF's palette: even steps of line art look exact and compress best without dithering."""
PHOTO_COLORS = 111
"""Colors of the photo in a GIF's palette; with the ramp they leave one of 128 free for what is transparent."""
_NEAR = 2
"""Steps of 255 within which a color counts as one of the ramp between paper and ink."""

_PIXELS = "bgr0" if sys.byteorder == "little" else "0rgb"

# RGB without this is turned to YUV by BT.601 and shown by BT.709, which shifts every color.
_BT709 = (
    "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
)


def ffmpeg_path() -> str:
    """The path of ffmpeg.

    Raises:
        MissingError: there is none.
    """
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise MissingError("MP4 films need ffmpeg, which was not found: run `pip install imageio-ffmpeg`") from error


def write_mp4(frames: Frames, path: Path, size: tuple[int, int], rate: int) -> None:
    """Write H.264 (High, yuv420p, BT.709, fast start) of exactly ``size`` (even width and height) at ``rate`` frames a second.

    The film takes the place of ``path`` only when ffmpeg has ended well; otherwise no new file is left.

    Raises:
        MissingError: there is no ffmpeg.
        PicassoError: ffmpeg failed, as on a full disk.
    """
    width, height = size
    command = [
        *(ffmpeg_path(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y"),
        *("-f", "rawvideo", "-pix_fmt", _PIXELS, "-s", f"{width}x{height}", "-framerate", str(rate), "-i", "pipe:0"),
        *("-vf", _BT709, "-an", "-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-tune", "animation", "-crf", "17"),
        *("-movflags", "+faststart", "-map_metadata", "-1", "-f", "mp4"),
    ]
    try:
        with whole_file(path) as temporary, tempfile.TemporaryFile() as complaints:
            # A bare path that begins with "-" would be an option, one with ":" a protocol.
            status = _run([*command, f"file:{temporary}"], frames, complaints)
            if status != 0:
                complaints.seek(0)
                raise PicassoError(f"the film {path.name} could not be written: {_reason(complaints.read(), status)}")
    except OSError as error:
        raise unwritten(path, error) from error


def _run(command: list[str], frames: Frames, complaints: IO[bytes]) -> int:
    """Feed frames to ffmpeg and return its exit status; whatever happens, ffmpeg has ended afterwards."""
    # A session of its own: a Ctrl-C at the terminal reaches us alone, and we end ffmpeg and clean up after it.
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=complaints, stderr=complaints, start_new_session=True)
    assert process.stdin is not None
    try:
        # When ffmpeg gives up early the pipe breaks; its exit status and words say why.
        with suppress(BrokenPipeError, ConnectionResetError):
            for frame, count in frames:
                data = np.ascontiguousarray(frame).data.cast("B")
                for _ in range(count):
                    process.stdin.write(data)
            process.stdin.close()
        return process.wait()
    finally:
        process.kill()
        process.wait()
        with suppress(OSError):
            process.stdin.close()


def unwritten(path: Path, error: OSError) -> PicassoError:
    """The error to raise when the system would not let a film be written."""
    if error.errno == errno.ENAMETOOLONG:
        return PicassoError(f"the film {path} has too long a name for this disk; choose a shorter folder with --out")
    return PicassoError(f"the film {path.name} could not be written ({error.strerror or error}); check the folder and the free space")


def _reason(complaints: bytes, status: int) -> str:
    """One clause that says why ffmpeg failed and what mends it."""
    text = complaints.decode("utf-8", "replace")
    if "No space left" in text:
        return "the disk is full; free some space and run the command again"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"ffmpeg ended with status {status} ({lines[0] if lines else 'without a word'}); run `picasso-series doctor` to check the setup"


def ramp(paper: Color, ink: Color) -> NDArray[np.uint8]:
    """``GREYS`` even steps (GREYS, 3) from paper to ink."""
    return np.asarray(np.linspace(paper, ink, GREYS).round(), np.uint8)


def film_palette(paper: Color, ink: Color, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A film's palette (GREYS + PHOTO_COLORS, 3): the even ramp from paper to ink, then colors of the photo on its way to paper.

    Args:
        paper: color of the paper.
        ink: color of the ink.
        photo: sRGB picture (height, width, 3) as it stands on the paper.
    """
    page, picture = np.array(paper, np.float64), photo.reshape(-1, 3).astype(np.float64)
    subject = picture[np.abs(picture - page).max(axis=1) > _NEAR]
    # The photo fades in and out, so colors on the way to the paper count too; the clear photo counts most.
    fades = [(page + (subject - page) * part).round().astype(np.uint8) for part in (1.0, 1.0, 0.7, 0.45, 0.25, 0.1)]
    colors = np.repeat(np.array([paper], np.uint8), PHOTO_COLORS, axis=0)
    if len(subject):
        chosen = Image.fromarray(np.concatenate(fades)[None]).quantize(PHOTO_COLORS, Image.Quantize.MEDIANCUT).getpalette() or []
        found = np.array(chosen, np.uint8).reshape(-1, 3)[:PHOTO_COLORS]
        colors[: len(found)] = found
    return np.concatenate([ramp(paper, ink), colors])


def write_gif(frames: Frames, path: Path, rate: int, palette: NDArray[np.uint8]) -> None:
    """Write an endlessly looping GIF at ``rate`` frames a second (a divisor of 100: GIF counts hundredths) in one palette, undithered.

    Raises:
        PicassoError: the file cannot be written.
    """
    _write_pillow(_indexed(frames, palette), path, "GIF", 1000 // rate, optimize=True, disposal=1)


def write_webp(frames: Frames, path: Path, rate: int) -> None:
    """Write an endlessly looping animated WebP at ``rate`` frames a second.

    Raises:
        PicassoError: the file cannot be written.
    """
    pictures = ((Image.fromarray(to_rgb(frame)), count) for frame, count in frames)
    _write_pillow(pictures, path, "WEBP", 1000 // rate, quality=82, method=3)


def _write_pillow(pictures: Iterator[tuple[Image.Image, int]], path: Path, kind: str, period: int, **options: object) -> None:
    """Save pictures that stay for whole periods of ``period`` milliseconds."""
    durations: list[int] = []

    def timed() -> Iterator[Image.Image]:
        for picture, count in pictures:
            durations.append(count * period)
            yield picture

    stream = timed()
    first = next(stream)
    try:
        with whole_file(path) as temporary:
            # Pillow asks for the duration of a frame only after it has drawn it from the stream.
            first.save(temporary, kind, save_all=True, append_images=stream, duration=durations, loop=0, **options)
    except OSError as error:
        raise unwritten(path, error) from error


def _indexed(frames: Frames, palette: NDArray[np.uint8]) -> Iterator[tuple[Image.Image, int]]:
    """Frames as palette pictures: pixels on the way from paper to ink by the ramp, the others by the nearest of all colors."""
    greys = palette[:GREYS].astype(np.float64)
    green = np.arange(256)
    steps = np.abs(green[:, None] - greys[:, 1]).argmin(axis=1).astype(np.uint8)
    blue, red = (np.interp(green, greys[::-1, 1], greys[::-1, channel]).round().astype(np.int16) for channel in (2, 0))
    centers = np.stack(np.meshgrid(*[np.arange(64) * 4 + 2] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    nearest = KDTree(palette).query(centers)[1].astype(np.uint8).reshape(64, 64, 64)
    for frame, count in frames:
        b, g, r = frame[:, :, 0], frame[:, :, 1], frame[:, :, 2]
        indices = steps[g]
        # Line art lies on the ramp and stays there exactly: the paper must not change its color when the photo comes and goes.
        off = (np.abs(r - red[g]) > _NEAR) | (np.abs(b - blue[g]) > _NEAR)
        indices[off] = nearest[r[off] >> 2, g[off] >> 2, b[off] >> 2]
        picture = Image.fromarray(indices)
        picture.putpalette(palette.tobytes())
        yield picture, count
