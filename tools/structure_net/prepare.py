"""Makes what training reads: cut-outs, photos and drawings of both, and pictures with marked faces, as arrays in one folder.

    python -m tools.structure_net.prepare DATA WORK

Besides the cut-outs of their own archive, PACS pictures before a plain backdrop are cut out by the program itself. Drawings take most
of the time (0.2 s a picture), so that only some of the photos have any and only some of PACS' paintings and cartoons are used.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from picasso_series.errors import BadInputError
from picasso_series.levels import Subject
from picasso_series.photo import Photo
from picasso_series.strokes import CANVAS
from picasso_series.subject import prepare_subject
from tools.structure_net.archives import CLASSES, CUTOUTS, DOMAINS, PACS, SAMPLE, as_photo, read
from tools.structure_net.drawings import KINDS, SIDE, draw
from tools.structure_net.faces import store_faces
from tools.structure_net.split import is_held_out

PHOTO_SIDE = 160
EVERY = {"art_painting": 6, "cartoon": 4, "sketch": 3}
"""Of these domains only every so manieth picture is used."""
DRAWN = {"photo": 2, "imagenet-sample": 3}
"""Of these only every so manieth picture has drawings; the others serve as backgrounds."""


@dataclass(frozen=True, eq=False)
class Found:
    """What one picture gives.

    Attributes:
        name: its path in its archive.
        label: index of its class in PACS, -1 if it is not from there.
        domain: index of its domain in PACS; 4 for the ImageNet sample, 5 for cut-outs.
        pixels: uint8 (CANVAS, CANVAS, 4), premultiplied, for a cut-out; (PHOTO_SIDE, PHOTO_SIDE, 3) for a photo.
        ink: uint8 (KINDS, SIDE, SIDE), drawings of it; all 0 where it has none.
    """

    name: str
    label: int
    domain: int
    pixels: NDArray[np.uint8]
    ink: NDArray[np.uint8]


def examine(name: str, pixels: NDArray[np.uint8], drawn: bool) -> Found:
    """Cut a picture out, if it can be, and draw it, if it is to have drawings."""
    parts = PurePosixPath(name).parts
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
    if parts[0] == "cutouts":
        return _cut_out(name, -1, 5, prepare_subject(as_photo(pixels, name)), rng)
    label, domain = (CLASSES.index(parts[2]), DOMAINS.index(parts[1])) if parts[0] == "pacs" else (-1, 4)
    whole = np.asarray(Image.fromarray(pixels).resize((PHOTO_SIDE, PHOTO_SIDE), Image.Resampling.BICUBIC))
    if domain == DOMAINS.index("sketch"):
        ink = np.asarray(Image.fromarray(255 - pixels).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX))
        return Found(name, label, domain, whole, np.repeat(ink[None], KINDS, 0))
    if not drawn:
        return Found(name, label, domain, whole, np.zeros((KINDS, SIDE, SIDE), np.uint8))
    plain = _plain(as_photo(pixels, name)) if label >= 0 else None
    if plain is not None:
        return _cut_out(name, label, domain, plain, rng)
    large = np.asarray(Image.fromarray(pixels).resize((CANVAS, CANVAS), Image.Resampling.BICUBIC))
    return Found(name, label, domain, whole, draw(prepare_subject(as_photo(large, name), "none"), rng))


def _cut_out(name: str, label: int, domain: int, subject: Subject, rng: np.random.Generator) -> Found:
    premultiplied = np.clip(subject.rgb - 255 * (1 - subject.mask[..., None]), 0, 255)
    rgba = np.concatenate([premultiplied, 255 * subject.mask[..., None]], -1)
    return Found(name, label, domain, np.rint(rgba).astype(np.uint8), draw(subject, rng))


def _plain(photo: Photo) -> Subject | None:
    """The subject before a plain backdrop, if it looks like one: of a fair size, in few parts, no filled rectangle."""
    try:
        subject = prepare_subject(photo)
    except BadInputError:
        return None
    solid = subject.mask > 0.5
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    share = float(solid.sum()) / max(1, len(rows) * len(columns))
    area = float(solid.sum()) * (subject.placement.side / CANVAS) ** 2 / (photo.width * photo.height)
    parts = ndimage.label(solid)[1]
    fine = subject.source == "backdrop" and 0.06 < area < 0.7 and parts <= 3 and share < 0.9
    return subject if fine else None


def _pictures(data: Path) -> Iterator[tuple[str, NDArray[np.uint8], bool]]:
    """Names and pixels of the pictures that are used, and whether they are to have drawings."""
    for archive in (CUTOUTS, SAMPLE, PACS):
        for number, (name, pixels) in enumerate(read(data / archive, "RGBA" if archive == CUTOUTS else "RGB")):
            parts = PurePosixPath(name).parts
            group = parts[1] if parts[0] == "pacs" else parts[0]
            if number % EVERY.get(group, 1) == 0:
                yield name, pixels, number % DRAWN.get(group, 1) == 0


def main() -> None:
    """Write ``faces.npz``, ``cutouts.npz`` and ``photos.npz``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the three archives")
    parser.add_argument("work", type=Path, help="folder for what is made")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    store_faces(options.data, options.work)
    used = list(_pictures(options.data))
    with ProcessPoolExecutor(options.jobs) as pool:
        everything = []
        for found in pool.map(examine, *zip(*used, strict=True), chunksize=8):
            everything.append(found)
            if len(everything) % 200 == 0:
                print(f"{len(everything)} of {len(used)}", flush=True)
    for file, channels in (("cutouts", 4), ("photos", 3)):
        kind = [found for found in everything if found.pixels.shape[-1] == channels]
        np.savez(
            options.work / f"{file}.npz",
            pixels=np.stack([found.pixels for found in kind]),
            ink=np.stack([found.ink for found in kind]),
            label=np.array([found.label for found in kind]),
            domain=np.array([found.domain for found in kind]),
            name=np.array([found.name for found in kind]),
            held_out=np.array([is_held_out(found.name) for found in kind]),
        )
        print(f"{len(kind)} {file}, {sum(is_held_out(found.name) for found in kind)} held out")


if __name__ == "__main__":
    main()
