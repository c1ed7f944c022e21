"""A photo becomes a subject: what to draw, cut out and centered in the square canvas.

Decides where the mask comes from (alpha, a file, a plain backdrop, a cutter, saliency, or none) and frames it; knows nothing of how a
cutter or a learned saliency works, of strokes or of run folders.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from picasso_series.backdrop import find_backdrop
from picasso_series.cutter import Cutter, find_cutter
from picasso_series.errors import BadInputError
from picasso_series.levels import Placement, Subject, with_mask
from picasso_series.photo import Photo, load_photo
from picasso_series.scene import find_salient
from picasso_series.scraps import drop_scraps
from picasso_series.strokes import CANVAS, FloatArray

MARGIN = 0.07
"""Empty space on each side of a cut-out subject, as a share of the canvas."""

DETAIL = 4 * CANVAS
"""Side of the square that pictures show, in pixels: about what the photo takes of a film's frame."""

MOSTLY, MUCH_ELSE, UNLIKELY = 0.7, 0.85, 0.5
"""A backdrop's mask gives way when it covers more than the first share of the salient subject, that subject is less than the second
share of it, and of half of the rest the map says less than the third."""
TAKEN, SURELY = 0.05, 0.97
"""It also gives way when it lacks more than this share of that subject, and of half of what it lacks the map says more than this: white
fur before a white wall."""

Saliency = Callable[[NDArray[np.uint8]], FloatArray]
"""Says where the eye goes: uint8 (H, W, 3) sRGB to float32 (H, W) in [0, 1]."""


def prepare_subject(
    photo: Photo, mask: str = "auto", saliency: Saliency | None = None, cutter: Callable[[], Cutter | None] = find_cutter
) -> Subject:
    """Cut the subject out of a photo and center it in the canvas.

    Under "auto" the photo's alpha is the mask if it has one; else what stands before a plain backdrop, unless a cutter or the map shows
    that this holds much else or lacks a part of the subject; else what a cutter finds where there is one; else the most salient thing
    when ``saliency`` is given; else the whole photo. The subject's box (mask above one half)
    fills the canvas up to :data:`MARGIN`; "none" letterboxes the whole photo without a margin. Beyond the photo the canvas is white and
    the mask 0: nothing is made up, so a subject that runs out of the photo ends there with a straight cut, which is no outline (the
    placement's ``photo_box`` tells where).

    Args:
        photo: the loaded photo.
        mask: "auto", "none" (all of the photo is the subject), or the path of a mask picture in the photo's aspect, white (or opaque,
            if it has an alpha) on the subject.
        saliency: where the eye goes, asked under "auto" unless alpha or a cutter gives the subject.
        cutter: gives the machine's cutter, if it has one; asked only when there is neither alpha nor a mask picture.

    Raises:
        BadInputError: there is nothing to draw, or the mask picture cannot be used.
    """
    found, source, cut = _find_mask(photo, mask, saliency, cutter)
    height, width = found.shape
    if source == "none":
        box = (0.0, 0.0, float(width), float(height))
        side = float(max(width, height))
    else:
        box = _box(found)
        side = max(box[2] - box[0], box[3] - box[1]) / (1 - 2 * MARGIN)
    corner = ((box[0] + box[2] - side) / 2, (box[1] + box[3] - side) / 2)
    cutout = _on_white(photo, found, source, cut)
    canvas_rgb, canvas_mask = _frame(cutout, found, corner, side)
    across, down = photo.width / width, photo.height / height
    # The canvas is square in the photo's own pixels: both ratios agree up to the rounding of the shrunk photo's size.
    placement = Placement(corner[0] * across, corner[1] * down, side * (across + down) / 2, photo.width, photo.height)
    return Subject(canvas_rgb, canvas_mask, placement, source, with_mask(*_frame(cutout, found, corner, side, DETAIL)))


