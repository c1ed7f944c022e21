"""Films as animated SVG: sharp at any size, in some tens of kilobytes, laid out like a frame of the same film in pixels.

Knows CSS animation alone, so the file also moves inside an ``<img>``. Whatever shows no animation (a print, a plotter, a reader who asked
for less motion) shows the finished drawing of the first level. Strokes bend by the CSS property ``d``; a browser without it shows each
level still, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np

from picasso_series.film.lives import Life, Moment, Score, pen_score, series_score
from picasso_series.film.morph import parameters_at
from picasso_series.film.painter import Stage, label_line
from picasso_series.film.stories import Telling
from picasso_series.film.timeline import count_text, ease
from picasso_series.inking import Strokes, chain_data, outlines, svg_ground, svg_style
from picasso_series.lettering import Line, roman, set_line
from picasso_series.levels import Series
from picasso_series.look import Look, color_text
from picasso_series.strokes import CANVAS, sub_curve
from picasso_series.svg import SVG_NAMESPACE

DRAWABLE = ("series", "draw-on")
"""The kinds of films that can be vectors."""

_FADE = 0.25
"""Seconds in which a level's words come and go."""
_SIDES = 6
"""Cubics on each side of an uneven stroke's outline, few for the file's sake."""
_TIMINGS = {
    "even": "linear",
    "eased": "cubic-bezier(.37,0,.63,1)",
    "starting": "cubic-bezier(.33,0,.67,.33)",
    "stopping": "cubic-bezier(.33,.67,.67,1)",
}
_INSTANT = 0.001
"""Percent between two states that follow each other at once."""


def animated_svg(
    series: Series, kind: str = "series", size: tuple[int, int] = (1080, 1080), look: Look | None = None, telling: Telling | None = None
) -> str:
    """The text of an animated SVG of the kind "series" or "draw-on", in user units of one pixel of a frame of ``size``.

    Raises:
        ValueError: the series has no level, or there is no such kind.
    """
    if not series.levels or kind not in DRAWABLE:
        raise ValueError("an animation needs a series of at least one level, and is of the kind series or draw-on")
    look, telling = look or Look(), telling or Telling()
    levels = series.levels if kind == "series" else series.levels[:1]
    score = series_score(series, telling) if kind == "series" else pen_score(levels[0], telling)
    stage = Stage(*size, look)
    drawings, words = [], []
    rules = [_all_rule(score)]
    for number, level in enumerate(levels):
        rules.append(_window_rule(f"w{number}", score.windows[number], score.seconds, 0.0))
        rules.append(_window_rule(f"t{number}", score.words[number], score.seconds, 100 * _FADE / score.seconds))
        paths = []
        for order, life in enumerate(life for life in score.lives if life.level == number):
            name = f"s{number}-{order}"
            rules.append(_life_rule(name, life, look, score.seconds))
            paths.append(f'<path pathLength="1" style="animation-name:{name}" d="{_shape(_rest(life), look)}"/>\n')
        hidden = ' opacity="0"' if number else ""
        drawings.append(f'<g style="animation-name:w{number}"{hidden}>\n{"".join(paths)}</g>\n')
        if look.counted:
            line = label_line(roman(number + 1) if kind == "series" else "", count_text(level))
            text = _words(line, stage.label_baseline, stage.letter_size, stage, 0.72)
            words.append(f'<g style="animation-name:t{number}"{hidden}>{text}</g>\n')
    if look.title:
        words.append(_words(set_line(look.title, "italic", 0.01), stage.title_baseline, 1.25 * stage.letter_size, stage, 0.9))
    if look.caption:
        words.append(_words(set_line(look.caption, "regular", 0.01), stage.caption_baseline, 0.8 * stage.letter_size, stage, 0.72))
    counts = ", ".join(str(level.strokes) for level in levels)
    what = f"{look.title}: one drawing" if look.title else "One drawing"
    ground = svg_ground(look, (-CANVAS / 4, -CANVAS / 4, 1.5 * CANVAS, 1.5 * CANVAS))
    mask = ' mask="url(#ground)"' if ground else ""
    place = f"translate({stage.left:g} {stage.top:g}) scale({stage.side / CANVAS:.7g})"
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" viewBox="0 0 {size[0]} {size[1]}" role="img">\n'
        f"<title>{escape(f'{what} in {counts} strokes')}</title>\n"
        f"<style>@media (prefers-reduced-motion:no-preference){{{''.join(rules)}}}</style>\n"
        f'<rect width="{size[0]}" height="{size[1]}" fill="{color_text(look.paper)}"/>\n'
        f'<g transform="{place}">\n{ground}<g {svg_style(look)}{mask}>\n{"".join(drawings)}</g>\n</g>\n'
        f'<g fill="{color_text(look.ink)}">\n{"".join(words)}</g>\n</svg>\n'
    )


def _all_rule(score: Score) -> str:
    repeats = "infinite" if score.repeats is None else str(score.repeats)
    return (
        f"g,path{{animation-duration:{score.seconds:.3f}s;animation-iteration-count:{repeats};animation-direction:{score.direction};"
        "animation-fill-mode:both;animation-timing-function:linear}"
    )


