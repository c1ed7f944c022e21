"""What is killed: small commands on small inputs, and the folders they leave.

Knows the command lines and what has to be there before; knows nothing of killing. Random weights of two tiny models stand in for CLIP's,
served from this machine by a process of its own; they are made by what the tests use for that.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

TESTS = Path(__file__).parents[2] / "tests"
DRAWING = (
    *("draw", "pear.png", "--preset", "draft", "--encoder", "structure", "--levels", "6,3", "--iterations", "30,12"),
    *("--size", "64x64", "--formats", "svg,gif,mp4", "-o", "run", "-q"),
)
FILMING = ("film", "run", "--kind", "series,draw-on", "--formats", "gif,webp,mp4", "--size", "96x64", "--style", "chalk", "-q")


@dataclass(frozen=True)
class Scene:
    """A command that is killed.

    Attributes:
        name: what it is called on the command line of this tool.
        line: the command's arguments, given in the scene's folder.
        outcome: what it makes or changes, a folder within that one.
        prepare: makes all that has to be there before, in an empty folder.
        alone: whether a second process on the same outcome is refused.
    """

    name: str
    line: Sequence[str]
    outcome: str
    prepare: Callable[[Path], None]
    alone: bool = True


def draw_pear(folder: Path) -> None:
    """A dark pear on nothing, ``pear.png``; and settings by which few starts compete, so that a start costs little."""
    (folder / "picasso-series.toml").write_text("rivals = 1\n", encoding="utf-8")
    picture = Image.new("RGBA", (160, 200), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((30, 80, 130, 190), fill=(120, 150, 40, 255))
    pen.ellipse((55, 30, 105, 120), fill=(120, 150, 40, 255))
    pen.line((80, 35, 90, 8), fill=(70, 40, 10, 255), width=6)
    picture.save(folder / "pear.png")


def scenes(drawn: Path) -> list[Scene]:
    """All scenes; ``drawn`` is a finished run that those need which draw nothing, made by the first of them."""

    def copy_run(folder: Path) -> None:
        shutil.copytree(drawn, folder / "run")

    def copy_runs(folder: Path) -> None:
        for name in ("run", "other"):
            shutil.copytree(drawn, folder / name)

    def nothing(folder: Path) -> None:
        """Weights need no place but the cache."""

    return [
        Scene("drawing", DRAWING, "run", draw_pear),
        Scene("filming", FILMING, "run", copy_run),
        Scene("gallery", ("gallery", "run", "other", "-o", "site", "-q"), "site", copy_runs),
        # Who wants weights that another process is fetching waits for them.
        Scene("fetching", ("weights", "fetch", "-q"), "weights", nothing, alone=False),
    ]


@contextmanager
def weights_at_hand() -> Iterator[None]:
    """Have ``weights fetch`` mean two tiny models on a server of this machine, and the current folder as the cache."""
    sys.path.insert(0, str(TESTS))
    from tiny_table import tiny_files, tiny_table
    from weights_server import Server

    from picasso_series.encoders import weights, weights_table

    with Server(b"") as server:
        server.files = {f"/{name}.pt": data for name, data in tiny_files().items()}
        server.slowness = 0.01
        weights_table.TABLE = weights.TABLE = tiny_table(server.url.rpartition("/")[0])
        os.environ["PICASSO_SERIES_CACHE"] = "."
        # Proxies of this machine know nothing of its own servers.
        os.environ["no_proxy"] = "127.0.0.1"
        host = os.fork()
        if host == 0:
            server.serve_forever()
            os._exit(0)
        try:
            yield
        finally:
            os.kill(host, signal.SIGKILL)
            os.waitpid(host, 0)
