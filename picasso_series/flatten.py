"""A photo without its texture: what remains are the edges between things, such as a wing against a back.

Relative total variation (Xu, Yan, Xia, Jia, "Structure extraction from texture via relative total variation", ACM TOG 31(6), 2012):
where the gradients of a neighborhood cancel each other out, as those of fur, grass and boards do, the picture is smoothed; where they
add up to an edge, it is not. As the authors' own program does it, which is simpler than their equations: the weight of a link has the
whole gradient's length where they have its part along the link, and is not blurred once more. Knows pictures; knows no subjects and no
lines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.linalg import cg

SMOOTHNESS = 0.005
"""The paper's lambda: how much smoothing weighs against staying near the photo. Half of what its authors take, and at a finer scale: on
a canvas of 224 pixels a muzzle or a window has few of them."""
SCALE = 2.0
"""The paper's sigma in pixels: texture is finer than this. It is halved in each round."""
ROUNDS = 4
SHARPNESS = 0.02
"""Gradients below this, of a range of 1, count as this: they are flat."""
TINY = 1e-3
"""The same for gradients of the blurred picture."""
FINEST = 0.5
"""The scale in pixels below which it is not halved further."""
PRECISION, PATIENCE = 1e-4, 200
"""Where conjugate gradients stop: less than a gray level off, and beyond what the weights, at most 125, have ever needed."""


def flatten(rgb: NDArray[np.uint8], scale: float = SCALE) -> NDArray[np.uint8]:
    """The picture without its texture.

    Args:
        rgb: uint8 (H, W, 3), sRGB.
        scale: what is finer than so many pixels is texture; above 0.

    Returns:
        uint8 (H, W, 3).
    """
    photo = rgb.astype(np.float64) / 255
    flat = photo
    for _ in range(ROUNDS):
        system = _system(flat, scale)
        preconditioner = sparse.diags(1 / system.diagonal())
        planes = [
            cg(system, photo[..., k].ravel(), x0=flat[..., k].ravel(), rtol=PRECISION, maxiter=PATIENCE, M=preconditioner)[0]
            for k in range(3)
        ]
        flat, scale = np.stack(planes, axis=-1).reshape(rgb.shape), max(scale / 2, FINEST)
    return np.asarray(np.rint(flat.clip(0, 1) * 255), np.uint8)


def _system(flat: NDArray[np.float64], scale: float) -> sparse.csr_matrix:
    """The linear system (HW, HW) of the next round, from this round's picture (H, W, 3) in [0, 1]: 1 plus a Laplacian of the pixel grid."""
    height, width = flat.shape[:2]
    blurred = ndimage.gaussian_filter(flat, (scale, scale, 0))
    across, down = np.diff(flat, axis=1, append=flat[:, -1:]), np.diff(flat, axis=0, append=flat[-1:])
    steepness = np.maximum(np.sqrt(across**2 + down**2).mean(axis=2), SHARPNESS)
    links = []
    for axis in (1, 0):
        broad = np.abs(np.diff(blurred, axis=axis)).mean(axis=2)
        links.append(SMOOTHNESS / 2 / (np.maximum(broad, TINY) * steepness[: broad.shape[0], : broad.shape[1]]))
    number = np.arange(height * width).reshape(height, width)
    first = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    second = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    weights = sparse.coo_matrix((np.concatenate([link.ravel() for link in links]), (first, second)), (height * width,) * 2)
    weights = (weights + weights.T).tocsr()
    return (sparse.diags(1 + np.asarray(weights.sum(axis=1)).ravel()) - weights).tocsr()
