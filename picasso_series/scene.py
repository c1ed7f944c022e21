"""Finds a subject before a real background, from a map of where the eye goes.

Knows that map, colors and edges; knows nothing of how the map was made, of plain backdrops and of the canvas.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve
from skimage.color import rgb2lab

from picasso_series.scraps import drop_scraps
from picasso_series.strokes import FloatArray

WORK_SIDE = 224
"""Longest side of the copy on which the mask is found, in pixels."""

ROUNDS = 2
"""How often the colors of subject and background are learned anew from the mask."""

COLOR_SAYS = 1.5
"""The most that a pixel's color may add to the log odds of its being subject."""

COMPANION = 0.3
"""Area of a second subject, as a share of the first's: before a real background less is a passer-by's leg, a stone, a far flower."""

RIM = 3
"""Reach in pixels of that copy within which the mask's rim is fitted to the photo's colors."""


def find_salient(rgb: NDArray[np.uint8], saliency: FloatArray) -> tuple[FloatArray | None, bool]:
    """The soft mask of the most salient thing.

    The map says roughly where; colors that are commoner inside than outside sharpen it; a smooth mask that changes only across edges
    of the photo is fitted to both (a random walk with priors: Grady, "Multilabel random walker image segmentation using prior models",
    CVPR 2005).

    Args:
        rgb: uint8 (H, W, 3), sRGB.
        saliency: float32 (H, W) in [0, 1].

    Returns:
        The mask, float32 (H, W) in [0, 1], or None when nothing stands out; and whether it is sure enough to cut along.
    """
    height, width = rgb.shape[:2]
    box = (0, 0, width, height)
    prior = _centered(saliency)
    mask = _segment(rgb, prior, box)
    if mask is None:
        return None, False
    tight = _around(mask)
    if max(tight[2] - tight[0], tight[3] - tight[1]) < 0.75 * max(width, height) and max(width, height) > WORK_SIDE:
        closer = _segment(rgb, prior * (mask > 0.02), tight)
        mask = mask if closer is None else closer
    return mask, _sure(mask, saliency)


def _centered(saliency: FloatArray) -> FloatArray:
    """The map weighed by nearness to the middle, where photographers put their subject, and stretched to reach 1."""
    height, width = saliency.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    prior = np.clip(saliency, 0, 1) * (0.5 + 0.5 * np.exp(-(x * x + y * y)))
    return np.asarray(np.clip(prior / max(0.3, float(np.quantile(prior, 0.98))), 0, 1), np.float32)


