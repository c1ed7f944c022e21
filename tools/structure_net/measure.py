"""Measures the embedded encoder's masks and marks on pictures that training never saw and of which the truth is known.

    python -m tools.structure_net.measure DATA WORK

Each held-out cut-out is laid over held-out photos: whole, at a size at which people photograph things, with its shadow as often as
not; and once more with all that training uses to make it hard. Printed is the mean intersection over union at one half, of the net's
map and of the mask that the program makes of it. The same is told of held-out photos whose subjects somebody has outlined, beginning with
what an earlier net had found. Eyes and noses are sought with the program's rules in the held-out pictures in which
they are marked, cut out and before paper, though these have fewer pixels than the program looks at. Of the lines that somebody judged in
held-out pictures it is told how often one that an artist would draw is held for likelier than one of the same picture that is none.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.curves import arc_length
from picasso_series.encoders.structure import StructureEncoder
from picasso_series.faces import Mark, peaks
from picasso_series.scene import find_salient
from picasso_series.telling import odds
from tools.structure_net.arrays import load
from tools.structure_net.composites import OWN_DOMAIN, Composer, shadowed
from tools.structure_net.faces import Faces, load_faces
from tools.structure_net.outlines import load_outlines
from tools.structure_net.telling import judged_pictures
from tools.structure_net.warp import grids, recolor, see

SEED = 7
SIDE = 224
EACH = 3
"""Photos that each cut-out is laid over."""
NEAR = 0.04
"""A mark is right within this share of the picture's side from a true one."""

Picture = NDArray[np.uint8]
Mask = NDArray[np.float32]
Odds = NDArray[np.float64]


def plain_composites(work: Path) -> Iterator[tuple[Picture, Mask]]:
    """Every held-out cut-out over a few held-out photos: (SIDE, SIDE, 3) and how much of each pixel is subject."""
    cutouts, photos = load(work, "cutouts", held_out=True), load(work, "photos", held_out=True)
    own = cutouts.only(cutouts.domain == OWN_DOMAIN)
    scenes = photos.only(np.isin(photos.domain, (0, 4)))
    for number in range(len(own.pixels)):
        rng = np.random.default_rng([SEED, number])
        planes = see(own.planes(np.full(EACH, number)), grids(rng, EACH, SIDE, (0.9, 1.6), 0.3, 0.05), "zeros")
        ground = scenes.planes(rng.choice(len(scenes.pixels), EACH))
        ground = recolor(rng, see(ground, grids(rng, EACH, SIDE, (0.5, 1.0), 0.3, 0.05), "reflection"), 0.5)
        color, alpha = planes[:, :3], planes[:, 3:]
        yield from _pixels(color + shadowed(rng, ground, alpha) * (1 - alpha), alpha)


def hard_composites(work: Path) -> Iterator[tuple[Picture, Mask]]:
    """Held-out cut-outs over held-out photos as training makes its composites."""
    cutouts, photos = load(work, "cutouts", held_out=True), load(work, "photos", held_out=True)
    composer = Composer(cutouts.only(cutouts.domain == OWN_DOMAIN), photos)
    for number in range(10):
        yield from _pixels(*composer.batch(np.random.default_rng([SEED, 1000, number]), 20, SIDE))


def outlined_photos(work: Path) -> Iterator[tuple[Picture, Mask]]:
    """Held-out photos whose subjects are outlined."""
    outlined = load_outlines().of(load(work, "photos", held_out=True))
    for pixels, map_ in zip(outlined.photos.pixels, outlined.maps, strict=True):
        yield pixels, map_ / np.float32(255)


def _pixels(pictures: Tensor, masks: Tensor) -> Iterator[tuple[Picture, Mask]]:
    rgb = pictures.clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1).numpy()
    for picture, mask in zip(rgb, masks[:, 0].numpy(), strict=True):
        # A subject that a random change has moved out of the picture measures nothing.
        if (mask > 0.5).mean() > 0.01:
            yield picture, mask


def overlap(found: Mask | None, truth: Mask) -> float:
    """Intersection over union at one half; 0 where nothing was found."""
    if found is None:
        return 0.0
    a, b = found > 0.5, truth > 0.5
    return float((a & b).sum() / max(1, (a | b).sum()))


