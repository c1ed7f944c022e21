"""Finds a subject in front of a plain backdrop: white paper, a studio wall, a soft gradient.

Knows colors and shapes alone: the backdrop is what is joined to the photo's border and has the border's color, which may drift slowly
over the photo. Knows no files, no alpha, no learned saliency and no canvas.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import rgb2lab
from skimage.segmentation import watershed

from picasso_series.strokes import FloatArray

BoolArray = NDArray[np.bool_]

PLAIN_SHARE = 0.55
"""Share of the border that must have the backdrop's color (a subject may run out of the photo)."""

FLATTEST = 1.0
"""Color distance (CIE76) below which nothing is told apart, however clean the photo."""

BLOCK = 8
"""Reach of a halo in pixels: the side of a JPEG block."""

HALO = 0.2
"""Share of the strongest contrast nearby below which a pixel may be the ringing of an edge."""

SHARP = 4.0
"""Contrast around a hole, in units of the limit below which a color is the backdrop's."""

TINT = 0.035
"""How far a hole's mean color may be off the backdrop's, as a share of the contrast around it."""


def find_backdrop(rgb: NDArray[np.uint8]) -> FloatArray | None:
    """The soft mask of what stands before a plain backdrop.

    Args:
        rgb: uint8 (H, W, 3), sRGB.

    Returns:
        float32 (H, W) in [0, 1], 1 on the subject; all 0 when there is nothing but backdrop; None when the border is not plain.
    """
    lab = rgb2lab(rgb).astype(np.float32)
    model = _border_model(lab)
    if model is None:
        return None
    backdrop, noise = model
    limit = max(FLATTEST, 3.0 * noise)
    residual = lab - backdrop
    known = 0
    for _ in range(3):
        outside = _joined_to_border(np.linalg.norm(_calm(residual, limit), axis=-1) < limit)
        if outside.sum() < 1.001 * known:
            break
        known = int(outside.sum())
        residual = lab - _local_backdrop(lab, backdrop, outside)
    distance = np.linalg.norm(_calm(residual, limit), axis=-1)
    like = distance < limit
    outside = _joined_to_border(like)
    strongest = ndimage.maximum_filter(distance, 2 * BLOCK + 1)
    outside |= _holes(~outside & (distance < np.maximum(limit, 0.6 * HALO * strongest)), residual, distance, limit)
    return _soften(_cut(lab, outside, distance, strongest, limit), residual, limit)


