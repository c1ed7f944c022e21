"""Drops from a mask what is not the subject: specks, captions, rulers.

Knows the shapes of the mask's parts alone, no colors.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from picasso_series.strokes import FloatArray

SHARE = 0.12
"""Area of a second subject, as a share of the largest part's: less is a scrap unless it lies beside a part that is kept."""

CHIP = 0.002
"""Area of a chip (the end of a thin limb that broke off), as a share of the largest part's: less is a speck wherever it lies."""

NEAR = 0.015
"""Gap between a chip and the part it broke off, as a share of the photo's diagonal."""


def drop_scraps(mask: FloatArray, share: float = SHARE) -> FloatArray:
    """The mask without scraps: its largest part, other large parts that are no rulers, and chips beside those.

    Args:
        mask: float32 (H, W) in [0, 1].
        share: area of a second subject, as a share of the largest part's.
    """
    solid = mask > 0.5
    labels, count = ndimage.label(solid, np.ones((3, 3)))
    if count <= 1:
        return mask
    index = np.arange(1, count + 1)
    areas = ndimage.sum_labels(solid, labels, index)
    # A part in the middle is the subject rather than a larger one along the border.
    height, width = mask.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    weights = areas * ndimage.mean(np.exp(-(x * x + y * y)), labels, index)
    main = int(weights.argmax())
    kept = np.zeros(count + 1, bool)
    for i, box in enumerate(ndimage.find_objects(labels)):
        kept[i + 1] = i == main or (areas[i] >= share * areas[main] and not _bar(box, float(areas[i])))
    gaps = ndimage.minimum(ndimage.distance_transform_edt(~kept[labels]), labels, index)
    kept[1:] |= (gaps < NEAR * np.hypot(height, width)) & (areas >= max(4, CHIP * areas[main]))
    # The soft rim of a part belongs to it: everything goes with the part nearest to it.
    nearest = ndimage.distance_transform_edt(~solid, return_distances=False, return_indices=True)
    return np.where(kept[labels[tuple(nearest)]], mask, 0).astype(np.float32)


def _bar(box: tuple[slice, slice], area: float) -> bool:
    """Whether a part is a filled, long, upright or level rectangle, as rulers, captions' bars and ribbons are."""
    height, width = (part.stop - part.start for part in box)
    return bool(max(height, width) > 5 * min(height, width) and area > 0.8 * height * width)