def scores(saliency: Callable[[Picture], Mask], pictures: Iterator[tuple[Picture, Mask]]) -> NDArray[np.float64]:
    """Overlaps (N, 2) of the net's map and of the program's mask."""
    found = []
    for rgb, truth in pictures:
        seen = saliency(rgb)
        found.append((overlap(seen, truth), overlap(find_salient(rgb, seen)[0], truth)))
    return np.array(found)


def marked(encoder: StructureEncoder, faces: Faces) -> Iterator[tuple[list[Mark], NDArray[np.float64]]]:
    """The marks that are found in every picture that was looked at whole, and the true ones, (k, 4) as in :class:`Faces`."""
    for square, truth, unsure in zip(faces.planes, faces.marks, faces.unsure, strict=True):
        if not unsure:
            alpha = square[..., 3:] / 255
            paper = np.rint(square[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
            yield peaks(encoder.faces(paper), alpha[..., 0]), truth


def count_marks(pictures: Iterator[tuple[list[Mark], NDArray[np.float64]]], side: int) -> tuple[int, int, int]:
    """Of pictures of that side: how many marks were found, how many of those are near a true one, and how many true ones there are."""
    found = right = true = 0
    for marks, truth in pictures:
        found, true = found + len(marks), true + len(truth)
        right += sum(bool((np.hypot(truth[:, 1] - mark.x, truth[:, 2] - mark.y) <= NEAR * side).any()) for mark in marks)
    return found, right, true


def judged(encoder: StructureEncoder, data: Path) -> Iterator[tuple[Odds, Odds, NDArray[np.bool_]]]:
    """Of every held-out picture's lines: how likely the encoder holds them to be telling, their contrast times length, and the truth."""
    for subject, lines in judged_pictures(data, encoder, held_out=True):
        seen = encoder.telling(subject.rgb)
        ours = np.array([odds(line, seen) for line, _ in lines])
        plain = np.array([line.weight * arc_length(line.chain)[-1] for line, _ in lines])
        yield ours, plain, np.array([drawn for _, drawn in lines])


def in_order(pictures: Iterable[tuple[Odds, NDArray[np.bool_]]]) -> float:
    """Mean over pictures of the share of their pairs, of a line that is drawn and one that is not, in which the former is the likelier."""
    shares = []
    for likely, drawn in pictures:
        if drawn.any() and not drawn.all():
            ahead = likely[drawn][:, None] - likely[~drawn]
            shares.append(((ahead > 0) + 0.5 * (ahead == 0)).mean())
    return float(np.mean(shares))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the archives")
    parser.add_argument("work", type=Path, help="folder that prepare has filled")
    options = parser.parse_args()
    work = options.work
    torch.set_num_threads(1)
    encoder = StructureEncoder.load()
    kinds = {"plain composites": plain_composites, "hard composites": hard_composites, "outlined photos": outlined_photos}
    for name, pictures in kinds.items():
        found = scores(encoder.saliency, pictures(work))
        map_mean, mask_mean = found.mean(0)
        low = (found < 0.5).mean(0)
        print(f"{len(found)} {name}: mean IoU {map_mean:.3f} map, {mask_mean:.3f} mask; below 0.5: {low[0]:.1%}, {low[1]:.1%}")
    faces = load_faces(work, held_out=True).cut_out(encoder.saliency)
    found, right, true = count_marks(marked(encoder, faces), faces.planes.shape[1])
    print(f"eyes and noses: {true} in {int((~faces.unsure).sum())} pictures; {found} found, {right} of them right")
    lines = list(judged(encoder, options.data))
    ours, plain = in_order((likely, drawn) for likely, _, drawn in lines), in_order((ink, drawn) for _, ink, drawn in lines)
    count = sum(len(drawn) for _, _, drawn in lines)
    print(f"lines: {count} in {len(lines)} pictures; in order {ours:.1%} of a picture's pairs, by contrast and length alone {plain:.1%}")


if __name__ == "__main__":
    main()
