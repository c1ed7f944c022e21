"""How recognizable drawings are: zero-shot naming by CLIP, finding a sketch's own photo, and measures that need no judge.

Reads finished runs; nothing here has a part in any drawing. Knows the order of things: runs, pictures, judges, report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from picasso_series.evaluate import verdicts
from picasso_series.evaluate.judges import ClipJudge, Judge, LineJudge, StructureJudge, choose_namers
from picasso_series.evaluate.labels import EVERYDAY, label_of
from picasso_series.evaluate.measures import measures
from picasso_series.evaluate.pictures import Case, Picture
from picasso_series.evaluate.report import Entry, Report
from picasso_series.evaluate.verdicts import Found, Named
from picasso_series.run import Run

__all__ = ["Report", "evaluate_runs"]


def evaluate_runs(
    runs: Sequence[Run],
    labels: Sequence[str] | None = None,
    truths: Sequence[str | None] | None = None,
    models: Sequence[str] | None = None,
    device: str = "cpu",
) -> Report:
    """Judge every level of finished or unfinished runs.

    Args:
        runs: what to judge, each with at least one level.
        labels: names to choose among; a hundred everyday things when None.
        truths: what each run shows; None, and a run's None, take the label that its photo's file name speaks of.
        models: the CLIP models that name the pictures; CLIPasso's judge and one more, as far as they are on this machine, when None.
        device: where CLIP computes.

    Raises:
        UsageError: there are no weights of a name in ``models``.
        MissingError: weights that ``models`` names are not on this machine.
        BadInputError: weights are damaged.
    """
    given = list(truths or [None] * len(runs))
    known = tuple(dict.fromkeys([*(labels or EVERYDAY), *(truth for truth in given if truth)]))
    names = list(_names(runs))
    cases = [
        Case.of(run, name, truth or label_of(str(run.manifest["photo"]["name"]).rpartition(".")[0], known))
        for run, name, truth in zip(runs, names, given, strict=True)
    ]
    namers = choose_namers(models, {case.encoder for case in cases}, device)
    notes = [namers.note] if namers.note else []
    nameless = [case.name for case in cases if case.label is None]
    if nameless and namers.judges:
        notes.append(f"nobody says what {', '.join(nameless)} show, so they are not named; write RUN=LABEL")
    photos = list({case.photo_sha256: case for case in reversed(cases)}.values())[::-1]
    finders: list[Judge] = [*namers.judges, StructureJudge(), LineJudge()] if len(photos) > 1 else []
    if not finders:
        notes.append("a photo can be found only among others; give runs of two photos or more")
    named, found = _named(namers.judges, cases, known), _found(finders, cases, photos)
    entries = [
        Entry(
            case.name,
            case.label,
            picture.kind,
            picture.strokes,
            _measures(picture, case),
            tuple(named.get(picture, ())),
            tuple(found.get(picture, ())),
        )
        for case in cases
        for picture in case.pictures
    ]
    judges: list[Judge] = [*namers.judges, *(judge for judge in finders if judge not in namers.judges)]
    drew = {judge.name: tuple(case.name for case in cases if case.encoder == judge.encoder) for judge in judges}
    return Report(
        tuple(entries),
        known if namers.judges else (),
        tuple(judge.name for judge in namers.judges),
        tuple(judge.name for judge in finders),
        {name: drawn for name, drawn in drew.items() if drawn},
        tuple(notes),
    )


def _names(runs: Sequence[Run]) -> Iterator[str]:
    """A name for each run: its folder's, with a number where several are called the same."""
    seen: dict[str, int] = {}
    for run in runs:
        name = run.folder.resolve().name
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _named(namers: Sequence[ClipJudge], cases: Sequence[Case], labels: Sequence[str]) -> dict[Picture, list[Named]]:
    """What each picture of known label is called."""
    named: dict[Picture, list[Named]] = {}
    shown = [(picture, case.label) for case in cases if case.label for picture in case.pictures]
    for namer in namers:
        for (picture, label), scores in zip(shown, namer.scores([picture for picture, _ in shown], labels), strict=True):
            named.setdefault(picture, []).append(verdicts.name(namer.name, scores, label))
    return named


def _found(finders: Sequence[Judge], cases: Sequence[Case], photos: Sequence[Case]) -> dict[Picture, list[Found]]:
    """Whether each picture's own photo is found among all of them."""
    places = {case.photo_sha256: place for place, case in enumerate(photos)}
    found: dict[Picture, list[Found]] = {}
    shown = [(picture, places[case.photo_sha256]) for case in cases for picture in case.pictures]
    for finder in finders:
        alike = finder.similarities([picture for picture, _ in shown], [case.photo for case in photos])
        for (picture, own), row in zip(shown, alike.tolist(), strict=True):
            found.setdefault(picture, []).append(verdicts.find(finder.name, row, own))
    return found


def _measures(picture: Picture, case: Case) -> dict[str, float]:
    if picture.kind == "photo":
        return {}
    loss = {} if picture.loss is None else {"loss": picture.loss}
    return {**loss, **measures(picture.ink, case.photo.ink)}
