"""A manifest without the paths of the machine it was made on.

Knows how absolute paths look inside values, sentences and command lines; knows nothing of what the values mean, but that ``command``
is a command line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import Any

_FOLDER = r"""[^\s"'`:<>|/\\~]+"""
_FILE = r"""[^\s"'`:<>|/\\,;()]+"""
# A path from a root, from home or from a drive, where a word begins; not the slashes of an address or of "and/or". Folders may have
# spaces in their names: a word too many is cut rather than a name too few.
_ABSOLUTE = re.compile(rf"(?<![\w.:/\\~-])(?:~[\w.-]*[/\\]|/|[A-Za-z]:[/\\]|\\\\)(?:{_FOLDER}(?: +{_FOLDER})*[/\\])*{_FILE}")


def without_private_paths(value: Any) -> Any:
    """A copy of JSON-like ``value`` in which every absolute path is cut down to its last name, and arguments of commands too."""
    if isinstance(value, Mapping):
        return {
            key: _command(item) if key == "command" and isinstance(item, str) else without_private_paths(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_private_paths(item) for item in value]
    return _sentence(value) if isinstance(value, str) else value


def _sentence(text: str) -> str:
    return _ABSOLUTE.sub(lambda match: _last_name(match[0]), text)


def _last_name(path: str) -> str:
    return PureWindowsPath(path).name


def _command(text: str) -> str:
    """A command line whose arguments name files without their folders."""
    try:
        words = shlex.split(text)
    except ValueError:
        return _sentence(text)
    return shlex.join(_argument(word) for word in words)


def _argument(word: str) -> str:
    option = re.match(r"--[\w-]+=|-\w(?=.*[/\\])|", word)
    prefix = option[0] if option else ""
    argument = word[len(prefix) :]
    # The model of "clip:ViT-B/32" is a name with a slash, not a path.
    if not re.search(r"[/\\]", argument) or re.match(r"[A-Za-z]\w+:", argument):
        return word
    return prefix + (_last_name(argument) or argument)
