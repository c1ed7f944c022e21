"""Templates to HTML.

Knows Jinja2: autoescape on, the style and the script inlined. Knows nothing of runs and writes no file.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePosixPath
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from picasso_series.errors import MissingError
from picasso_series.finding import REINSTALL


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("picasso_series.gallery", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["url"] = file_url
    environment.globals["inlined"] = inlined
    return environment


def file_url(path: str | PurePosixPath) -> str:
    """A relative path as a URL: everything but letters, digits, ``_.-~`` and the slashes percent-encoded."""
    return quote(PurePosixPath(path).as_posix(), safe="/", errors="surrogateescape")


def inlined(name: str) -> Markup:
    """A style sheet or script of the templates, without its comment lines and indentation, to stand inside a page as it is."""
    loader = _environment().loader
    assert loader is not None
    text = loader.get_source(_environment(), name)[0]
    lines = (line.strip() for line in re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).splitlines())
    return Markup("\n".join(line for line in lines if line and not line.startswith("//")))


def render(template: str, **context: object) -> str:
    """The text of a page.

    Raises:
        MissingError: the templates, which come with the package, are not there.
    """
    try:
        found = _environment().get_template(template)
    # Without its folder the loader cannot be made at all.
    except (TemplateNotFound, ValueError) as error:
        raise MissingError(f"the page's templates are missing; run `{REINSTALL}`") from error
    return found.render(**context)
