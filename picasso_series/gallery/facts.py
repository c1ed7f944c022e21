"""How a run was made, as its manifest tells it.

Knows the fields of a manifest that a page shows and puts them in words; trusts none of them to be there. Knows no markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from picasso_series.gallery.words import duration, words
from picasso_series.levels import Series

_CHOICE_NAMES = {"encoder": "Encoder", "rasterizer": "Rasterizer", "device": "Device", "mask": "Subject found by"}


def page_facts(manifest: Mapping[str, Any], series: Series) -> list[tuple[str, str, str]]:
    """How the run was made as its manifest tells it, in rows of (name, value, reason); a reason may be empty."""
    rows = []
    choices = table(manifest, "choices")
    for key, choice in choices.items():
        parts = choice if isinstance(choice, Mapping) else {"value": choice}
        rows.append((_CHOICE_NAMES.get(key, words(key)), text_of(parts.get("value")), text_of(parts.get("reason"))))
    if "mask" not in choices:
        rows.append((_CHOICE_NAMES["mask"], text_of(table(manifest, "mask").get("source")), ""))
    sources = {origin for _, _, origin in page_settings(manifest)}
    presets = sorted(origin.removeprefix("preset ") for origin in sources if origin.startswith("preset "))
    rows.append(("Preset", ", ".join(presets), ""))
    rows.append(("Seed", text_of(manifest.get("seed")), ""))
    seconds = sum(level.seconds for level in series.levels)
    rows.append(("Time", duration(seconds) if seconds else "", "drawing, all states together"))
    rows.append(("Made", text_of(manifest.get("created"))[:10], ""))
    return [row for row in rows if row[1]]


def page_settings(manifest: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """All resolved settings as (name, value, where it came from)."""
    rows = []
    for name, setting in table(manifest, "settings").items():
        parts = setting if isinstance(setting, Mapping) else {"value": setting}
        rows.append((str(name), text_of(parts.get("value")), text_of(parts.get("from"))))
    return [row for row in rows if row[1]]


def photo_caption(manifest: Mapping[str, Any]) -> str:
    """The photo's file name and size in pixels, as far as they are recorded."""
    photo = table(manifest, "photo")
    name, width, height = (text_of(photo.get(key)) for key in ("name", "width", "height"))
    size = f"{width} × {height} pixels" if width and height else ""
    return ", ".join(filter(None, [PurePosixPath(name).name, size]))


def table(manifest: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The table under ``key``, empty when there is none."""
    value = manifest.get(key)
    return value if isinstance(value, Mapping) else {}


def text_of(value: object) -> str:
    """A manifest's value as a person reads it; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(text_of(item) for item in value)
    return str(value)
