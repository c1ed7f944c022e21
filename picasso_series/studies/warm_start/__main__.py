"""``python -m picasso_series.studies.warm_start``: draw the study's photos in every arm, and report after each."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from picasso_series.cli.app import main
from picasso_series.cli.help import Command, Option
from picasso_series.cli.output import Output, output_options

FIRST_SEED = 1
"""Seed 0 is the one contour start whose lines are not shaken, and so not of a kind with the others."""
_EXAMPLES = (
    ("python -m picasso_series.studies.warm_start photos/*.png -o study", "three seeds of every photo, with the encoder that ships inside"),
    ("python -m picasso_series.studies.warm_start horse.png --preset clipasso -o study", "in the paper's own terms, with CLIP"),
)


@click.command("warm_start", cls=Command, examples=_EXAMPLES)
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PHOTO…")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="DIR", cls=Option, section="Study", help="Its folder.")
@click.option("--seeds", type=click.IntRange(1, 100), default=3, metavar="N", cls=Option, section="Study", help="Seeds of each photo [3].")
@click.option("--levels", metavar="N,N,…", cls=Option, section="Study", help="Strokes of each level [32,16,8,4].")
@click.option("--encoder", default="structure", metavar="NAME", cls=Option, section="Study", help="As in a series [structure].")
@click.option("--preset", metavar="NAME", cls=Option, section="Study", help="Objective and schedule, and what is compared as shipped.")
@click.option("--iterations", metavar="N", cls=Option, section="Study", help="Of a level, beside the price of the dearest start.")
@output_options
def warm_start(
    photos: tuple[Path, ...],
    out: Path,
    seeds: int,
    levels: str | None,
    encoder: str,
    preset: str | None,
    iterations: str | None,
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Is the warm start worth it? Draw PHOTOs with levels that start in several ways, at equal budget, and compare the final losses.

    One thread, photo after photo. What is drawn is kept at once: the same command goes on where it was stopped. DIR gets table.md,
    results.csv, results.json, plot.svg and a contact sheet of each level.
    """
    output = Output.of(quiet, verbose, as_json)
    from picasso_series.errors import UsageError
    from picasso_series.presets import resolve
    from picasso_series.settings import SETTING_NAMES, SHOWING, AutoLevels
    from picasso_series.studies.warm_start.report import to_markdown, to_record
    from picasso_series.studies.warm_start.results import Draw, StudyFolder, photo_names
    from picasso_series.studies.warm_start.summary import summarize

    names = photo_names(photos)
    asked = resolve({"levels": levels, "encoder": encoder, "iterations": iterations}, preset=preset)
    if isinstance(asked.settings.levels, AutoLevels):
        raise UsageError("the study takes numbers of strokes, such as --levels 32,16,8,4, the same for all photos")
    from picasso_series.photo import load_photo
    from picasso_series.run_writer import setting_value
    from picasso_series.studies.warm_start.contest import Contest
    from picasso_series.studio import choose_studio
    from picasso_series.subject import prepare_subject

    studio = choose_studio(asked.settings)
    values = {name: setting_value(asked.settings, name) for name in SETTING_NAMES if name not in SHOWING}
    folder = StudyFolder(out, {"settings": values, "choices": dict(studio.choices), "machine": _machine()})
    draws: list[Draw] = []
    began, drawn, total = time.monotonic(), 0, len(photos) * seeds
    for number, (path, name) in enumerate(zip(photos, names, strict=True)):
        photo = load_photo(path)
        subject = prepare_subject(photo, asked.settings.mask, saliency=studio.find_subject)
        folder.save_photo(name, subject)
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            draw = folder.load(name, photo.sha256, seed)
            if draw is None:
                entries = []
                for entry in Contest(subject, asked.settings, studio, seed).run():
                    entries.append(entry)
                    output.detail(f"  {entry.strokes:>3} {entry.arm:<13} {entry.losses['total']:.4f} {entry.seconds:6.1f} s {entry.start}")
                draw = Draw(name, photo.sha256, seed, tuple(entries))
                folder.save(draw)
                drawn += 1
            draws.append(draw)
            left = (time.monotonic() - began) / max(1, drawn) * (total - len(draws)) / 60
            output.note(f"{name}, seed {seed}: {len(draws)} of {total} done, about {left:.0f} min to go")
        _report(folder, draws, names[: number + 1])
    summary = summarize(draws)
    output.result(to_markdown(summary).splitlines(), to_record(summary))


def _report(folder: Any, draws: Sequence[Any], names: Sequence[str]) -> None:
    """Write everything that is told of the draws so far."""
    from picasso_series.atomic import write_whole
    from picasso_series.studies.warm_start.plot import plot_svg
    from picasso_series.studies.warm_start.report import to_csv, to_markdown, to_record
    from picasso_series.studies.warm_start.sheet import sheet_svg
    from picasso_series.studies.warm_start.summary import summarize

    summary = summarize(draws)
    write_whole(folder.path / "table.md", to_markdown(summary))
    write_whole(folder.path / "results.csv", to_csv(draws))
    write_whole(folder.path / "results.json", json.dumps(to_record(summary), indent=1) + "\n")
    write_whole(folder.path / "plot.svg", plot_svg(summary))
    firsts = [next(draw for draw in draws if draw.photo == name) for name in names]
    pictures = [folder.load_photo(name) for name in names]
    for strokes in summary.levels:
        write_whole(folder.path / f"drawings-{strokes}.svg", sheet_svg(firsts, pictures, strokes))


def _machine() -> Mapping[str, Any]:
    import torch

    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
    }


if __name__ == "__main__":
    main(warm_start, "python -m picasso_series.studies.warm_start")
