"""Which pictures training may see, decided by their names alone."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

HELD_OUT_SHARE = 0.15

EXAMPLES = frozenset(
    (
        *("bull", "cello", "daffodil", "deer", "dolphin", "duck", "elephant", "giraffe", "guitar_classical", "horse", "lightbulb"),
        *("penguin", "trumpet", "zebra"),
    )
)
"""Cut-outs that the project's drawings are shown and judged with: never trained on, so that they say something."""


def is_held_out(name: str) -> bool:
    """Whether a picture, by its path in its archive, is kept for measuring."""
    path = PurePosixPath(name)
    if path.parts[0] == "cutouts" and path.stem.rpartition("__")[2].lower() in EXAMPLES:
        return True
    digest = hashlib.sha256(f"structure-net:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < HELD_OUT_SHARE * 2**64
