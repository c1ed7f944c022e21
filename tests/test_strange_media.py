"""Vectors and films from strangers: written so that the guard and a browser read them differently, or made to fill the memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import environment

from picasso_series.errors import BadInputError
from picasso_series.gallery.posters import poster
from picasso_series.gallery.vectors import require_still_life

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path/></svg>'


@pytest.mark.parametrize("read", [require_still_life, poster])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("head", ["", '<!DOCTYPE svg [<!ENTITY a "b">]>', '<?xml-stylesheet href="http://example.org/x"?>'])
def test_letters_of_two_bytes_hide_nothing(tmp_path: Path, read: Callable[[Path], object], encoding: str, head: str) -> None:
    path = tmp_path / "a.svg"
    path.write_bytes((head + SVG).encode(encoding))
    with pytest.raises(BadInputError, match="it is no text"):
        read(path)


@pytest.mark.parametrize(
    "declared",
    [
        *(f'version="1.0" encoding="{name}"' for name in ("shift_jis", "nonsense", "utf-7", "iso-2022-jp", "utf-16", "latin-1", "")),
        "version='1.0' encoding\t=\n'big5'",
        "version='1.0' encoding='utf-8' encoding='big5'",
        "encoding='utf-8'",
    ],
)
def test_a_vector_of_another_encoding_is_refused_in_one_sentence(tmp_path: Path, declared: str) -> None:
    path = tmp_path / "a.svg"
    path.write_text(f"<?xml {declared}?>{SVG}")
    with pytest.raises(BadInputError, match="other than XML in UTF-8"):
        require_still_life(path)


@pytest.mark.parametrize(
    "head",
    [
        "",
        "\ufeff",
        '<?xml version="1.0"?>\n',
        "<?xml version='1.0' encoding='UTF-8' standalone=\"no\" ?>",
        '\ufeff<?xml version="1.0" encoding="utf-8"?>',
    ],
)
def test_a_vector_in_utf_8_is_shown(tmp_path: Path, head: str) -> None:
    path = tmp_path / "a.svg"
    path.write_text(head + SVG.replace("<path/>", "<style>path{fill:url(#a)}</style><title>Pferd 馬</title>"), encoding="utf-8")
    require_still_life(path)
    assert poster(path).startswith("data:image/svg+xml")


_PROGRAM = """
import re, sys
from pathlib import Path
from picasso_series.gallery.posters import poster
poster(Path(sys.argv[1]))
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def _megabytes(folder: Path, size: str, seconds: int) -> float:
    """The most memory that a process of its own takes for the poster of a film of bare paper, which is a small file."""
    import imageio_ffmpeg

    film = folder / f"{size}.mp4"
    paper = f"color=white:size={size}:duration={seconds}:rate=1"
    line = ["-v", "error", "-f", "lavfi", "-i", paper, "-pix_fmt", "yuv420p", "-threads", "1", str(film)]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *line], check=True)
    assert film.stat().st_size < 30_000
    line = [sys.executable, "-c", _PROGRAM, str(film)]
    return int(subprocess.run(line, env=environment(), capture_output=True, text=True, check=True).stdout) / 2**10


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told otherwise elsewhere")
@pytest.mark.parametrize(("size", "seconds"), [("64x8192", 20), ("540x960", 200)], ids=["tall", "long"])
def test_the_poster_of_a_tall_or_long_film_takes_little_memory(tmp_path: Path, size: str, seconds: int) -> None:
    small = _megabytes(tmp_path, "64x64", 2)
    assert 20 < small < 200
    assert _megabytes(tmp_path, size, seconds) < small + 50
