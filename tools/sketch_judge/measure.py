"""``python -m tools.sketch_judge.measure RUN… | --photos DIR|PACS.zip``: how many drawings the judge names right, at each level.

Photos are drawn in memory by the settings asked for; of a PACS archive those are drawn that training never saw. What a run or photo
shows is taken from its photo's name or its folder's.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from picasso_series.evaluate.labels import label_of
from picasso_series.make import make_series
from picasso_series.presets import resolve
from picasso_series.run import open_run
from tools.sketch_judge.data import CLASSES, held_photos
from tools.sketch_judge.net import WEIGHTS, load, probabilities
from tools.sketch_judge.pictures import framed, strokes_of

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
DOGS = ("dachshund", "retriever", "shepherd", "terrier", "hound", "puppy")
"""Words in photos' names that mean a dog to a judge who knows no breeds."""


@dataclass(frozen=True)
class Drawn:
    """A drawing: what it is of, how many strokes it has, and the cubics (n, 4, 2) themselves."""

    name: str
    label: str
    strokes: int
    points: NDArray[np.float32]


def main() -> None:
    """Draw or read, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument("--photos", type=Path, action="append", default=[])
    parser.add_argument("--each", type=int, default=4, help="photos of each class of an archive (default 4, at most 8)")
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--levels", default="32,16,8,4")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--json", type=Path, help="write every verdict here")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every verdict")
    asked = parser.parse_args()
    if not asked.runs and not asked.photos:
        parser.error("name runs, or photos with --photos")
    drawings = [*_of_runs(asked.runs), *_of_photos(asked.photos, asked.each, asked.preset, asked.levels, asked.processes)]
    if not drawings:
        raise SystemExit(f"nothing shows one of {', '.join(CLASSES)}; name files or folders after what they show")
    judge = load(asked.weights)
    said = probabilities(judge, np.stack([framed(strokes_of(drawn.points)) for drawn in drawings]))
    if asked.json:
        record = [
            {"name": drawn.name, "label": drawn.label, "strokes": drawn.strokes, **dict(zip(CLASSES, row.round(4).tolist(), strict=True))}
            for drawn, row in zip(drawings, said, strict=True)
        ]
        asked.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for line in report(drawings, said, asked.verbose):
        print(line)


def report(drawings: list[Drawn], said: NDArray[np.float32], every: bool = False) -> Iterator[str]:
    """Top-1 and the mean probability of the true class, in all and by class, one line a level; with ``every``, each verdict too."""
    labels = np.array([CLASSES.index(drawn.label) for drawn in drawings])
    strokes = np.array([drawn.strokes for drawn in drawings])
    right, own = said.argmax(1) == labels, said[np.arange(len(labels)), labels]
    if every:
        for i, drawn in enumerate(drawings):
            best = int(said[i].argmax())
            yield f"{drawn.name:<32} {drawn.strokes:>3}  {drawn.label:<9} {own[i]:>4.0%}  says {CLASSES[best]} {said[i, best]:.0%}"
    for count in sorted(set(strokes.tolist()), reverse=True):
        level = strokes == count
        classes = ", ".join(
            f"{name} {right[level & (labels == k)].sum()}/{(level & (labels == k)).sum()}"
            for k, name in enumerate(CLASSES)
            if (level & (labels == k)).any()
        )
        yield f"{count:>3} strokes: top-1 {right[level].mean():>4.0%} of {level.sum()}, true class {own[level].mean():.2f}  ({classes})"


def _of_runs(folders: list[Path]) -> Iterator[Drawn]:
    for folder in folders:
        run = open_run(folder)
        label = _label(Path(run.manifest["photo"]["name"]).stem) or _label(folder.resolve().name)
        for level in run.series.levels if label else ():
            yield Drawn(folder.name, label or "", level.strokes, level.sketch.points)


def _of_photos(places: list[Path], each: int, preset: str, levels: str, processes: int) -> Iterator[Drawn]:
    with tempfile.TemporaryDirectory() as extracted:
        photos = []
        for place in places:
            if place.is_dir():
                photos += sorted(path for path in place.rglob("*") if path.suffix.lower() in ENDINGS)
            elif zipfile.is_zipfile(place):
                photos += list(_extracted(place, each, Path(extracted)))
            else:
                photos.append(place)
        labels = [_label(path.stem) or _label(path.parent.name) for path in photos]
        known = [(path, label) for path, label in zip(photos, labels, strict=True) if label]
        with ProcessPoolExecutor(processes) as pool:
            drawn = pool.map(_draw, [path for path, _ in known], repeat(preset), repeat(levels))
            for (path, label), sketches in zip(known, drawn, strict=True):
                for points in sketches:
                    yield Drawn(path.stem, label, len(points), points)


def _extracted(archive: Path, each: int, folder: Path) -> Iterator[Path]:
    with zipfile.ZipFile(archive) as opened:
        for number, (label, _, picture) in enumerate(held_photos(opened, each)):
            path = folder / f"{label}_{number}.png"
            picture.save(path)
            yield path


def _draw(photo: Path, preset: str, levels: str) -> list[NDArray[np.float32]]:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    series = make_series(photo, resolve({"levels": levels, "encoder": "structure"}, preset=preset).settings)
    return [level.sketch.points for level in series.levels]


def _label(name: str) -> str | None:
    return "dog" if label_of(name, DOGS) else label_of(name, CLASSES)


if __name__ == "__main__":
    main()
