"""What a finished drawing consists of: trajectories, levels and the series.

Plain frozen records over numpy, shared by the half that makes drawings and the half that shows them. Knows neither torch nor files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from picasso_series.strokes import FloatArray, Sketch

if TYPE_CHECKING:
    from picasso_series.gallery.notebook import Slider


@dataclass(frozen=True, eq=False)
class Trajectory:
    """How a level's strokes moved while they were optimized.

    Attributes:
        points: float32 (T, n, 4, 2) in the unit square; row 0 is the level's start, the last row its result.
        iterations: int64 (T,), strictly increasing, the iteration after which each row was taken (0 for the start).
        loss: float32 (T,), the objective at each row.
        ids: int64 (n,), the strokes' identities, in the sketch's drawing order.
        salience: float32 (n,), never rising: what the objective loses when the stroke is left out of the strokes that are at least
            as salient (see :func:`picasso_series.salience.rank`).
    """

    points: FloatArray
    iterations: NDArray[np.int64]
    loss: FloatArray
    ids: NDArray[np.int64]
    salience: FloatArray

    def __post_init__(self) -> None:
        for name in ("points", "loss", "salience"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float32))
        for name in ("iterations", "ids"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.int64))
        rows, count = self.points.shape[:2]
        if self.points.shape != (rows, count, 4, 2) or rows < 1:
            raise ValueError(f"a trajectory's points have the shape (T, n, 4, 2), not {self.points.shape}")
        if self.iterations.shape != (rows,) or self.loss.shape != (rows,):
            raise ValueError("a trajectory has one iteration and one loss for each row of points")
        if self.ids.shape != (count,) or self.salience.shape != (count,):
            raise ValueError("a trajectory has one id and one salience for each stroke")

    @property
    def start(self) -> Sketch:
        """The sketch that the level started from."""
        return Sketch.from_points(self.points[0], self.ids.tolist())

    @property
    def result(self) -> Sketch:
        """The sketch that the level ended with."""
        return Sketch.from_points(self.points[-1], self.ids.tolist())


@dataclass(frozen=True)
class Lineage:
    """Where a level's strokes come from, in ids of the level before; empty for a first level.

    Attributes:
        kept: strokes that go on alone.
        joined: survivor -> the other strokes that it absorbed. A survivor has the id of the most salient of the joined.
        dropped: strokes that left without being absorbed.
    """

    kept: tuple[int, ...] = ()
    joined: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    dropped: tuple[int, ...] = ()


@dataclass(frozen=True)
class Level:
    """One finished level of a series.

    Attributes:
        trajectory: the optimization; its last row is the drawing.
        lineage: what became of the strokes of the level before.
        losses: the parts of the objective at the end, by name, and their sum under ``total``.
        start: which start won ("contour", "warm", …).
        seconds: wall time that the level took.
    """

    trajectory: Trajectory
    lineage: Lineage
    losses: Mapping[str, float]
    start: str
    seconds: float

    @property
    def sketch(self) -> Sketch:
        """The finished drawing, most salient stroke first."""
        return self.trajectory.result

    @property
    def strokes(self) -> int:
        """The number of strokes."""
        return len(self.trajectory.ids)


@dataclass(frozen=True, eq=False)
class Subject:
    """The prepared photo: the subject centered in a square with a margin, aspect kept.

    Attributes:
        rgb: uint8 (224, 224, 3), sRGB, what is drawn; outside the mask of a cut-out it is white.
        mask: float32 (224, 224) in [0, 1], 1 on the subject.
        placement: how to lay strokes back over the photo (upright, as seen): a point (u, v) of the unit square lies at the photo's
            pixel (left + u * side, top + v * side), in pixels of the photo's own full size (the box may reach beyond the photo).
        source: how the mask was found ("alpha", "file", "backdrop", "rembg", "saliency", "none").
        detail: uint8 (s, s, 4), the same square with as many pixels as pictures of it need: sRGB as in ``rgb``, then the mask; made of
            those two when it is not given.
    """

    rgb: NDArray[np.uint8]
    mask: FloatArray
    placement: Placement
    source: str
    detail: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 4), np.uint8))

    def __post_init__(self) -> None:
        if self.detail.size == 0:
            object.__setattr__(self, "detail", with_mask(self.rgb, self.mask))


def with_mask(rgb: NDArray[np.uint8], mask: FloatArray) -> NDArray[np.uint8]:
    """A picture (h, w, 3) and a mask (h, w) in [0, 1] as one array, uint8 (h, w, 4)."""
    return np.dstack([rgb, np.rint(np.clip(mask, 0, 1) * 255).astype(np.uint8)])


@dataclass(frozen=True)
class Placement:
    """The square of the photo that the canvas shows, in pixels of the upright photo: its corner, its side, the photo's size."""

    left: float
    top: float
    side: float
    photo_width: int
    photo_height: int

    @property
    def photo_box(self) -> tuple[float, float, float, float]:
        """The photo's edges (left, top, right, bottom) in the unit square; an outline along them is the photo's, not the subject's."""
        left, top = -self.left / self.side, -self.top / self.side
        return left, top, left + self.photo_width / self.side, top + self.photo_height / self.side


@dataclass(frozen=True)
class Series:
    """A finished series: the subject and its levels, most strokes first; ``settings`` and ``choices`` say how it was made."""

    subject: Subject
    levels: tuple[Level, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)

    def show(self, title: str = "A series") -> Slider:
        """The series with a slider through its levels, which a notebook shows where it is the value of a cell.

        Args:
            title: what it is called, for those who do not see it.

        Raises:
            BadInputError: the series has no level.
        """
        from picasso_series.gallery.notebook import series_slider

        return series_slider(self, title)

    def _repr_html_(self) -> str:
        """What a notebook shows of the series itself."""
        return self.show()._repr_html_()

    def film(self, path: str | PathLike[str], kind: str = "series", **options: Any) -> None:
        """Make a film of the series, as the command ``film`` does.

        Args:
            path: the file to make, in the format that its ending names: .mp4, .gif, .webp or .svg.
            kind: "series" (the abstraction), "trajectory" (the optimization) or "draw-on" (a pen at work).
            **options: how, by the names of :func:`picasso_series.film.plan_filming`: ``size="story"``, ``style="brush"``,
                ``story="pingpong"``, ``title="Horse"`` and so on.

        Raises:
            UsageError: an option makes no sense.
            PicassoError: of another kind when something required is missing or the film cannot be written.
        """
        from picasso_series.film import film_file, plan_filming

        film_file(self, path, kind, plan_filming(**options))
