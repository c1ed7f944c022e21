"""Films as animated SVG: sharp at any size, in some tens of kilobytes, laid out and told like the same film in pixels.

Knows CSS animation alone, so the file also moves inside an ``<img>``. Whatever shows no animation (a print, a plotter, a reader who asked
for less motion) shows the finished drawing of the first level. Strokes bend by the CSS property ``d``; a browser without it shows each
level still, one after the other.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator
from html import escape

import numpy as np
from PIL import Image

from picasso_series.film.contour import THIN, rims
from picasso_series.film.lives import score_of
from picasso_series.film.painter import Stage, label_line, on_paper
from picasso_series.film.score import Life, Moment, Overture, Score, Stay, rest
from picasso_series.film.shapes import Shaper
from picasso_series.film.stories import KINDS, Telling
from picasso_series.film.terse import decimal, letters_data, line_data
from picasso_series.film.timeline import count_text, ease
from picasso_series.inking import svg_ground, svg_style
from picasso_series.lettering import Line, roman, set_line
from picasso_series.levels import Series, Subject
from picasso_series.look import Look, color_text
from picasso_series.strokes import CANVAS
from picasso_series.svg import SVG_NAMESPACE

_TIMINGS = {
    "eased": "cubic-bezier(.37,0,.63,1)",
    "starting": "cubic-bezier(.33,0,.67,.33)",
    "stopping": "cubic-bezier(.33,.67,.67,1)",
    "held": "step-end",
}
_UNSEEN = 1.03
"""Offset of a dash of length 1 at which nothing of a path of length 1 is drawn."""
_INSTANT = 0.001
"""Percent in which a stroke appears whose first dot is drawn, or disappears."""
_PHOTO_SIDE, _PHOTO_QUALITY = 448, 72
"""Pixels a side, and JPEG's quality, of the photo with which a film begins: enough for something that soon goes."""


def animated_svg(
    series: Series, kind: str = "series", size: tuple[int, int] = (1080, 1080), look: Look | None = None, telling: Telling | None = None
) -> str:
    """The text of an animated SVG of a kind of ``KINDS``, in user units of one pixel of a frame of ``size``.

    Raises:
        ValueError: the series has no level, or there is no such kind.
    """
    if not series.levels or kind not in KINDS:
        raise ValueError(f"an animation needs a series of at least one level, and is of the kind {', '.join(KINDS)}")
    look, telling = look or Look(), telling or Telling()
    levels = series.levels[:1] if kind == "draw-on" else series.levels
    score = score_of(kind, series, telling)
    stage = Stage(*size, look)
    drawings, words = [], []
    rules = [_all_rule(score)]
    for number, level in enumerate(levels):
        rules.append(_stay_rule(f"w{number}", score.drawings[number], score.seconds))
        paths = []
        for order, life in enumerate(life for life in score.lives if life.level == number):
            name, shaper = f"s{number}-{order}", Shaper.of(life, look)
            stops = _even_stops if look.even else _uneven_stops
            rule = _rule(name, stops(life, shaper, score.seconds), score.seconds)
            rules.append(rule)
            moving = f' style="animation-name:{name}"' if rule else ""
            length = ' pathLength="1"' if look.even and rule else ""
            paths.append(f'<path{length}{moving} d="{shaper.data(rest(life.own))}"/>\n')
        hidden = ' opacity="0"' if number else ""
        drawings.append(f'<g style="animation-name:w{number}"{hidden}>\n{"".join(paths)}</g>\n')
        if look.counted:
            rules.append(_stay_rule(f"t{number}", score.words[number], score.seconds))
            line = label_line("" if kind == "draw-on" else roman(number + 1), count_text(level))
            text = _words(line, stage.label_baseline, stage.letter_size, stage, 0.72)
            words.append(f'<g style="animation-name:t{number}"{hidden}>{text}</g>\n')
    if look.title:
        words.append(_words(set_line(look.title, "italic", 0.01), stage.title_baseline, 1.25 * stage.letter_size, stage, 0.9))
    if look.caption:
        words.append(_words(set_line(look.caption, "regular", 0.01), stage.caption_baseline, 0.8 * stage.letter_size, stage, 0.72))
    photo, rim, before = _overture(score.overture, series.subject, look, score.seconds) if score.overture else ("", "", [])
    counts = ", ".join(str(level.strokes) for level in levels)
    what = f"{look.title}: one drawing" if look.title else "One drawing"
    ground = svg_ground(look, (-CANVAS / 4, -CANVAS / 4, 1.5 * CANVAS, 1.5 * CANVAS))
    mask = ' mask="url(#ground)"' if ground else ""
    place = f"translate({stage.left:g} {stage.top:g}) scale({stage.side / CANVAS:.7g})"
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" viewBox="0 0 {size[0]} {size[1]}" role="img">\n'
        f"<title>{escape(f'{what} in {counts} strokes')}</title>\n"
        f"<style>@media (prefers-reduced-motion:no-preference){{{''.join([*rules, *before])}}}</style>\n"
        f'<rect width="{size[0]}" height="{size[1]}" fill="{color_text(look.paper)}"/>\n'
        f'<g transform="{place}">\n{photo}{ground}<g{mask}>\n{rim}<g {svg_style(look)}>\n{"".join(drawings)}</g>\n</g>\n</g>\n'
        f'<g fill="{color_text(look.ink)}">\n{"".join(words)}</g>\n</svg>\n'
    )


