"""Reading a large photo takes hardly more memory than reading a small one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import environment
from PIL import Image

from picasso_series.errors import BadInputError
from picasso_series.photo import load_photo

pytestmark = pytest.mark.heavy
SIDE = 8000
MOST = 300
"""Megabytes that a picture of 8000 x 8000 pixels may take more than a small one."""

_PROGRAM = """
import re, sys
from pathlib import Path
from picasso_series.photo import load_photo
for name in sys.argv[1:]:
    load_photo(Path(name))
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def megabytes(*names: str) -> float:
    """The most memory that a process of its own takes to read these photos."""
    line = [sys.executable, "-c", _PROGRAM, *names]
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, check=True)
    return int(done.stdout) / 2**10


def write(path: Path, mode: str, side: int) -> None:
    """A square on nothing, or on white."""
    picture = Image.new(mode, (side, side), 0 if mode in ("P", "I;16") else "white")
    picture.paste(40 if mode in ("P", "I;16") else "teal", (side // 4, side // 4, side // 2, side // 2))
    picture.save(path, **({"transparency": 0} if mode == "P" else {}), **({"compress_level": 1} if path.suffix == ".png" else {}))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told otherwise elsewhere")
@pytest.mark.parametrize(("name", "mode"), [("a.jpg", "RGB"), ("a.png", "RGBA"), ("a.png", "P"), ("a.png", "I;16")])
def test_a_large_photo_takes_little_more_than_a_small_one(workplace: Path, name: str, mode: str) -> None:
    write(Path(f"small-{name}"), mode, 200)
    write(Path(name), mode, SIDE)
    small = megabytes(f"small-{name}")
    assert 20 < small < 200
    assert megabytes(name) < small + MOST


def test_a_format_that_takes_much_to_decode_may_have_fewer_pixels(workplace: Path) -> None:
    # Its header alone: a lossless WebP of 16000 x 3000 pixels, which is refused before anything is decoded.
    size = (16000 - 1) | (3000 - 1) << 14
    data = b"VP8L" + (5 + 1).to_bytes(4, "little") + b"\x2f" + size.to_bytes(4, "little") + b"\0"
    Path("a.webp").write_bytes(b"RIFF" + (4 + len(data)).to_bytes(4, "little") + b"WEBP" + data)
    with pytest.raises(BadInputError, match="more than 43 megapixels, the most that is read of a WEBP picture"):
        load_photo(Path("a.webp"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "L", "P", "F", "I;16", "CMYK"])
def test_shrinking_by_bands_is_shrinking(workplace: Path, mode: str) -> None:
    rng = np.random.default_rng(5)
    print("seed 5")
    coarse = Image.fromarray(rng.integers(0, 256, (9, 13, 4), np.uint8), "RGBA").resize((4500, 2900), Image.Resampling.BICUBIC)
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(coarse.convert("L")).astype(np.uint16) * 257)
    else:
        picture = coarse if mode == "RGBA" else coarse.convert("RGB").convert(mode) if mode in ("CMYK", "P") else coarse.convert(mode)
    path = Path("a.tif" if mode in ("CMYK", "F", "LA") else "a.png")
    picture.save(path)
    photo = load_photo(path)
    assert (photo.width, photo.height, photo.rgb.shape) == (4500, 2900, (660, 1024, 3))
    # What the whole picture, made plain and shrunk at once, looks like.
    small = Image.open(path).convert({"I;16": "F", "F": "F", "P": "RGB"}.get(mode, mode)).resize((1024, 660), Image.Resampling.LANCZOS)
    values = np.asarray(small, np.float64) / (257 if mode == "I;16" else 1)
    if mode in ("RGBA", "LA"):
        alpha = values[..., -1:] / 255
        values = values[..., :-1] * alpha + 255 * (1 - alpha)
    elif mode == "CMYK":
        values = np.asarray(small.convert("RGB"), np.float64)
    expected = np.broadcast_to(values.reshape(660, 1024, -1), (660, 1024, 3))
    assert np.abs(photo.rgb - expected).mean() < 1.5