def _box(mask: FloatArray) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the mask above one half, in its pixels; stray specks do not stretch it."""
    labels, _ = ndimage.label(mask > 0.5, np.ones((3, 3)))
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    solid = (areas >= 0.001 * areas.max())[labels] & (labels > 0)
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _find_mask(photo: Photo, mask: str, saliency: Saliency | None, cutter: Callable[[], Cutter | None]) -> tuple[FloatArray, str, bool]:
    """The mask at the loaded photo's size, where it came from, and whether what lies outside is to be white."""
    whole = np.ones(photo.rgb.shape[:2], np.float32)
    if photo.alpha is not None and not (photo.alpha > 0.5).any():
        raise BadInputError(f"{photo.name} is transparent all over, so there is nothing to draw; give another photo")
    # A white shape on a transparent ground still has an outline to draw.
    shaped = photo.alpha is not None and bool((photo.alpha <= 0.5).any())
    if not shaped and _flat(photo.rgb):
        raise BadInputError(f"{photo.name} has the same color all over, so there is nothing to draw; give another photo")
    if mask == "none":
        if _flat(photo.rgb):
            raise BadInputError(f"{photo.name} shows nothing without its transparency; use --mask auto")
        return whole, "none", False
    if mask != "auto":
        return _from_file(photo, Path(mask)), "file", True
    if photo.alpha is not None:
        return photo.alpha, "alpha", True
    picture = None
    backdrop = find_backdrop(photo.rgb)
    if backdrop is not None:
        backdrop = drop_scraps(backdrop)
        if not (backdrop > 0.5).any():
            raise BadInputError(f"no subject was found in {photo.name}; draw all of it with --mask none, or give a mask picture")
        picture = _framed_picture(backdrop)
    inside = picture or (slice(None), slice(None))
    found = _seek(photo.rgb[inside], saliency, cutter())
    if found is not None and (backdrop is None or picture is not None or (found.sure and _fails(backdrop, found))):
        salient = np.zeros_like(whole)
        salient[inside] = found.mask
        return salient, found.source, found.sure
    if backdrop is not None:
        return backdrop, "backdrop", True
    return whole, "none", False


@dataclass(frozen=True, eq=False)
class _Found:
    """A salient subject's mask, the map it comes from (a cutter's is the mask itself), its source, and whether it may be cut along."""

    mask: FloatArray
    seen: FloatArray
    source: str
    sure: bool


def _seek(rgb: NDArray[np.uint8], saliency: Saliency | None, cutter: Cutter | None) -> _Found | None:
    """The subject before a real background, if one is found."""
    if cutter is not None:
        cut = cutter(rgb)
        if cut is not None and (cut > 0.5).any():
            return _Found(drop_scraps(cut), cut, cutter.name, True)
    if saliency is None:
        return None
    seen = saliency(rgb)
    mask, sure = find_salient(rgb, seen)
    return None if mask is None else _Found(mask, seen, "saliency", sure)


def _fails(backdrop: FloatArray, found: _Found) -> bool:
    """Whether a backdrop's mask holds much besides the salient subject (shadows, reflections, ground), or takes a sure part of it away."""
    kept, subject = backdrop > 0.5, found.mask > 0.5
    both, rest = float((kept & subject).sum()), kept & ~subject
    if both > MOSTLY * float(subject.sum()) and both < MUCH_ELSE * float(kept.sum()) and np.median(found.seen[rest]) < UNLIKELY:
        return True
    # Holes are the backdrop's to find, which asks much of them. A cutter's mask is as sure of its errors as of the rest.
    lost = subject & ~np.asarray(ndimage.binary_fill_holes(kept), bool)
    return found.source == "saliency" and lost.sum() > TAKEN * subject.sum() and float(np.median(found.seen[lost])) > SURELY


def _framed_picture(mask: FloatArray) -> tuple[slice, slice] | None:
    """The inside of a photo that has an even border: the mask is then one filled rectangle that takes most of the photo."""
    solid = mask > 0.5
    (box,) = ndimage.find_objects(solid.astype(np.int32))
    if solid[box].mean() < 0.99 or solid.mean() < 0.6:
        return None
    inset = max(2, round(0.01 * max(mask.shape)))
    return slice(box[0].start + inset, box[0].stop - inset), slice(box[1].start + inset, box[1].stop - inset)


