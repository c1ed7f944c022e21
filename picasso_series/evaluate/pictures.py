"""What is judged of a run: the photo, its XDoG, and the sketch of each level.

Knows run folders through what :mod:`picasso_series.run` reads of them; knows no judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from picasso_series.evaluate.measures import Map, line_map
from picasso_series.lines import trace_lines
from picasso_series.raster import choose_rasterizer
from picasso_series.run import Run
from picasso_series.xdog import xdog_ink

Kind = Literal["photo", "xdog", "sketch"]


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a case.

    Attributes:
        kind: "photo", "xdog" or "sketch".
        strokes: of a sketch, None for others.
        rgb: float32 (3, 224, 224) in [0, 1].
        ink: how dark each place is (224, 224), 0 to 1; a photo's lines stand for its ink.
        loss: what the objective came to, None for what was not drawn.
    """

    kind: Kind
    strokes: int | None
    rgb: torch.Tensor = field(repr=False)
    ink: Map = field(repr=False)
    loss: float | None = None


@dataclass(frozen=True, eq=False)
class Case:
    """A run as it is judged.

    Attributes:
        name: what the run is called in the report.
        label: what it shows, None where nobody says.
        encoder: what drew it, as its manifest says.
        photo_sha256: which photo it was drawn from: runs of one photo are not asked to be told apart.
        pictures: photo, XDoG, then the sketches with most strokes first.
    """

    name: str
    label: str | None
    encoder: str
    photo_sha256: str
    pictures: tuple[Picture, ...] = field(repr=False)

    @property
    def photo(self) -> Picture:
        """The photo itself."""
        return self.pictures[0]

    @classmethod
    def of(cls, run: Run, name: str, label: str | None) -> Case:
        """What there is to judge of a run."""
        subject = run.series.subject
        photo = torch.from_numpy(np.array(subject.rgb)).permute(2, 0, 1).float() / 255
        rasterizer, _ = choose_rasterizer("torch")
        drawn = [
            Picture("photo", None, photo, line_map(trace_lines(subject))),
            _on_paper("xdog", None, 1 - torch.from_numpy(xdog_ink(subject.rgb))),
        ]
        for level in run.series.levels:
            sketch = rasterizer.render(torch.from_numpy(level.sketch.points)[None])[0].clamp(0, 1)
            drawn.append(_on_paper("sketch", level.strokes, sketch, level.losses["total"]))
        encoder = str(run.manifest["choices"].get("encoder", {}).get("value", ""))
        return cls(name, label, encoder, str(run.manifest["photo"].get("sha256", name)), tuple(drawn))


def _on_paper(kind: Kind, strokes: int | None, gray: torch.Tensor, loss: float | None = None) -> Picture:
    """A picture of ink on white paper (224, 224), 0 black to 1 white."""
    return Picture(kind, strokes, gray.expand(3, -1, -1), 1 - gray.double().numpy(), loss)
