"""Frames -> films: MP4 files through ffmpeg, GIF and WebP through Pillow.

Knows formats, palettes, colors' matrices and how to leave no file behind when an MP4 is not finished. Knows neither strokes nor time:
frames come as an iterable, each with the number of frame periods that it stays.
"""

from __future__ import annotations

import errno
import io
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
from picasso_series.film.draw import FrameArray, to_rgb
from picasso_series.look import Color

Frames = Iterable[tuple[FrameArray, int]]
"""Frames in turn, each with the number of periods that it is shown."""

GREYS = 16
"""Steps from paper to ink in a GIF's palette: even steps of line art look exact and compress best without dithering."""
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


def ramp(paper: Color, ink: Color, steps: int = GREYS) -> NDArray[np.uint8]:
    """``steps`` even colors (steps, 3) from paper to ink."""
    return np.asarray(np.linspace(paper, ink, steps).round(), np.uint8)


def film_palette(paper: Color, ink: Color, photo: NDArray[np.uint8], steps: int = GREYS) -> NDArray[np.uint8]:
    """A film's palette (n, 3): the even ramp from paper to ink, then colors of the photo on its way to paper.

    Args:
        paper: color of the paper.
        ink: color of the ink.
        photo: sRGB picture (height, width, 3) as it stands on the paper.
        steps: colors of the ramp; the photo has seven times as many.
    """
    page, picture = np.array(paper, np.float64), photo.reshape(-1, 3).astype(np.float64)
    subject = picture[np.abs(picture - page).max(axis=1) > _NEAR]
    # One color of a power of two stays free, for what is transparent.
    count = 8 * steps - steps - 1
    # The photo fades in and out, so colors on the way to the paper count too; the clear photo counts most.
    fades = [(page + (subject - page) * part).round().astype(np.uint8) for part in (1.0, 1.0, 0.7, 0.45, 0.25, 0.1)]
    colors = np.repeat(np.array([paper], np.uint8), count, axis=0)
    if len(subject):
        chosen = Image.fromarray(np.concatenate(fades)[None]).quantize(count, Image.Quantize.MEDIANCUT).getpalette() or []
        found = np.array(chosen, np.uint8).reshape(-1, 3)[:count]
        colors[: len(found)] = found
    return np.concatenate([ramp(paper, ink, steps), colors])


def gif(frames: Frames, period: int, palette: NDArray[np.uint8], steps: int = GREYS, loop: bool = True) -> bytes:
    """A GIF in one palette, undithered.

    Args:
        frames: the frames in turn.
        period: milliseconds of a frame period, a multiple of 10: GIF counts hundredths of a second.
        palette: as :func:`film_palette` makes it.
        steps: how many of its colors are the ramp from paper to ink.
        loop: whether it plays endlessly; else once.
    """
    return _moving(_indexed(frames, palette, steps), "GIF", period, loop, optimize=True, disposal=1)


def webp(frames: Frames, period: int, quality: int = 82, loop: bool = True) -> bytes:
    """An animated WebP with frame periods of ``period`` milliseconds, played endlessly or once."""
    pictures = ((Image.fromarray(to_rgb(frame)), count) for frame, count in frames)
    return _moving(pictures, "WEBP", period, loop, quality=quality, method=3)


def _moving(pictures: Iterator[tuple[Image.Image, int]], kind: str, period: int, loop: bool, **options: object) -> bytes:
    """Pictures that stay for whole periods of ``period`` milliseconds, as a file's content."""
    durations: list[int] = []

    def timed() -> Iterator[Image.Image]:
        for picture, count in pictures:
            durations.append(count * period)
            yield picture

    stream = timed()
    first = next(stream)
    buffer = io.BytesIO()
    if loop or kind == "WEBP":
        # A WebP counts how often it plays, a GIF how often it plays again; without a number a GIF plays once.
        options["loop"] = 0 if loop else 1
    # Pillow asks for the duration of a frame only after it has drawn it from the stream.
    first.save(buffer, kind, save_all=True, append_images=stream, duration=durations, **options)
    return buffer.getvalue()


def _indexed(frames: Frames, palette: NDArray[np.uint8], steps: int) -> Iterator[tuple[Image.Image, int]]:
    """Frames as palette pictures: pixels on the way from paper to ink by the ramp, the others by the nearest of all colors."""
    centers = np.stack(np.meshgrid(*[np.arange(64) * 4 + 2] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    nearest = KDTree(palette).query(centers)[1].astype(np.uint8).reshape(64, 64, 64)
    paper, ink = palette[0].astype(np.float32), palette[steps - 1].astype(np.float32)
    way = ink - paper
    # The channel that changes most between paper and ink tells the place on the ramp; for every value of it, the step and its color.
    main = int(np.abs(way).argmax())
    part = (np.arange(256, dtype=np.float32) - paper[main]) / (way[main] or 1.0)
    inside = np.clip(part, 0, 1)
    nearest_step = np.rint(inside * (steps - 1)).astype(np.uint8)
    others = [(2 - channel, np.rint(paper[channel] + inside * way[channel]).astype(np.int16)) for channel in range(3)]
    for frame, count in frames:
        value = frame[:, :, 2 - main]
        indices = nearest_step[value]
        # Line art lies on the ramp and stays there exactly: the paper must not change its color when the photo comes and goes.
        off = np.zeros(value.shape, bool)
        for place, expected in others:
            off |= np.abs(frame[:, :, place] - expected[value]) > _NEAR
        b, g, r = (frame[:, :, place][off] >> 2 for place in range(3))
        indices[off] = nearest[r, g, b]
        picture = Image.fromarray(indices)
        picture.putpalette(palette.tobytes())
        yield picture, count
