"""TOML files as tables.

Knows how a file is read and what to say of one that cannot be; knows no key.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from picasso_series.errors import BadInputError
from picasso_series.foreign import read_file

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


_MOST = 1 << 20
"""Most bytes of a file of settings."""


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """The content of a TOML file and its text.

    Raises:
        BadInputError: the file cannot be read or is no TOML.
    """
    try:
        text = read_file(path, _MOST).decode("utf-8")
        return tomllib.loads(text), text
    except OSError as error:
        raise BadInputError(f"{path.name} cannot be read ({error.strerror}); check that it is a file you may read") from error
    except BadInputError:
        raise
    # A number of thousands of digits is a ValueError that is no TOMLDecodeError.
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path.name} is not valid TOML ({error}); mend that line") from error


def did_you_mean(word: str, known: Iterable[str], *, skip: int = 0) -> str:
    """A hint in brackets when ``word`` resembles a known one, compared without the first ``skip`` letters that all of them share."""
    endings = {name[skip:]: name for name in known}
    close = difflib.get_close_matches(word[skip:], endings, n=1, cutoff=0.7)
    return f" (did you mean {endings[close[0]]}?)" if close else ""