def _all_rule(score: Score) -> str:
    """What all that moves has in common; dashes as long as a path, so that it is drawn by its offset alone.

    Dashes of 1 with gaps of 1.1 along a path of length 1: at the offset ``_UNSEEN`` all of it lies in a gap, and no round cap shows a dot.
    """
    repeats = "infinite" if score.repeats is None else str(score.repeats)
    dashes = "path[pathLength]{stroke-dasharray:1 1.1}"
    return (
        f"g,path,image{{animation-duration:{decimal(score.seconds, 3)}s;animation-iteration-count:{repeats};"
        f"animation-direction:{score.direction};animation-fill-mode:both;animation-timing-function:linear}}{dashes}"
    )


def _rule(name: str, stops: Iterable[tuple[float, str]], seconds: float) -> str:
    """Keyframes of (seconds, what is so then) in turn; nothing where nothing happens. Before the first and after the last all stays."""
    told = list(stops)
    if len({text for _, text in told}) < 2:
        return ""
    places: list[tuple[list[str], str]] = []
    for number, (time, text) in enumerate(told):
        begins, ends = number == 0 and time > 0, number == len(told) - 1 and time < seconds
        here = [*(["0%"] if begins else []), _percent(time, seconds), *(["100%"] if ends else [])]
        # Where nothing changes until the next stop, both are one, and go on at the pace of the later.
        if places and f"{text};".startswith(f"{places[-1][1]};"):
            places[-1] = ([*places[-1][0], *here], text)
        else:
            places.append((here, text))
    return f"@keyframes {name}{{" + "".join(",".join(here) + "{" + text + "}" for here, text in places) + "}"


def _percent(time: float, seconds: float) -> str:
    return f"{decimal(min(max(100 * time / seconds, 0.0), 100.0), 3)}%"


def _stay_rule(name: str, stay: Stay, seconds: float) -> str:
    """Something is there for a while, and comes and goes within it."""
    return _rule(name, _stay_stops(stay, seconds), seconds)


def _stay_stops(stay: Stay, seconds: float) -> Iterator[tuple[float, str]]:
    eased, held = (";".join(["", *_timing(pace)]) for pace in ("eased", "held"))
    if stay.rise or stay.begin > 0:
        yield (stay.begin, f"opacity:0{eased}") if stay.rise else (0.0, f"opacity:0{held}")
    if stay.fall:
        yield stay.begin + stay.rise, "opacity:1"
        yield stay.end - stay.fall, f"opacity:1{eased}"
    else:
        yield stay.begin + stay.rise, f"opacity:1{held}"
    if stay.fall or stay.end < seconds * (1 - 1e-9):
        yield stay.end, "opacity:0"


