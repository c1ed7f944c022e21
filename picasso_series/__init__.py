"""picasso-series: one photo, drawn with fewer and fewer strokes."""

__version__ = "0.1.0"
