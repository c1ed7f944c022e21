"""CLIPasso's two models, tiny and random, in the place of OpenAI's: what a program fetches, draws with and keeps, without its 650 MB.

Run as a program it is ``picasso-series`` whose table of weights holds what the JSON in ``TINY_TABLE`` says, and whose core chooses its eyes
as the real one does and draws as the fake one.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from picasso_series.encoders import weights_table
from picasso_series.encoders.weights_table import CLIPASSO, Entry


@cache
def tiny_files() -> Mapping[str, bytes]:
    """The files of both models, of the very layout of OpenAI's, by name."""
    from sample_clip import TINY_RESNET, TINY_VIT, openai_archive, tiny_clip

    with TemporaryDirectory() as folder:
        return {
            name: openai_archive(Path(folder) / "x.pt", tiny_clip(shape)).read_bytes()
            for name, shape in zip(CLIPASSO, (TINY_RESNET, TINY_VIT), strict=True)
        }


def tiny_table(place: str) -> tuple[Entry, ...]:
    """A table of both models, their files at the address ``place``."""
    return tuple(
        Entry(name, name, "openai", f"{place}/{name}.pt", hashlib.sha256(data).hexdigest(), bytes=len(data))
        for name, data in tiny_files().items()
    )


def to_json(table: tuple[Entry, ...]) -> str:
    """What ``TINY_TABLE`` has to hold for a table."""
    return json.dumps([[entry.name, entry.url, entry.sha256, entry.bytes] for entry in table])


if __name__ == "__main__":
    weights_table.TABLE = tuple(
        Entry(name, name, "openai", url, sha256, bytes=size) for name, url, sha256, size in json.loads(os.environ["TINY_TABLE"])
    )
    from fake_core import fake_module

    from picasso_series.cli.app import main
    from picasso_series.studio import choose_studio

    sys.modules["picasso_series.series"] = module = fake_module()
    module.choose_studio = choose_studio  # type: ignore[attr-defined]

    main()
