"""A quick draft of a photo that loses one stroke after the other, to learn how many it needs.

The draft is drawn with the embedded encoder, one thread and the default weights, whatever draws the series: how many strokes a photo
needs is a question of the photo. Knows how the draft is made; what follows from its losses is the business of ``how_many``.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from picasso_series.critic import Critic
from picasso_series.how_many import MOST
from picasso_series.levels import Subject
from picasso_series.lines import trace_lines
from picasso_series.motif import find_motif
from picasso_series.optimize import Moment, Pen, Schedule, optimize
from picasso_series.raster import choose_rasterizer
from picasso_series.salience import Edit, reduce, variants
from picasso_series.series import look_at
from picasso_series.settings import Settings
from picasso_series.start import contour_pieces, contour_starts
from picasso_series.strokes import CANVAS
from picasso_series.studio import Studio, computing_threads

DRAFT = Settings(encoder="structure", rasterizer="torch", device="cpu")
SETTLE = Schedule(20, 0.4, True, Pen(4.0, 1.2))
"""How the draft's first strokes settle."""
YARDSTICK = 8
"""All of the draft is judged as a drawing of so many strokes is: losses by several yardsticks could not be compared."""


def draft_losses(subject: Subject, strokes: int = MOST) -> Iterator[float]:
    """The loss of empty paper, then of a draft with so many ``strokes``, one fewer, … and one; nothing where there are no lines to draw."""
    from picasso_series.encoders.structure import StructureEncoder

    encoder = StructureEncoder.load()
    (full, _), (half, _) = choose_rasterizer("torch"), choose_rasterizer("torch", size=CANVAS // 2)
    studio = Studio(encoder, encoder, full, half, "cpu", 1, encoder.saliency, encoder.faces, encoder.telling)
    with computing_threads(1):
        # Without eyes, which all but the lowest of the levels would keep, and by contrast, which is as good a yardstick: one for all.
        lines = trace_lines(subject)
        starts = contour_starts(contour_pieces(find_motif(lines, subject, strokes)), strokes) if lines else iter(())
        first = next(starts, None)
        if first is None:
            return
        sight = look_at(subject, DRAFT, studio)
        critic = Critic(sight, find_motif(lines, subject, YARDSTICK), DRAFT, studio)
        points = _settled(torch.as_tensor(first, dtype=torch.float32), Critic(sight, find_motif(lines, subject, strokes), DRAFT, studio))
        yield float(critic.judge_small(torch.ones(1, half.size, half.size)))
        while True:
            yield float(critic.judge_small(variants(points, [Edit(())], half)))
            if len(points) == 1:
                return
            points = reduce(points, len(points) - 1, critic.judge_small, half, critic.relax, True).points


def _settled(points: Tensor, critic: Critic) -> Tensor:
    """Strokes (n, 4, 2) in canvas pixels after a short optimization."""
    moment = Moment.start(points[None])
    first = moment.points
    for after in optimize(moment, lambda moved, iteration: critic.cost(moved, iteration, SETTLE, first), SETTLE):
        moment = after
    return moment.points[0]
