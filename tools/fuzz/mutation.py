"""Damage to bytes, texts and JSON-like values, as chance says.

Knows nothing of what the bytes and values mean.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

NUMBERS = (0, 1, -1, 2, 7, 8, 16, 127, 128, 255, 256, 1023, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64, 10**30, -(2**31))
FLOATS = (0.0, -0.0, 0.5, 1e-320, 1e308, 1e39, -1e308, 3.4e38)
TEXTS = (
    *("", " ", "a", "auto", "none", "0", "-1", "1e999", "NaN", "inf", "null", "true", "9" * 400, "x" * 5000, "é", "😀", "\u202e", "日本"),
    *(
        "..",
        "../..",
        "../x",
        "/",
        "/etc/passwd",
        "C:\\x",
        "a/../../b",
        "\\\\host\\share",
        "~",
        "~root",
        "file:///etc/passwd",
        "-",
        "--",
        "-v",
    ),
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "{% raw %}", "${HOME}", "$(id)", "`id`", "%s%n", "a;b|c&d"),
    *("\n", "a\nb", "\r\n", "\t", "\x1b[31m", "\x1b]0;x\x07", "\x7f", "\x00", "a\x00b", "\udcff", "\ufeff", "\u2028", "a" * 260),
    *("http://127.0.0.1:1/x", "concat:a|b", "pipe:0", "data:,x", "javascript:alert(1)", "&lt;&amp;", "]]>", "<!--", "&x;"),
)
PATHS = ("/dev/zero", "/dev/null", "/dev/stdin", ".", "/", "/proc/self/mem", "nowhere/at/all", "", "a\x00b", "x" * 300, "-", "../photo.png")


def bytes_like(data: bytes, chance: Random, others: Sequence[bytes] = (), most: int = 6) -> bytes:
    """``data`` with one to ``most`` damages; pieces of ``others`` may be spliced in."""
    result = bytearray(data)
    for _ in range(chance.randint(1, most)):
        chance.choice(_DAMAGES)(result, chance, others)
        del result[4_000_000:]
    return bytes(result)


def _place(data: bytearray, chance: Random) -> int:
    """A place in the data, in half of the cases near its beginning, where headers are."""
    if not data:
        return 0
    return chance.randrange(min(len(data), chance.choice((16, 64, 512)))) if chance.random() < 0.5 else chance.randrange(len(data))


def _flip(data: bytearray, chance: Random, others: Sequence[bytes]) -> None:
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        if data:
            data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _set(data: bytearray, chance: Random, others: Sequence[bytes]) -> None:
    if data:
        data[_place(data, chance)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))


def _field(data: bytearray, chance: Random, others: Sequence[bytes]) -> None:
    """A number of 2, 4 or 8 bytes, as fields of headers are."""
    width, place = chance.choice((2, 4, 8)), _place(data, chance)
    number = chance.choice(NUMBERS) % (1 << (8 * width))
    if place + width <= len(data):
        data[place : place + width] = number.to_bytes(width, chance.choice(("little", "big")))


def _cut(data: bytearray, chance: Random, others: Sequence[bytes]) -> None:
    del data[_place(data, chance) :]


def _remove(data: bytearray, chance: Random, others: Sequence[bytes]) -> None:
    place = _place(data, chance)
    del data[place : place + chance.choice((1, 2, 4, 16, 256))]


def _insert(data: bytearray, chance: Random, others: Sequence[bytes]) -> None:
    place = _place(data, chance)
    data[place:place] = chance.choice((b"\0", b"\xff" * 8, chance.randbytes(4), chance.randbytes(64), b"\n", b"A" * 1000))


def _repeat(data: bytearray, chance: Random, others: Sequence[bytes]) -> None:
    place = _place(data, chance)
    data[place:place] = data[place : place + chance.choice((1, 8, 64, 1024))] * chance.choice((1, 2, 100))


def _splice(data: bytearray, chance: Random, others: Sequence[bytes]) -> None:
    other = chance.choice(others) if others else bytes(data)
    place, start = _place(data, chance), chance.randrange(len(other) + 1)
    data[place : place + chance.choice((0, 16, 1 << 30))] = other[start : start + chance.choice((4, 64, 1 << 30))]


_DAMAGES: tuple[Callable[[bytearray, Random, Sequence[bytes]], None], ...] = (
    *(_flip, _flip, _set, _field, _field, _cut, _remove, _insert, _repeat, _splice),
)


def text_like(text: str, chance: Random, most: int = 4) -> str:
    """``text`` with pieces taken out, doubled, or exchanged for strange ones."""
    for _ in range(chance.randint(1, most)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 0, 1, 4, 30)))
        piece = chance.choice((*TEXTS, text[start:end] * 3, str(chance.choice(NUMBERS)), "[[" * 50, '"', "'", "=", "[", "]", "#", ","))
        text = text[:start] + piece + text[end:]
    return text


def strange(chance: Random, depth: int = 0) -> Any:
    """Any value that JSON or TOML can hold, an unlikely one."""
    kind = chance.randrange(10 if depth < 3 else 7)
    if kind < 2:
        return chance.choice(NUMBERS)
    if kind == 2:
        return chance.choice(FLOATS)
    if kind < 5:
        return chance.choice(TEXTS)
    if kind == 5:
        return chance.choice((True, False))
    if kind == 6:
        return None
    if kind == 7:
        return [strange(chance, depth + 1) for _ in range(chance.choice((0, 1, 2, 3, 50)))]
    if kind == 8:
        return {str(chance.choice(TEXTS)): strange(chance, depth + 1) for _ in range(chance.choice((0, 1, 3)))}
    nest: Any = chance.choice(NUMBERS)
    for _ in range(chance.choice((3, 30))):
        nest = [nest]
    return nest


def value_like(value: Any, chance: Random, most: int = 4) -> Any:
    """A copy of a JSON-like value in which some inner values are exchanged, removed, doubled or moved."""
    result = copy.deepcopy(value)
    for _ in range(chance.randint(1, most)):
        places = list(_places(result))
        if not places:
            return strange(chance)
        holder, key = chance.choice(places)
        deed = chance.randrange(6)
        if deed == 0:
            del holder[key]
        elif deed == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        elif deed == 1:
            holder[str(chance.choice(TEXTS))] = copy.deepcopy(holder[key])
        elif deed == 2:
            other, place = chance.choice(places)
            holder[key] = copy.deepcopy(other[place])
        elif deed == 3 and isinstance(holder[key], (int, float)) and not isinstance(holder[key], bool):
            holder[key] = chance.choice((holder[key] + 1, -holder[key], holder[key] * 1000, float(holder[key]), str(holder[key])))
        elif deed == 3 and isinstance(holder[key], str):
            holder[key] = text_like(holder[key], chance, 2)
        else:
            holder[key] = strange(chance)
    return result


def _places(value: Any) -> Any:
    """Every (container, key) of a JSON-like value; a removed one is never given, since the list is made anew each time."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield value, key
            yield from _places(inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield value, index
            yield from _places(inner)
