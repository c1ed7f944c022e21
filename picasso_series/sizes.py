"""Film sizes by name, as ``sizes.toml`` lists them.

Knows the table; knows nothing of films.
"""

from __future__ import annotations

from pathlib import Path

from picasso_series.toml_file import read_toml


def _read_sizes() -> dict[str, tuple[int, int]]:
    table, _ = read_toml(Path(__file__).with_name("sizes.toml"))
    return {name: (entry["pixels"][0], entry["pixels"][1]) for name, entry in table.items() if isinstance(entry, dict)}


SIZES = _read_sizes()
"""(width, height) in pixels by name."""
