"""In which numbers CLIP looks: bfloat16 where the machine is fast at it and the very weights in use bear it, else float32.

Knows how the choice is measured; knows no photo and no level.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from picasso_series.encoders import Encoder
from picasso_series.encoders.clip import ClipEncoder
from picasso_series.levels import Placement, Subject
from picasso_series.objective import EncoderTerm, Sight
from picasso_series.raster import Rasterizer
from picasso_series.strokes import CANVAS
from picasso_series.views import AUGMENTED, PerspectiveViews

AGREEMENT = 0.95
"""Least cosine of the control points' gradients in bfloat16 and float32; two draws of views agree to about 0.96."""
STROKES = 32


def take_precision(encoder: ClipEncoder, value: str) -> ClipEncoder:
    """The encoder in the numbers that an earlier choice of :func:`settle_precision` names."""
    return encoder.converted(torch.bfloat16) if value == "bfloat16" else encoder


def settle_precision(encoder: ClipEncoder, rasterizer: Rasterizer, device: str) -> tuple[ClipEncoder, dict[str, str]]:
    """The encoder in the numbers that it should compute in, and the choice with its reason, ``{"value", "reason"}``."""
    if not has_bfloat16(device):
        return encoder, {"value": "float32", "reason": "this machine is slow at bfloat16"}
    lower = encoder.converted(torch.bfloat16)
    agreement = gradient_agreement(encoder, lower, rasterizer, device)
    found = f"bfloat16's gradient agrees with float32's to a cosine of {agreement:.3f}, {AGREEMENT} is asked for"
    if agreement < AGREEMENT:
        return encoder, {"value": "float32", "reason": found}
    return lower, {"value": "bfloat16", "reason": found}


def has_bfloat16(device: str) -> bool:
    """Whether a device multiplies bfloat16 in hardware; False where that cannot be told."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    # Torch before 2.6 cannot tell.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def gradient_agreement(one: Encoder, other: Encoder, rasterizer: Rasterizer, device: str) -> float:
    """Cosine of what two encoders want from the control points of 32 random strokes that are to become 32 others, over CLIPasso's views."""
    rng = np.random.default_rng(0)
    drawing, model = (torch.as_tensor(_strokes(rng), device=device) for _ in range(2))
    with torch.no_grad():
        picture = rasterizer.render(model[None])[0].clamp(0, 1).cpu().numpy()
    rgb = np.repeat(np.round(255 * picture).astype(np.uint8)[..., None], 3, axis=2)
    subject = Subject(rgb, np.ones(picture.shape, np.float32), Placement(0.0, 0.0, CANVAS, CANVAS, CANVAS), "none")
    gradients = [_gradient(encoder, subject, drawing, rasterizer, device) for encoder in (one, other)]
    return F.cosine_similarity(gradients[0], gradients[1], dim=0).item()


def _gradient(encoder: Encoder, subject: Subject, drawing: Tensor, rasterizer: Rasterizer, device: str) -> Tensor:
    views = PerspectiveViews(encoder.resolution, 0, device, count=1 + AUGMENTED)
    term = EncoderTerm(Sight(encoder, subject, views, device), 1.0, 0.1)
    points = drawing[None].requires_grad_()
    (gradient,) = torch.autograd.grad(term(rasterizer.render(points), range(views.count)).sum(), points)
    return gradient.flatten().cpu().double()


def _strokes(rng: np.random.Generator) -> np.ndarray[tuple[int, int, int], np.dtype[np.float32]]:
    """Random strokes (n, 4, 2) of some 50 pixels in the unit square."""
    first = rng.uniform(0.15, 0.85, (STROKES, 1, 2))
    steps = rng.normal(0, 0.08, (STROKES, 3, 2)).cumsum(1)
    return np.concatenate([first, first + steps], 1).astype(np.float32)