def _overture(overture: Overture, subject: Subject, look: Look, seconds: float) -> tuple[str, str, list[str]]:
    """The photo, its outline, and the rules for both."""
    photo = ((time, ";".join([f"opacity:{decimal(opacity, 2)}", *_timing("eased")])) for time, opacity in overture.photo)
    rules = [_rule("photo", photo, seconds)]
    image = f'<image opacity="0" style="animation-name:photo" width="{CANVAS}" height="{CANVAS}" href="{_photo_uri(subject, look)}"/>\n'
    if overture.outline is None:
        return image, "", rules
    begin, whole, gone = overture.outline
    # Its dashes hide it before and after, but only where there is animation.
    rules.append("#rim{opacity:1}")
    chains = rims(subject)
    ends = np.cumsum([0, *map(len, chains)]) / sum(map(len, chains))
    paths = []
    for number, chain in enumerate(chains):
        ways = [(begin + a * (whole - begin), whole + a * (gone - whole)) for a in ends[number : number + 2]]
        (comes, goes), (there, away) = ways
        stops = ((comes, _UNSEEN), (there, 0.0), (goes, 0.0), (away, -_UNSEEN))
        rules.append(_rule(f"r{number}", ((time, f"stroke-dashoffset:{decimal(offset, 2)}") for time, offset in stops), seconds))
        paths.append(f'<path pathLength="1" style="animation-name:r{number}" d="{line_data(CANVAS * chain)}"/>\n')
    width = decimal(THIN * look.width * look.profile[-1], 2)
    style = f'fill="none" stroke="{color_text(look.ink)}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"'
    return image, f'<g id="rim" opacity="0" {style}>\n{"".join(paths)}</g>\n', rules


def _photo_uri(subject: Subject, look: Look) -> str:
    picture = Image.fromarray(on_paper(subject.detail, look.paper))
    picture.thumbnail((_PHOTO_SIDE, _PHOTO_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_PHOTO_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _even_stops(life: Life, shaper: Shaper, seconds: float) -> Iterator[tuple[float, str]]:
    """A line is drawn by the offset of its dash and bends by its path data."""
    partly = any(moment.drawn < 1 for moment in life.moments)
    for moment in life.moments:
        said = [f"stroke-dashoffset:{_offset(moment)}"] if partly else []
        said += [f'd:path("{shaper.data(moment)}")'] if life.bends else []
        yield moment.time, ";".join([*said, *_timing(moment.pace)]) if said else ""


def _offset(moment: Moment) -> str:
    return decimal(_UNSEEN * (1 - moment.drawn) * (1 - 2 * moment.anchor), 2)


def _uneven_stops(life: Life, shaper: Shaper, seconds: float) -> Iterator[tuple[float, str]]:
    """An outline is drawn and bends by its path data alone, in short steps, and is hidden while nothing of it is drawn."""
    instant = _INSTANT * seconds / 100
    for before, moment in zip((None, *life.moments), life.moments, strict=False):
        if before is not None:
            yield from ((step.time, f'd:path("{shaper.data(step)}")') for step in _growing(before, moment))
        shape = f'd:path("{shaper.data(moment)}")'
        if moment.drawn > 0:
            # What grows and shrinks does so in steps, whose pace is in their times.
            yield moment.time, ";".join([shape, *(_timing(moment.pace) if moment.pace != "eased" else [])])
        elif before is None:
            yield moment.time, f"opacity:0;{shape}"
            yield moment.time + instant, "opacity:1"
        else:
            yield moment.time - instant, "opacity:1"
            yield moment.time, f"opacity:0;{shape}"


def _growing(before: Moment, after: Moment) -> Iterator[Moment]:
    """Moments between two of which a different part is drawn: the ends of an outline must follow its line."""
    if before.drawn != after.drawn:
        for u in (0.25, 0.5, 0.75):
            drawn = before.drawn + ease(u) * (after.drawn - before.drawn)
            yield Moment(before.time + u * (after.time - before.time), before.curve, before.span, drawn, before.anchor)


def _timing(pace: str) -> list[str]:
    return [f"animation-timing-function:{_TIMINGS[pace]}"] if pace != "even" else []


def _words(line: Line, baseline: float, size: float, stage: Stage, opacity: float) -> str:
    """A line in the middle, set smaller when it is wider than the frame's inner part."""
    if not line.width:
        return ""
    size = min(size, 0.92 * stage.width / line.width)
    data = letters_data(line, (stage.width - line.width * size) / 2, baseline, size)
    return f'<path fill-opacity="{opacity:g}" d="{data}"/>'
