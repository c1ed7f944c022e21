"""How films are made: what is asked for in plain words, and what a run's manifest keeps of it.

Knows the options of looks and stories; knows neither files nor formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from picasso_series.errors import UsageError
from picasso_series.film.stories import Telling
from picasso_series.look import DEFAULT_STYLE, Look, change_look, color_text, load_look
from picasso_series.settings import size_pixels
from picasso_series.toml_file import did_you_mean

_WORDS = ("title", "caption", "counted")
"""What is said beside a drawing: it stays when the style changes."""
_LOOK = tuple(entry.name for entry in fields(Look))
_TELLING = tuple(entry.name for entry in fields(Telling))


@dataclass(frozen=True)
class Filming:
    """How films are made.

    Attributes:
        size: width and height of an MP4 in pixels, both even; GIF and WebP keep the shape but are smaller.
        look: how everything is shown.
        telling: how stories are told.
        max_bytes: the most that a GIF or a WebP may weigh, None for any.

    Raises:
        UsageError: the size is not even, or no film could be so small.
    """

    size: tuple[int, int] = (1080, 1080)
    look: Look = field(default_factory=Look)
    telling: Telling = field(default_factory=Telling)
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        width, height = self.size
        if min(width, height) < 2 or width % 2 or height % 2:
            raise UsageError(f"a film has even sides, such as 1080x1080, not {width}x{height}")
        if self.max_bytes is not None and self.max_bytes < 1:
            raise UsageError(f"max_bytes takes a number of bytes above 0, not {self.max_bytes}")


def plan_filming(
    before: Filming | None = None,
    *,
    size: str | None = None,
    style: str | None = None,
    story: str | None = None,
    loop: bool | None = None,
    loss_curve: bool | None = None,
    max_bytes: int | None = None,
    **look: Any,
) -> Filming:
    """How films are made, from plain words; what is None is as ``before``.

    Args:
        before: how they were made until now; at first as 1080x1080 in ink, told to fewer strokes, in a loop.
        size: a name such as "story", or "WxH".
        style: a style's name or the path of a style file; of the look before, it leaves title, caption and whether drawings are numbered.
        story: how the series film is told: "simplify", "grow" or "pingpong".
        loop: whether the end leads over to the beginning; else the last scene is held.
        loss_curve: whether the trajectory film shows the loss as a small curve; not in SVG.
        max_bytes: the most that a GIF or a WebP may weigh.
        **look: any field of :class:`~picasso_series.look.Look` to change in the style; None leaves it.

    Raises:
        UsageError: one of them makes no sense.
        BadInputError: the style file cannot be used.
    """
    before = before or Filming(look=load_look(DEFAULT_STYLE))
    known = [name for name in _LOOK if name not in ("name", "description")]
    for name in look:
        if name not in known:
            raise UsageError(f"there is no option {name!r} for films{did_you_mean(name, known)}; the look has {', '.join(known)}")
    base = before.look if style is None else load_look(style, **{name: getattr(before.look, name) for name in _WORDS})
    told: dict[str, Any] = {"story": story, "loop": loop, "loss_curve": loss_curve}
    return Filming(
        before.size if size is None else size_pixels(size),
        change_look(base, **look),
        replace(before.telling, **{name: value for name, value in told.items() if value is not None}),
        before.max_bytes if max_bytes is None else max_bytes,
    )


def kept(filming: Filming) -> dict[str, Any]:
    """What a manifest keeps of how a film was made, but for its size: what is not as usual, in JSON's types."""
    usual = Filming()
    made: dict[str, Any] = {}
    for names, now, then in ((_LOOK, filming.look, usual.look), (_TELLING, filming.telling, usual.telling)):
        made |= {name: getattr(now, name) for name in names if getattr(now, name) != getattr(then, name) and name != "description"}
    made |= {name: color_text(made[name]) for name in ("ink", "paper") if name in made}
    made |= {"profile": list(made["profile"])} if "profile" in made else {}
    return made | ({"max_bytes": filming.max_bytes} if filming.max_bytes is not None else {})


def recalled(made: object) -> Filming:
    """The filming of which :func:`kept` kept ``made``, at the usual size.

    Raises:
        UsageError: a value makes no sense.
    """
    if not isinstance(made, Mapping):
        raise UsageError(f"how a film was made is a table, not {made!r}")
    known = (*_LOOK, *_TELLING, "max_bytes")
    for name in made:
        if name not in known:
            raise UsageError(f"nothing is known of films' {name!r}")
    for name in ("loop", "loss_curve"):
        if not isinstance(made.get(name, True), bool):
            raise UsageError(f"{name} takes yes or no, not {made[name]!r}")
    most = made.get("max_bytes")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int)):
        raise UsageError(f"max_bytes takes a number of bytes, not {most!r}")
    look = change_look(Look(name=str(made.get("name", DEFAULT_STYLE))), **{name: made[name] for name in _LOOK[2:] if name in made})
    return Filming(look=look, telling=Telling(**{name: made[name] for name in _TELLING if name in made}), max_bytes=most)