def _around(mask: FloatArray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero((mask > 0.3).any(1)), np.flatnonzero((mask > 0.3).any(0))
    height, width = mask.shape
    margin = round(0.15 * max(rows[-1] - rows[0], columns[-1] - columns[0])) + 4
    return (
        max(0, int(columns[0]) - margin),
        max(0, int(rows[0]) - margin),
        min(width, int(columns[-1]) + 1 + margin),
        min(height, int(rows[-1]) + 1 + margin),
    )


def _segment(rgb: NDArray[np.uint8], prior: FloatArray, box: tuple[int, int, int, int]) -> FloatArray | None:
    """The mask within ``box`` (0 outside it), or None when nothing is left of it."""
    left, top, right, bottom = box
    ratio = min(1.0, WORK_SIDE / max(right - left, bottom - top))
    size = (max(2, round((right - left) * ratio)), max(2, round((bottom - top) * ratio)))
    small = np.asarray(Image.fromarray(rgb[top:bottom, left:right]).resize(size, Image.Resampling.BOX))
    where = np.clip(np.asarray(Image.fromarray(prior[top:bottom, left:right]).resize(size, Image.Resampling.BILINEAR)), 0.02, 0.98)
    if not (where > 0.5).any():
        return None
    lab = rgb2lab(small).astype(np.float32)
    cells = np.clip(((lab + (0, 96, 96)) / (7, 8, 8)).astype(np.int64), 0, (15, 23, 23))
    flat = np.ravel_multi_index(tuple(np.moveaxis(cells, -1, 0)), (16, 24, 24))
    links = _links(lab)
    mask = where
    for _ in range(ROUNDS):
        odds = np.log(where / (1 - where)) + np.clip(_color_odds(flat, mask), -COLOR_SAYS, COLOR_SAYS)
        belief = 1 / (1 + np.exp(-odds))
        mask = _walk(belief, links)
    whole = np.zeros(prior.shape, np.float32)
    fitted = _fitted(mask, lab, rgb2lab(rgb[top:bottom, left:right]).astype(np.float32))
    whole[top:bottom, left:right] = drop_scraps(_steep(fitted), COMPANION)
    return whole if (whole > 0.5).any() else None


def _color_odds(cells: NDArray[np.int64], mask: FloatArray) -> FloatArray:
    """Logarithm of how much commoner each pixel's color is inside the mask than outside it."""
    inside, outside = (
        ndimage.gaussian_filter(np.bincount(cells.ravel(), share.ravel(), 16 * 24 * 24).reshape(16, 24, 24), 1.0).ravel()
        for share in (mask, 1 - mask)
    )
    floor = 2e-5
    odds = np.log(inside / max(float(mask.sum()), 1.0) + floor) - np.log(outside / max(float((1 - mask).sum()), 1.0) + floor)
    return np.asarray(odds[cells], np.float32)


def _links(lab: FloatArray) -> sparse.csr_matrix:
    """The Laplacian of the pixel grid, with links that are weak across edges."""
    height, width = lab.shape[:2]
    number = np.arange(height * width).reshape(height, width)
    pairs = [(number[:, :-1], number[:, 1:], lab[:, :-1] - lab[:, 1:]), (number[:-1], number[1:], lab[:-1] - lab[1:])]
    first = np.concatenate([a.ravel() for a, _, _ in pairs])
    second = np.concatenate([b.ravel() for _, b, _ in pairs])
    step = np.concatenate([(d * d).sum(-1).ravel() for _, _, d in pairs])
    weight = np.exp(-step / (2 * max(float(step.mean()), 1.0))) + 1e-3
    links = sparse.coo_matrix((weight, (first, second)), (height * width,) * 2)
    links = links + links.T
    return sparse.diags(np.asarray(links.sum(1)).ravel()) - links


def _walk(belief: FloatArray, links: sparse.csr_matrix) -> FloatArray:
    """The mask that stays near the belief where it is firm and changes only across edges: a sparse linear system."""
    firmness = 0.02 + np.abs(2 * belief.ravel() - 1) ** 2
    solved = spsolve((sparse.diags(firmness) + 8.0 * links).tocsc(), firmness * belief.ravel())
    return np.asarray(np.clip(solved.reshape(belief.shape), 0, 1), np.float32)


def _fitted(mask: FloatArray, lab: FloatArray, full: FloatArray) -> FloatArray:
    """The mask of a shrunk photo at the photo's own size, its rim where the photo's colors change.

    Around each pixel the mask is a linear function of the color, fitted on the shrunk copy and applied to the photo itself (He, Sun,
    "Fast guided filter", 2015).
    """
    guide = np.asarray(lab / 100, np.float32)
    middle, level = _mean(guide), _mean(mask)
    spread = _mean(guide[..., :, None] * guide[..., None, :]) - middle[..., :, None] * middle[..., None, :]
    shared = _mean(guide * mask[..., None]) - middle * level[..., None]
    slope = np.linalg.solve(spread + 1e-3 * np.eye(3, dtype=np.float32), shared[..., None])[..., 0]
    planes = np.concatenate([_mean(slope), _mean(level - (slope * middle).sum(-1))[..., None]], axis=-1)
    size = full.shape[1::-1]
    sized = np.stack(
        [np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR)) for plane in np.moveaxis(planes, -1, 0)], -1
    )
    return np.asarray(np.clip((sized[..., :3] * full / 100).sum(-1) + sized[..., 3], 0, 1), np.float32)


def _mean(values: FloatArray) -> FloatArray:
    """Each pixel's values (H, W, …) averaged with those up to :data:`RIM` pixels away."""
    sizes = (2 * RIM + 1,) * 2 + (1,) * (values.ndim - 2)
    return np.asarray(ndimage.uniform_filter(values, sizes, mode="nearest"), np.float32)


def _steep(mask: FloatArray) -> FloatArray:
    """The mask with a rim of a pixel or two instead of a wide slope."""
    return np.asarray(1 / (1 + np.exp(-14 * (mask - 0.5))), np.float32)


def _sure(mask: FloatArray, saliency: FloatArray) -> bool:
    """Whether mask and map agree so well that what lies outside may be left out."""
    solid, seen = mask > 0.5, saliency > 0.5
    union = float((solid | seen).sum())
    return bool(0.02 < solid.mean() < 0.85 and (solid & seen).sum() > 0.6 * union)
