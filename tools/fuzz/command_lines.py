"""Command lines of every command, with any value for any option.

Knows click's description of the program's options; knows no meaning of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

import click

from picasso_series.cli.app import app
from tools.fuzz.mutation import FLOATS, NUMBERS, PATHS, TEXTS

SOUND = {
    "photo": ("photo.png",),
    "runs": ("run", "run", "run=cat"),
    "file": ("photo.png", "run/series.json"),
    "name": ("fine", "default", "ViT-B-32", "RN50/x", "./nothing.toml"),
    "names": ("RN101", "ViT-B-32"),
    "levels": ("4,2,1", "8", "auto", "auto:2", "256,1", "4,2", "1"),
    "iterations": ("3", "3,2,1", "1"),
    "mask": ("auto", "none", "photo.png"),
    "encoder": ("structure", "auto", "clip", "clip:RN50"),
    "size": ("square", "64x64", "story", "WxH"),
    "formats": ("mp4", "svg,gif", "pdf", "png,svg"),
    "preset": ("draft", "fine", "clipasso"),
    "style": ("chalk", "ink"),
    "paper": ("a4", "letter", "100x150", "ivory", "#123"),
    "kinds": ("series", "series,draw-on"),
    "max_bytes": ("1k", "2M"),
    "story": ("grow", "pingpong"),
    "url": ("https://example.org/x",),
    "out": ("out", "site", "s.png"),
    "labels": ("horse,cat",),
    "clip": ("RN50", "ViT-B-32"),
    "dpi": ("72", "300"),
    "layers": ("pens", "levels"),
    "width": ("2", "0.5"),
    "margin": ("0.1", "0"),
}
"""Values that options take, so that a case comes past the first of them."""


@cache
def commands() -> tuple[tuple[tuple[str, ...], click.Command], ...]:
    """Every command that does something, with the words that call it."""
    return tuple(_leaves((), app))


def _leaves(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _leaves((*words, name), inner)
    else:
        yield words, command


def line(chance: Random) -> Sequence[str]:
    """A command with some of its options, in any order; now and then with a foreign one, a word too many, or none of it."""
    words, command = chance.choice(commands())
    if words[0] == "bench" and chance.random() < 0.8:
        words, command = chance.choice(commands())
    args = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            count = chance.choice((1, 1, 1, 2, 0)) if parameter.nargs == -1 else 1
            args += [[_value(parameter, chance, 0.75)] for _ in range(count)]
        elif chance.random() < 0.25:
            args.append(_option(parameter, chance))
    if chance.random() < 0.05:
        _, foreign = chance.choice(commands())
        args += [_option(parameter, chance) for parameter in foreign.params[:2] if isinstance(parameter, click.Option)]
    if chance.random() < 0.05:
        args.append([str(chance.choice(TEXTS))])
    chance.shuffle(args)
    start = words if chance.random() < 0.97 else words[:-1]
    # No argument of a process can hold a zero.
    return [word.replace("\0", "\ufffd") for word in (*start, *(word for part in args for word in part))]


def _option(parameter: click.Parameter, chance: Random) -> list[str]:
    name = chance.choice((*parameter.opts, *parameter.secondary_opts))
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return [name] if chance.random() < 0.97 else [f"{name}={chance.choice(TEXTS)}"]
    value = _value(parameter, chance, 0.5)
    return [f"{name}={value}"] if name.startswith("--") and chance.random() < 0.7 else [name, value]


def _value(parameter: click.Parameter, chance: Random, sound: float) -> str:
    if chance.random() < sound:
        if isinstance(parameter.type, click.Choice):
            return str(chance.choice(list(parameter.type.choices)))
        return chance.choice(SOUND.get(parameter.name or "", ("1", "x")))
    kind = chance.randrange(5)
    if kind == 0:
        return str(chance.choice(NUMBERS))
    if kind == 1:
        return repr(chance.choice(FLOATS))
    if kind == 2:
        return str(chance.choice(PATHS))
    return str(chance.choice(TEXTS))
