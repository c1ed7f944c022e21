"""The rasterizer diffvg, where a user has built it.

Knows how a batch of sketches is asked of ``pydiffvg``, which draws one picture at a time by sampling pixels; knows no other way of
drawing. Settings are CLIPasso's: 2 x 2 samples a pixel, always the same sample seed, a box filter, no prefiltering. diffvg measures
a stroke's width as a radius.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from picasso_series.errors import MissingError
from picasso_series.raster import SOFTNESS
from picasso_series.strokes import CANVAS, STROKE_WIDTH

SAMPLES = 2
"""Samples a pixel, along each side."""

SEED = 0
"""Seed of the places of the samples."""


@dataclass(frozen=True)
class DiffvgRasterizer:
    """Draw black strokes on white paper with diffvg, on the CPU or on CUDA if it was built for it.

    Attributes:
        size: side of the square canvas in pixels.
    """

    size: int = CANVAS
    name: str = "diffvg"

    @classmethod
    def load(cls, size: int = CANVAS, device: str = "cpu") -> DiffvgRasterizer:
        """Return the rasterizer after it has drawn a small picture and its gradient on ``device``.

        Raises:
            MissingError: pydiffvg cannot be imported or does not draw there.
        """
        if device not in ("cpu", "cuda"):
            # It would read the memory of other devices as if it were the processor's.
            raise MissingError(f"diffvg draws on cpu and cuda alone, not on {device}: choose torch, or add --device cpu")
        points = torch.tensor([[[[0.2, 0.5], [0.4, 0.5], [0.6, 0.5], [0.8, 0.5]]]], device=device, requires_grad=True)
        try:
            image = cls(size=16).render(points, 4.0)
            (slope,) = torch.autograd.grad(image[0, 8:].sum(), points)
        except (RuntimeError, AssertionError, AttributeError, TypeError) as error:
            place, cure = ("", "") if device == "cpu" else (f" on {device}", f" for {device}")
            raise MissingError(
                f"the pydiffvg installed here does not draw{place} ({error}): build diffvg anew{cure} or choose torch"
            ) from error
        drawn = float(image[0, 8, 8].detach()) < 0.1 and float(image[0, 2, 2].detach()) > 0.9
        if not (drawn and bool(torch.isfinite(slope).all()) and float(slope[..., 1].sum()) < 0):
            raise MissingError("the pydiffvg installed here draws wrongly: build diffvg anew or choose torch")
        return cls(size=size)

    def render(
        self, points: Tensor, width: float | Tensor = STROKE_WIDTH, *, softness: float = SOFTNESS, mask: Tensor | None = None
    ) -> Tensor:
        """Draw a batch of sketches, one after another.

        Args:
            points: float32 (B, n, 4, 2), finite control points in the unit square; they may lie outside it.
            width: stroke width in pixels of the canvas, a number or a tensor that broadcasts to (B, n); its gradient is not kept.
            softness: widens diffvg's box filter, one pixel wide at the default; it cannot be narrower.
            mask: bool (B, n), False where a stroke is absent.

        Returns:
            (B, size, size) in [0, 1], 1 being paper; differentiable in ``points``.

        Raises:
            MissingError: pydiffvg cannot be imported.
        """
        curves = points * self.size
        widths = torch.as_tensor(width, dtype=torch.float32).detach().cpu().expand(points.shape[:2])
        images = []
        for index, sketch in enumerate(curves):
            chosen = range(len(sketch)) if mask is None else mask[index].nonzero().view(-1).tolist()
            images.append(self._draw([sketch[i] for i in chosen], [widths[index, i] for i in chosen], softness, points))
        return torch.stack(images) if images else points.new_ones(0, self.size, self.size)

    @torch.no_grad()
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
        """Draw variants of one sketch (n, 4, 2), each from scratch: (E, size, size); see :class:`Rasterizer`."""
        extra = points.new_zeros(0, 4, 2) if added is None else added.to(points)
        if len(extra) != len(added_to):
            raise ValueError(f"{len(extra)} added strokes need as many variants, not {len(added_to)}")
        mask = torch.zeros(len(removed), len(points) + len(extra), dtype=torch.bool)
        mask[:, : len(points)] = True
        for variant, strokes in enumerate(removed):
            mask[variant, list(strokes)] = False
        for stroke, variant in enumerate(added_to, start=len(points)):
            mask[variant, stroke] = True
        everything = torch.cat([points, extra]).expand(len(removed), -1, -1, -1)
        return self.render(everything, width, softness=softness, mask=mask)

    def _draw(self, curves: list[Tensor], widths: list[Tensor], softness: float, like: Tensor) -> Tensor:
        library = _library()
        if not curves:
            return like.new_ones(self.size, self.size) + 0 * like.sum()
        # The device is a global of pydiffvg; without this it draws on the GPU whenever there is one.
        library.set_device(like.device)
        joints = torch.tensor([2], dtype=torch.int32)
        ink = torch.tensor([0.0, 0.0, 0.0, 1.0])
        shapes = [
            library.Path(num_control_points=joints, points=curve.contiguous(), is_closed=False, stroke_width=width / 2)
            for curve, width in zip(curves, widths, strict=True)
        ]
        groups = [library.ShapeGroup(shape_ids=torch.tensor([index]), fill_color=None, stroke_color=ink) for index in range(len(shapes))]
        box = importlib.import_module("diffvg").FilterType.box
        pixel = library.PixelFilter(type=box, radius=torch.tensor(max(softness / SOFTNESS, 1.0) / 2))
        scene = library.RenderFunction.serialize_scene(self.size, self.size, shapes, groups, filter=pixel)
        picture: Tensor = library.RenderFunction.apply(self.size, self.size, SAMPLES, SAMPLES, SEED, None, *scene)
        return 1 - picture[..., 3]


def _library() -> Any:
    try:
        return importlib.import_module("pydiffvg")
    except (ImportError, OSError) as error:
        raise MissingError(
            f"pydiffvg cannot be imported ({error}): build diffvg from https://github.com/BachiLi/diffvg, or choose the rasterizer torch"
        ) from error
