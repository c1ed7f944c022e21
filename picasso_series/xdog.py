"""XDoG: the lines of a photo by filters alone, as CLIPasso takes them for where strokes may begin.

A picture that no optimizer drew: it weighs the saliency start, and is the plainest baseline that a drawing can be held against. Knows
colors; knows no subject, no strokes and no torch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from picasso_series.strokes import FloatArray

SIGMA, WIDER, GAMMA, PHI, EPSILON = 0.8, 8.0, 0.98, 200.0, -0.1
"""CLIPasso's values: the two blurs in pixels, the share of the wider one, the steepness, and the difference below which all is paper."""


def xdog_ink(rgb: NDArray[np.uint8]) -> FloatArray:
    """Where the extended difference of Gaussians of a photo is dark.

    The mean of the channels, blurred by 0.8 pixels, less 0.98 of it blurred by 8, through a steep tanh, then cut at Otsu's threshold.
    Formula: Winnemoeller, Kyprianidis, Olsen, "XDoG: an extended difference-of-Gaussians compendium", Computers & Graphics 36 (2012);
    values and threshold: CLIPasso (Vinker et al., SIGGRAPH 2022).

    Args:
        rgb: uint8 (H, W, 3), sRGB.

    Returns:
        float32 (H, W): 1 on lines, 0 elsewhere; all 0 for a photo of one color.
    """
    gray = rgb.astype(np.float64).mean(axis=2) / 255
    difference = ndimage.gaussian_filter(gray, SIGMA) - GAMMA * ndimage.gaussian_filter(gray, WIDER)
    tone = np.where(difference < EPSILON, 1.0, 1 + np.tanh(PHI * difference))
    spread = float(np.ptp(tone))
    if spread < 1e-9:
        return np.zeros(gray.shape, np.float32)
    tone = (tone - tone.min()) / spread
    return np.asarray(tone < threshold_otsu(tone), np.float32)