def _window_rule(name: str, window: tuple[float, float], seconds: float, fade: float) -> str:
    """Something is there from the window's begin to its end, and fades in and out within it in ``fade`` percent of the time."""
    begin, end = (100 * time / seconds for time in window)
    stops = ["0%{opacity:0}"] if begin > 0 or fade else []
    if begin > 0:
        stops.append(f"{begin - _INSTANT:.3f}%{{opacity:0}}")
    stops.append(f"{begin + fade:.3f}%,{end - max(fade, _INSTANT if end < 100 else 0):.3f}%{{opacity:1}}")
    if end < 100 or fade:
        stops.append(f"{end:.3f}%,100%{{opacity:0}}" if end < 100 else "100%{opacity:0}")
    return f"@keyframes {name}{{{''.join(stops)}}}"


def _life_rule(name: str, life: Life, look: Look, seconds: float) -> str:
    stops = "".join(_even_stops(life, seconds) if look.even else _uneven_stops(life, look, seconds))
    return f"@keyframes {name}{{{stops}}}" if stops else ""


def _even_stops(life: Life, seconds: float) -> Iterator[str]:
    """A line is drawn by its dashes and bends by its path data.

    Dashes of 1 with gaps of 1.2 along a path of length 1: at offset 1.1 all of it lies in a gap, and no round cap shows a dot.
    """
    first, last = life.moments[0], life.moments[-1]
    partly = any(moment.drawn < 1 for moment in life.moments)
    if first.drawn < 1 and first.time > 0:
        yield f"0%{{{_dash(first)}}}"
    for moment in life.moments:
        said = [f"animation-timing-function:{_TIMINGS[moment.pace]}"] if moment.pace != "even" else []
        said += [_dash(moment)] if partly else []
        said += [f'd:path("{_shape(moment, None)}")'] if life.bends else []
        if said:
            yield f"{100 * moment.time / seconds:.3f}%{{{';'.join(said)}}}"
    if last.drawn < 1 and last.time < seconds:
        yield f"100%{{{_dash(last)}}}"


def _dash(moment: Moment) -> str:
    return f"stroke-dasharray:1 1.2;stroke-dashoffset:{1.1 * (1 - moment.drawn):g}"


def _uneven_stops(life: Life, look: Look, seconds: float) -> Iterator[str]:
    """An outline is drawn and bends by its path data alone, in short steps, and is hidden while nothing of it is drawn."""
    first, last = life.moments[0], life.moments[-1]
    if first.drawn == 0 and first.time > 0:
        yield "0%{opacity:0}"
    for before, moment in zip((None, *life.moments), (*life.moments, None), strict=True):
        if before is not None and moment is not None:
            yield from (_uneven_stop(step, look, seconds) for step in _growing(before, moment))
        if moment is not None:
            at = 100 * moment.time / seconds
            if moment.drawn == 0 and before is not None:
                yield f"{at - _INSTANT:.3f}%{{opacity:1}}"
            yield _uneven_stop(moment, look, seconds, ";opacity:0" if moment.drawn == 0 else "")
            if moment.drawn == 0 and moment is not last:
                yield f"{at + _INSTANT:.3f}%{{opacity:1}}"
    if last.drawn == 0 and last.time < seconds:
        yield "100%{opacity:0}"


def _growing(before: Moment, after: Moment) -> Iterator[Moment]:
    """Moments between two of which a different part is drawn: the ends of an outline must follow its line."""
    if before.drawn != after.drawn:
        for u in (0.25, 0.5, 0.75):
            drawn = before.drawn + ease(u) * (after.drawn - before.drawn)
            yield Moment(before.time + u * (after.time - before.time), before.curve, before.span, drawn)


def _uneven_stop(moment: Moment, look: Look, seconds: float, more: str = "") -> str:
    timing = f";animation-timing-function:{_TIMINGS[moment.pace]}" if moment.pace in ("starting", "stopping") else ""
    return f'{100 * moment.time / seconds:.3f}%{{d:path("{_shape(moment, look)}"){timing}{more}}}'


def _rest(life: Life) -> Moment:
    """The moment in which a life shows its stroke whole for the first time."""
    return next(moment for moment in life.moments if moment.drawn == 1)


def _shape(moment: Moment, look: Look | None) -> str:
    """Path data, in units of the canvas, of a moment's line, or of its outline in an uneven look."""
    if look is None or look.even:
        return chain_data(CANVAS * moment.curve)
    share = max(moment.drawn, 0.02)
    part = sub_curve(moment.curve, *parameters_at(moment.curve, [0.0, share])) if share < 1 else moment.curve
    begin, end = moment.span
    strokes = Strokes(part[None], np.ones(1), np.array([[begin, begin + share * (end - begin)]]))
    return chain_data(CANVAS * outlines(strokes, look, _SIDES)[0], 1) + "Z"


def _words(line: Line, baseline: float, size: float, stage: Stage, opacity: float) -> str:
    """A line in the middle, set smaller when it is wider than the frame's inner part."""
    if not line.width:
        return ""
    size = min(size, 0.92 * stage.width / line.width)
    data = line.path_data((stage.width - line.width * size) / 2, baseline, size)
    return f'<path fill-opacity="{opacity:g}" d="{data}"/>'
