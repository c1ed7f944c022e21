"""picasso-series: one photo, drawn with fewer and fewer strokes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from picasso_series.api import draw_series
    from picasso_series.levels import Series

__version__ = "0.1.0"
__all__ = ["Series", "__version__", "draw_series"]

_HOMES = {"draw_series": "picasso_series.api", "Series": "picasso_series.levels"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
