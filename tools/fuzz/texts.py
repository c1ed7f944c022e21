"""Texts of one kind each, with odd values in them: settings as TOML, words, vectors.

Knows the kinds of text; knows no files and no command.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any

from tools.fuzz.mutation import FLOATS, NUMBERS, PATHS, TEXTS, strange, text_like


@cache
def preset_values() -> dict[str, Any]:
    """The values of a preset that ships, as TOML has them."""
    from picasso_series.presets import load_preset

    return {name: list(value) if isinstance(value, tuple) else value for name, value in load_preset("fine").values.items()}


def toml_like(chance: Random, values: Mapping[str, Any]) -> str:
    """A table as TOML, with other keys and values, now and then with other letters."""
    from picasso_series.settings import SETTING_NAMES

    table = dict(values)
    for _ in range(chance.randint(1, 4)):
        key = chance.choice((*SETTING_NAMES, *table, "clip", "x", "description"))
        table[key] = plausible(chance) if chance.random() < 0.3 else strange(chance)
    text = "".join(f"{key} = {_toml_value(value)}\n" for key, value in table.items() if value is not None)
    return text_like(text, chance) if chance.random() < 0.4 else text


def _toml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=True).replace("\\u0000", "\\u0001")
    return "0" if value is None else json.dumps(value)


def plausible(chance: Random) -> str:
    """A value that some setting takes, or nearly."""
    levels = ",".join(str(chance.randint(-1, 260)) for _ in range(chance.randint(1, 5)))
    choices = ("4,2,1", levels, "auto:3", "auto:99", "auto:", "1", "0.5", "-3", "mp4,gif", "svg,svg", "square", "64x64", "65x64", "99999x2")
    return chance.choice(
        (*choices, "clip:RN50", "clip:", "torch", "cpu", "contour", "cosine", "best", "lines", "true", "iterations=3 rivals=2")
    )


def word(chance: Random) -> str:
    """A number, a text, a path or a value that some setting takes."""
    kind = chance.randrange(6)
    if kind == 0:
        return str(chance.choice(NUMBERS))
    if kind == 1:
        return repr(chance.choice(FLOATS))
    return str(chance.choice(TEXTS if kind < 4 else PATHS if kind == 4 else (plausible(chance),)))


def hostile_svg(text: str, chance: Random) -> str:
    """A vector with what runs, loads or swells put into it."""
    pieces = (
        "<script>alert(1)</script>",
        '<image href="http://127.0.0.1:1/x.png"/>',
        '<use href="file:///etc/passwd#x"/>',
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>',
        '<style>@import url("http://127.0.0.1:1/x");</style>',
        '<path id="s1" d="M0,0 C0,0 0,0 0,0"/>',
        f'<path id="s{chance.choice(NUMBERS)}" d="M{"1" * 3000} C{"1," * 6}"/>',
        f'<path id="s9" d="M1e{chance.choice(NUMBERS)},1 C1,1 1,1 nan,inf"/>',
        "<g>" * chance.choice((1, 100, 20000)),
        '<?xml-stylesheet href="http://127.0.0.1:1/x.css"?>',
        '<a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="javascript:alert(1)"/>',
    )
    entity = '<!DOCTYPE svg [<!ENTITY a "' + "x" * 50 + '"><!ENTITY b "&a;&a;&a;">]>'
    for _ in range(chance.randint(0, 2)):
        place = text.find(">", chance.randrange(len(text) + 1)) + 1
        text = text[:place] + chance.choice(pieces) + text[place:]
    if chance.random() < 0.1:
        text = entity + text.replace("stroke", "&b;", 1)
    return text_like(text, chance) if chance.random() < 0.6 else text
