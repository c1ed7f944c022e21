"""A small synthetic series for the tests of films, plate and page: a duck in 8, 4 and 2 hand-placed strokes.

Its lineage has kept, joined and dropped strokes, one joined stroke runs against its survivor's direction, and the trajectories have
rows that grow sparser, as those of a real run.
"""

from __future__ import annotations

import numpy as np

from picasso_series.levels import Level, Lineage, Placement, Series, Subject, Trajectory
from picasso_series.strokes import CANVAS

DUCK: dict[int, dict[int, list[float]]] = {
    8: {
        1: [119, 84, 122, 118, 158, 128, 198, 102],  # back
        2: [88, 94, 66, 122, 74, 158, 112, 166],  # chest
        3: [198, 102, 188, 146, 152, 174, 112, 166],  # belly, from the tail forward: against the joined stroke
        4: [76, 72, 78, 38, 122, 38, 119, 84],  # head
        5: [76, 72, 62, 72, 44, 80, 88, 94],  # bill
        6: [112, 124, 124, 152, 160, 150, 174, 122],  # wing
        7: [95, 66, 97, 64, 100, 64, 102, 66],  # eye
        8: [116, 168, 120, 180, 124, 190, 110, 196],  # leg
    },
    4: {
        1: [76, 76, 82, -10, 116, 170, 198, 102],  # head and back
        2: [88, 94, 40, 196, 190, 196, 198, 104],  # chest and belly
        5: [76, 74, 60, 72, 44, 82, 88, 94],
        6: [114, 126, 126, 150, 158, 150, 172, 124],
    },
    2: {
        1: [78, 80, 84, -18, 118, 170, 198, 102],
        2: [66, 84, 40, 206, 190, 196, 198, 104],  # bill, chest and belly
    },
}
LINEAGE = {
    8: Lineage(),
    4: Lineage(kept=(5, 6), joined={1: (4,), 2: (3,)}, dropped=(7, 8)),
    2: Lineage(kept=(1,), joined={2: (5,)}, dropped=(6,)),
}


def _trajectory(strokes: dict[int, list[float]], seed: int) -> Trajectory:
    result = np.array(list(strokes.values()), np.float64).reshape(-1, 4, 2) / CANVAS
    offset = np.random.default_rng(seed).normal(0, 0.06, result.shape)
    iterations = np.array([0, 1, 2, 3, 4, 6, 8, 11, 15, 21, 30, 45, 70])
    decay = np.exp(-iterations / 8.0)
    decay[-1] = 0
    return Trajectory(
        points=result + decay[:, None, None, None] * offset,
        iterations=iterations,
        loss=0.2 + 0.8 * decay,
        ids=np.array(list(strokes)),
        salience=np.linspace(0.3, 0.02, len(strokes)),
    )


def _subject() -> Subject:
    """The duck's body and head as soft-edged color patches on white."""
    y, x = (np.mgrid[:CANVAS, :CANVAS] + 0.5).astype(np.float64)

    def ellipse(cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
        return np.clip((1 - np.hypot((x - cx) / rx, (y - cy) / ry)) * min(rx, ry) + 0.5, 0, 1)

    picture = np.full((CANVAS, CANVAS, 3), 255.0)
    cover = np.zeros((CANVAS, CANVAS))
    for shape, color in (
        (ellipse(134, 132, 62, 36), (150 + 0.3 * y, 110 + 0.2 * y, 60 + 0.1 * y)),
        (ellipse(98, 72, 24, 26), (20 + 0.2 * x, 90 + 0.4 * x, 60 + 0.2 * x)),
        (ellipse(66, 80, 18, 7), (230 + 0 * x, 160 + 0 * x, 30 + 0 * x)),
    ):
        picture = picture * (1 - shape[..., None]) + np.stack(color, -1) * shape[..., None]
        cover = np.maximum(cover, shape)
    return Subject(
        picture.round().clip(0, 255).astype(np.uint8), cover.astype(np.float32), Placement(12.0, -30.0, 448.0, 480, 400), "alpha"
    )


def sample_series(levels: tuple[int, ...] = (8, 4, 2)) -> Series:
    """The duck at these levels, any strictly decreasing choice of 8, 4 and 2; the first of them has no lineage."""
    made = [
        Level(
            trajectory=_trajectory(DUCK[strokes], seed=strokes),
            lineage=Lineage() if index == 0 else LINEAGE[strokes],
            losses={"lines": 0.15, "layers": 0.05, "total": 0.2},
            start="contour" if index == 0 else "warm",
            seconds=1.5,
        )
        for index, strokes in enumerate(levels)
    ]
    return Series(_subject(), tuple(made), {"levels": list(levels), "seed": 0}, {"encoder": {"value": "structure", "reason": "a sample"}})
