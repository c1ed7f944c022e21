"""The web page of a finished run and the gallery of several.

Knows how a run is shown in a browser; knows no torch and draws nothing.
"""

from picasso_series.gallery.page import write_page
from picasso_series.gallery.public import public_run
from picasso_series.gallery.site import build_site

__all__ = ["build_site", "public_run", "write_page"]