def _local_backdrop(lab: FloatArray, backdrop: FloatArray, outside: BoolArray) -> FloatArray:
    """The backdrop's color bent to what is already known to be backdrop nearby: light falls off in more ways than a surface of order 2."""
    height, width = outside.shape
    step = max(1, max(height, width) // 128)
    rows, columns = -(-height // step), -(-width // step)
    pad = ((0, rows * step - height), (0, columns * step - width))
    known = np.pad(outside, pad).astype(np.float32)
    bend = np.pad((lab - backdrop) * outside[..., None], (*pad, (0, 0)))
    weight = ndimage.gaussian_filter(known.reshape(rows, step, columns, step).mean((1, 3)), 6)
    blocks = bend.reshape(rows, step, columns, step, 3).mean((1, 3))
    blocks = np.stack([ndimage.gaussian_filter(blocks[..., c], 6) for c in range(3)], axis=-1) / (weight[..., None] + 1e-3)
    grid = np.mgrid[:height, :width].astype(np.float32)
    places = (grid + 0.5) / step - 0.5
    bends = [ndimage.map_coordinates(blocks[..., c], places, order=1, mode="nearest") for c in range(3)]
    return np.asarray(backdrop + np.stack(bends, axis=-1), np.float32)


def _cut(lab: FloatArray, outside: BoolArray, distance: FloatArray, strongest: FloatArray, limit: float) -> BoolArray:
    """The subject cut along the strongest edge between what is backdrop for sure and what is subject for sure.

    Beside a strong edge lies a halo (JPEG rings over a block of 8 pixels, lenses blur) that is neither: too far from the backdrop's
    color to be joined to it, too near it beside so strong an edge to be subject.
    """
    sure = ~outside & (distance > np.maximum(limit, HALO * strongest))
    if sure.any():
        # A patch without one clear pixel is noise or a stain of the backdrop.
        clear = max(2.5 * limit, 0.25 * float(np.quantile(distance[sure], 0.9)))
        labels, count = ndimage.label(sure, np.ones((3, 3)))
        peaks = ndimage.maximum(distance, labels, np.arange(1, count + 1))
        sure &= np.concatenate([[False], np.atleast_1d(peaks) > clear])[labels]
    markers = np.where(outside, 1, np.where(sure, 2, 0))
    edges = np.sqrt(sum(ndimage.gaussian_gradient_magnitude(lab[..., c], 0.7) ** 2 for c in range(3)))
    return np.asarray(watershed(edges, markers) == 2, np.bool_)  # type: ignore[no-untyped-call]


def _border(height: int, width: int) -> BoolArray:
    ring = max(2, min(round(0.012 * max(height, width)), min(height, width) // 4))
    border = np.ones((height, width), bool)
    border[ring:-ring, ring:-ring] = False
    return border


def _basis(height: int, width: int, order: int) -> FloatArray:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = [np.ones_like(x)]
    if order >= 1:
        terms += [x, y]
    if order >= 2:
        terms += [x * x, x * y, y * y]
    return np.stack(terms, axis=-1)


def _border_model(lab: FloatArray) -> tuple[FloatArray, float] | None:
    """The backdrop's color at every pixel, (H, W, 3) in Lab, and its noise; None when the border is not plain."""
    height, width = lab.shape[:2]
    border = _border(height, width)
    colors = lab[border]
    # The commonest color of the border starts the fit; a surface that may tilt and bend follows light that falls off.
    cells, inverse, counts = np.unique(np.round(colors / 6).astype(np.int32), axis=0, return_inverse=True, return_counts=True)
    center = np.median(colors[inverse.ravel() == counts.argmax()], axis=0)
    fitted = np.broadcast_to(center, colors.shape)
    coefficients = center[None]
    order = 0
    for order, reach in ((0, 14.0), (1, 12.0), (1, 10.0), (2, 9.0), (2, 8.0)):
        near = np.linalg.norm(colors - fitted, axis=1) < reach
        if near.sum() < 16:
            return None
        basis = _basis(height, width, order)[border]
        coefficients = np.linalg.lstsq(basis[near], colors[near], rcond=None)[0]
        fitted = basis @ coefficients
    distance = np.linalg.norm(colors - fitted, axis=1)
    near = distance < 8
    noise = float(np.median(distance[near]))
    if near.mean() < PLAIN_SHARE or noise > 4:
        return None
    return (_basis(height, width, order) @ coefficients).astype(np.float32), noise


def _calm(residual: FloatArray, limit: float) -> FloatArray:
    """The residual averaged over neighbors that are near the backdrop as well.

    JPEG's ringing beside an edge swings about the backdrop's color and cancels, a light part of the subject does not.
    """
    near = (np.linalg.norm(residual, axis=-1) < 5 * limit).astype(np.float32)
    weight = ndimage.gaussian_filter(near, 1.2)
    total = np.stack([ndimage.gaussian_filter(residual[..., c] * near, 1.2) for c in range(3)], axis=-1)
    return np.where(near[..., None] > 0, total / np.maximum(weight, 1e-6)[..., None], residual)


def _joined_to_border(like: BoolArray) -> BoolArray:
    labels, count = ndimage.label(like)
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.isin(labels, np.setdiff1d(edge, [0]))


def _holes(like: BoolArray, residual: FloatArray, distance: FloatArray, limit: float) -> BoolArray:
    """Enclosed regions that are backdrop seen through the subject, between legs or inside a handle.

    A light patch of the subject fades into its surroundings or has a tint; backdrop has none and ends as sharply as the outline does.
    """
    labels, count = ndimage.label(like)
    holes = np.zeros_like(like)
    if not count:
        return holes
    index = np.arange(1, count + 1)
    sizes = ndimage.sum_labels(like, labels, index)
    tint = np.linalg.norm([ndimage.mean(residual[..., c], labels, index) for c in range(3)], axis=0)
    large = sizes >= max(12, 1e-4 * like.size)
    for label, box in zip(index[large], [box for box, ok in zip(ndimage.find_objects(labels), large, strict=True) if ok], strict=True):
        window = tuple(slice(max(0, part.start - 4), part.stop + 4) for part in box)
        region = labels[window] == label
        ring = ndimage.binary_dilation(region, iterations=4) & ~ndimage.binary_dilation(region, iterations=2)
        # Ringing beside white is cut off at white and leaves a trace of a tint.
        contrast = np.quantile(distance[window][ring], 0.3)
        if contrast > SHARP * limit and tint[label - 1] < max(limit, TINT * contrast):
            holes[window] |= region
    return holes


def _soften(subject: BoolArray, residual: FloatArray, limit: float) -> FloatArray:
    """A soft edge: how far each pixel of the rim has gone from the backdrop's color to that of the subject just inside."""
    depth = ndimage.distance_transform_edt(np.pad(subject, 1, mode="edge"))[1:-1, 1:-1]
    # Thin parts have no inside: their ridge stands for it.
    core = subject & ((depth > 2) | (depth >= ndimage.maximum_filter(depth, 3)))
    mask = subject.astype(np.float32)
    if not core.any():
        return mask
    rim = ndimage.binary_dilation(subject) & ~(depth > 2)
    nearest = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    full = residual[tuple(nearest)]
    power = (full * full).sum(-1)
    share = (residual * full).sum(-1) / np.maximum(power, 1e-6)
    trusted = rim & (power > (3 * limit) ** 2)
    mask[trusted] = np.clip(share[trusted], 0, 1)
    return mask
