"""Drawing strokes as pixels, with gradients: one protocol, our own rasterizer in two ways, and diffvg.

Knows what the rest of the program asks of a rasterizer and how one is chosen; knows nothing about how either draws. Importing this
package imports torch only for the type checker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from picasso_series.errors import UsageError
from picasso_series.settings import RASTERIZERS
from picasso_series.strokes import CANVAS, STROKE_WIDTH

if TYPE_CHECKING:
    from torch import Tensor

SOFTNESS = 0.65
"""Half the width in pixels of a stroke's edge.

At 0.65 the smooth edge comes closest to the box filter of one pixel that diffvg takes, averaged over its sample seeds.
"""


class Rasterizer(Protocol):
    """Draws black strokes with round ends on white paper.

    Control points are in the unit square, widths in pixels of the canvas, images in [0, 1] with 1 for paper.
    """

    @property
    def name(self) -> str:
        """The name a user chooses it by."""

    @property
    def size(self) -> int:
        """Side of the square canvas in pixels."""

    def render(
        self, points: Tensor, width: float | Tensor = STROKE_WIDTH, *, softness: float = SOFTNESS, mask: Tensor | None = None
    ) -> Tensor:
        """Draw sketches (B, n, 4, 2) as images (B, size, size), differentiable in ``points``; ``mask`` (B, n) tells absent strokes."""

    def edits(
        self,
        points: Tensor,
        removed: Sequence[Sequence[int]],
        added: Tensor | None = None,
        added_to: Sequence[int] = (),
        width: float = STROKE_WIDTH,
        *,
        softness: float = SOFTNESS,
    ) -> Tensor:
        """Draw variants of one sketch (n, 4, 2): (E, size, size), without gradient.

        Variant e lacks the strokes ``removed[e]`` (indices into ``points``) and has those strokes j of ``added`` (m, 4, 2) too for
        which ``added_to[j]`` is e.
        """


def choose_rasterizer(name: str = "auto", *, size: int = CANVAS, device: str = "cpu") -> tuple[Rasterizer, str]:
    """Return the rasterizer called ``name`` and the reason for the choice, in half a sentence.

    The one called torch has a way for processors, whose work follows the ink, and one for other devices, which never wait for it.

    Raises:
        UsageError: there is no rasterizer of that name.
        MissingError: diffvg was asked for and does not work here.
    """
    if name == "diffvg":
        from picasso_series.raster.diffvg import DiffvgRasterizer

        return DiffvgRasterizer.load(size=size, device=device), "asked for"
    if name not in RASTERIZERS:
        raise UsageError(f"there is no rasterizer {name!r}: choose one of {', '.join(RASTERIZERS)}")
    from picasso_series.raster.dense import DenseRasterizer
    from picasso_series.raster.soft import SoftRasterizer

    reason = "asked for" if name == "torch" else "fast, deterministic and always there"
    return (SoftRasterizer(size=size) if device == "cpu" else DenseRasterizer(size=size)), reason