def _flat(rgb: NDArray[np.uint8]) -> bool:
    """Whether nothing stands out, JPEG noise aside."""
    low, high = np.quantile(rgb.reshape(-1, 3), (0.0005, 0.9995), axis=0)
    return bool((high - low).max() < 8)


def _from_file(photo: Photo, path: Path) -> FloatArray:
    """The mask of a mask picture, resampled to the loaded photo's size."""
    picture = load_photo(path)
    across, down = picture.width / photo.width, picture.height / photo.height
    # A mask of few pixels cannot have the photo's aspect exactly: its sides may be a pixel off.
    if abs(across / down - 1) > 0.02 + 1 / min(picture.width, picture.height):
        sizes = f"{picture.width}x{picture.height} but the photo {photo.width}x{photo.height}"
        raise BadInputError(f"the mask {path} is {sizes}; give a mask in the photo's aspect")
    gray = np.asarray(Image.fromarray(picture.rgb).convert("L"), np.float32) / 255
    values = gray if picture.alpha is None else picture.alpha
    height, width = photo.rgb.shape[:2]
    sized = Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC)
    mask = np.clip(np.asarray(sized, np.float32), 0, 1)
    if not (mask > 0.5).any():
        raise BadInputError(f"the mask {path} is empty; paint the subject white in it, on black")
    return mask


def _on_white(photo: Photo, mask: FloatArray, source: str, cut: bool) -> FloatArray:
    """The loaded photo with white for what is not the subject, float32 (H, W, 3) in 0 to 255."""
    rgb = photo.rgb.astype(np.float32)
    # A photo with alpha already lies on white.
    if not cut or source == "alpha":
        return rgb
    if source == "backdrop":
        # A rim pixel is part subject, part backdrop: the backdrop's part, known from the nearest pure pixel, is exchanged for white.
        nearest = ndimage.distance_transform_edt(mask > 0.02, return_distances=False, return_indices=True)
        return np.asarray(np.clip(rgb + (1 - mask[..., None]) * (255 - rgb[tuple(nearest)]), 0, 255), np.float32)
    return rgb * mask[..., None] + 255 * (1 - mask[..., None])


def _frame(
    rgb: FloatArray, mask: FloatArray, corner: tuple[float, float], side: float, pixels: int = CANVAS
) -> tuple[NDArray[np.uint8], FloatArray]:
    """The square at ``corner`` with side ``side`` (in loaded pixels; white, with mask 0, beyond the photo), ``pixels`` a side."""
    scale = pixels / side
    if scale > 1:
        # An enlarged mask would show the stairs of its pixels; so slight a blur leaves lines of one pixel above one half.
        mask = ndimage.gaussian_filter(mask, 0.55, mode="nearest")
    height, width = mask.shape
    pad = 3
    left, top = min(0, math.floor(corner[0])) - pad, min(0, math.floor(corner[1])) - pad
    right, bottom = max(width, math.ceil(corner[0] + side)) + pad, max(height, math.ceil(corner[1] + side)) + pad
    around = ((-top, bottom - height), (-left, right - width))
    region = (corner[0] - left, corner[1] - top, corner[0] - left + side, corner[1] - top + side)
    kind = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.LANCZOS
    # Darkness instead of color, so that white is 0. The edge is drawn out for the filter's sake and then cut off exactly.
    planes = [np.pad(plane, around, mode="edge") for plane in (*np.moveaxis(255 - rgb, -1, 0), mask)]
    down, across = (_cover(-start * scale, (end - start) * scale, pixels) for start, end in zip(corner[::-1], (height, width), strict=True))
    within = np.outer(down, across)
    sized = [np.asarray(Image.fromarray(plane).resize((pixels, pixels), kind, box=region)) * within for plane in planes]
    canvas = np.clip(np.rint(255 - np.stack(sized[:3], axis=-1)), 0, 255).astype(np.uint8)
    return canvas, np.clip(sized[3], 0, 1).astype(np.float32)


def _cover(start: float, end: float, pixels: int) -> FloatArray:
    """How much of each of so many pixels lies between two places along an axis, float32 (pixels,) in [0, 1]."""
    edges = np.arange(pixels + 1)
    return np.diff(np.clip(edges, start, end)).astype(np.float32)
