"""Films that may weigh only so much: what is given up first.

Knows the order (size, then rate, then colors) and when to stop; knows neither formats nor pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from picasso_series.errors import PicassoError


@dataclass(frozen=True)
class Portion:
    """What a small film gets.

    Attributes:
        width: pixels across, at most.
        period: milliseconds of a frame, whole hundredths of a second, since GIF counts in them.
        colors: of a GIF, the steps from paper to ink; of a WebP, the quality from 0 to 100.
    """

    width: int
    period: int
    colors: int


@dataclass(frozen=True)
class Diet:
    """What a format may be given, best first."""

    widths: tuple[int, ...]
    periods: tuple[int, ...]
    colors: tuple[int, ...]


GIF_DIET = Diet((540, 480, 432, 384, 336, 288, 240), (40, 50, 80, 100, 120), (16, 12, 8, 6, 4))
WEBP_DIET = Diet((720, 640, 540, 480, 400, 320, 240), (40, 50, 80, 100, 120), (82, 70, 55, 40, 25))


def portions(diet: Diet) -> Iterator[Portion]:
    """All portions, each smaller than the one before: first the size shrinks, then the rate falls, then colors go."""
    portion = Portion(diet.widths[0], diet.periods[0], diet.colors[0])
    yield portion
    for name, values in (("width", diet.widths), ("period", diet.periods), ("colors", diet.colors)):
        for value in values[1:]:
            portion = replace(portion, **{name: value})
            yield portion


def fitting(make: Callable[[Portion], bytes], diet: Diet, most: int | None, name: str) -> bytes:
    """The film with the largest portion that weighs no more than ``most`` bytes.

    Portions that are sure to be too large, going by one that was, are not tried.

    Args:
        make: makes the film with a portion.
        diet: what may be given.
        most: bytes, None for any.
        name: what the film is called in an error.

    Raises:
        PicassoError: even the smallest portion is too large.
    """
    best, dearth = None, 0.0
    for portion in portions(diet):
        if best is not None and portion != _last(diet) and dearth * _cost(portion) > 1.1 * (most or 0):
            continue
        best = make(portion)
        if most is None or len(best) <= most:
            return best
        dearth = len(best) / _cost(portion)
    least = len(best or b"")
    enough = -(-least // 1000) * 1000
    raise PicassoError(f"the film {name} cannot be made smaller than {least} bytes; allow at least {enough} with --max-bytes")


def _last(diet: Diet) -> Portion:
    return Portion(diet.widths[-1], diet.periods[-1], diet.colors[-1])


def _cost(portion: Portion) -> float:
    """About what a portion weighs, in no unit: films of lines grow a little faster than their width, and slower than their frames."""
    return float(portion.width**1.2 * portion.period**-0.7 * portion.colors**0.3)
