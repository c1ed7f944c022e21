"""Judging drawings: what must be true of any judge, what the measures measure, and that CLIP is asked what it should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from plain_clip import MEAN, SPREAD, plain_transformer, transformer_state
from sample_judging import MODEL, run_of
from sample_text import clip_file, plain_text, text_state

from picasso_series.encoders.importing import import_file
from picasso_series.encoders.tokens import Tokenizer
from picasso_series.errors import MissingError, UsageError
from picasso_series.evaluate import evaluate_runs
from picasso_series.evaluate.judges import ClipJudge, Judge, LineJudge, StructureJudge, choose_namers
from picasso_series.evaluate.labels import EVERYDAY, NONE, label_of, parse_labels, prompt
from picasso_series.evaluate.measures import BLUR, FAR, likeness, measures
from picasso_series.evaluate.pictures import Case
from picasso_series.evaluate.verdicts import Scores, find, name

LABELS = ("cat", "disk", "face", "square")
FITS = st.floats(-50, 50, allow_nan=False)


# Words


@pytest.mark.parametrize(
    ("stem", "label"),
    [
        ("horse", "horse"),
        ("Black-Swan_2", "swan"),
        ("lightbulb", "light bulb"),
        ("my light bulb", "light bulb"),
        ("lighthouse", "lighthouse"),
        ("house", "house"),
        ("carpet", None),
        ("IMG_0012", None),
        ("", None),
    ],
)
def test_a_photos_name_tells_what_it_shows(stem: str, label: str | None) -> None:
    assert label_of(stem, EVERYDAY) == label


def test_everyday_things_are_told_apart() -> None:
    assert len(EVERYDAY) == len(set(EVERYDAY)) > 100
    assert all(label == " ".join(label.split()).lower() for label in EVERYDAY)


def test_labels_are_read_plainly() -> None:
    assert parse_labels(" Horse, light  bulb,horse") == ("horse", "light bulb")
    assert (prompt("owl", "sketch"), prompt("cat", "photo")) == ("a sketch of an owl.", "a photo of a cat.")
    for text in ("horse", "horse,,cat", "", "cat,cat"):
        with pytest.raises(UsageError, match="labels"):
            parse_labels(text)


# Verdicts


@given(st.lists(FITS, min_size=4, max_size=4), FITS, st.sampled_from(LABELS))
def test_more_guesses_never_hurt_and_none_never_helps(fits: list[float], none: float, label: str) -> None:
    verdict = name("judge", Scores(LABELS, tuple(fits), none), label)
    assert verdict.top3 >= verdict.top1
    assert verdict.top3_or_none >= verdict.top1_or_none
    assert verdict.top1 >= verdict.top1_or_none
    assert verdict.top3 >= verdict.top3_or_none
    assert 0 <= verdict.probability <= 1
    assert len(verdict.guesses) == 3
    assert verdict.top1 == (fits[LABELS.index(label)] > max(fit for i, fit in enumerate(fits) if i != LABELS.index(label)))


@given(st.lists(FITS, min_size=4, max_size=4), FITS)
def test_probabilities_of_all_labels_make_one(fits: list[float], none: float) -> None:
    scores = Scores(LABELS, tuple(fits), none)
    assert sum(name("judge", scores, label).probability for label in LABELS) == pytest.approx(1)


def test_a_judge_that_always_says_the_same_has_named_and_found_nothing() -> None:
    verdict = name("judge", Scores(LABELS, (1.0,) * 4, 0.0), "cat")
    assert not verdict.top1
    assert not verdict.top3
    assert find("judge", [0.5] * 5, 2).rank == 5


@given(st.integers(2, 6), st.randoms(use_true_random=False))
def test_what_is_most_alike_is_found(count: int, random: object) -> None:
    alike = np.eye(count)
    order = list(range(count))
    random.shuffle(order)  # type: ignore[attr-defined]
    for own in order:
        verdict = find("judge", alike[own].tolist(), own)
        assert (verdict.rank, verdict.of, verdict.top1, verdict.top3) == (1, count, True, True)
        assert find("judge", (-alike[own]).tolist(), own).rank == count


# Measures


def bar(top: int) -> np.ndarray:
    picture = np.zeros((224, 224))
    picture[top : top + 3, 60:160] = 1
    return picture


def test_a_drawing_of_the_lines_themselves_misses_nothing() -> None:
    found = measures(bar(100), bar(100))
    assert found["likeness"] == pytest.approx(1)
    assert (found["missed"], found["stray"]) == (0, 0)
    assert found["ink"] == pytest.approx(300 / 224**2)


def test_a_line_that_lies_off_is_as_far_off_as_it_lies() -> None:
    found = [measures(bar(100 + off), bar(100)) for off in (0, 4, 8, 12)]
    for off, values in zip((0, 4, 8, 12), found, strict=True):
        # The bars are three pixels wide: their edges are nearer than their middles.
        assert max(off - 2, 0) <= values["missed"] <= off
        assert values["stray"] == pytest.approx(values["missed"])
    assert [values["likeness"] for values in found] == sorted((values["likeness"] for values in found), reverse=True)
    # Two equal Gaussian ridges of sigma s at a distance d correlate as exp(-d^2 / (4 s^2)); the bars add a little width.
    assert found[2]["likeness"] == pytest.approx(np.exp(-(8**2) / (4 * (BLUR**2 + 2 / 3))), abs=0.01)


def test_empty_paper_misses_everything_and_strays_nowhere() -> None:
    empty = np.zeros((224, 224))
    assert measures(empty, bar(100)) == {"ink": 0, "likeness": 0, "missed": FAR, "stray": 0}
    assert likeness(empty, empty) == 0


# Judges


@pytest.mark.parametrize("judge", [StructureJudge(), LineJudge()], ids=lambda judge: judge.name)
def test_photos_and_drawings_along_their_lines_are_found(judge: Judge) -> None:
    # With 4 strokes a face is hardly more than its outline, a disk.
    cases = [Case.of(run_of(subject, (16, 8)), subject, None) for subject in ("disk", "square", "face")]
    photos = [case.photo for case in cases]
    assert all(find("", row, own).rank == 1 for own, row in enumerate(judge.similarities(photos, photos).tolist()))
    for own, case in enumerate(cases):
        assert [find("", row, own).rank for row in judge.similarities(case.pictures[2:], photos).tolist()] == [1, 1]


@pytest.fixture
def clip(tmp_path: Path) -> ClipJudge:
    import_file(clip_file(tmp_path / "model.safetensors", seed=5), MODEL)
    return ClipJudge.load(MODEL)


def test_clip_is_asked_for_the_likeliest_sentence(clip: ClipJudge) -> None:
    case = Case.of(run_of("face"), "face", "face")
    image, text = transformer_state(seed=5), text_state(seed=5)
    for picture, scores in zip(case.pictures, clip.scores(case.pictures, LABELS), strict=True):
        medium = "photo" if picture.kind == "photo" else "sketch"
        small = F.interpolate(picture.rgb[None], size=(64, 64), mode="bicubic", antialias=True).clamp(0, 1)
        seen = F.normalize(plain_transformer(image, (small - MEAN) / SPREAD)[1])
        sentences = [*(f"a {medium} of a {label}." for label in LABELS), *NONE[medium]]
        said = F.normalize(plain_text(text, torch.from_numpy(Tokenizer.load()(sentences))))
        expected = text["logit_scale"].exp() * (seen @ said.T)[0]
        assert scores.labels == LABELS
        assert scores.fits == pytest.approx(expected[:4].tolist(), abs=2e-3)
        assert scores.none == pytest.approx(expected[4:].max().item(), abs=2e-3)


def test_clip_finds_the_photo_itself(clip: ClipJudge) -> None:
    photos = [Case.of(run_of(subject), subject, None).photo for subject in ("disk", "square", "face")]
    alike = clip.similarities(photos, photos)
    assert np.diag(alike) == pytest.approx(1)
    assert (alike.argmax(1) == np.arange(3)).all()


def test_without_weights_nobody_names_and_the_fix_is_named() -> None:
    namers = choose_namers(None, ["structure"])
    assert namers.judges == ()
    assert "weights fetch ViT-B-32 ViT-B-16" in namers.note
    with pytest.raises(MissingError, match="weights fetch RN50"):
        choose_namers(["RN50"], [])


def test_a_model_that_drew_is_not_the_second_opinion() -> None:
    assert "weights fetch ViT-B-32 RN50" in choose_namers(None, ["clip:ViT-B-16"]).note


# All together


def test_runs_of_one_photo_need_not_be_told_apart(clip: ClipJudge) -> None:
    runs = [run_of("face"), run_of("face", (6, 3), folder="again/face-series"), run_of("disk")]
    report = evaluate_runs(runs, LABELS, models=[MODEL])
    assert {entry.run for entry in report.entries} == {"face-series", "face-series (2)", "disk-series"}
    own = [verdict for entry in report.entries if entry.kind != "xdog" for verdict in entry.found if verdict.judge == "lines"]
    assert [(verdict.rank, verdict.of) for verdict in own] == [(1, 2)] * 9


def test_a_run_is_named_only_where_somebody_says_what_it_shows(clip: ClipJudge) -> None:
    runs = [run_of("face", photo="IMG_1.jpg"), run_of("disk"), run_of("square", photo="IMG_2.jpg")]
    report = evaluate_runs(runs, LABELS, ["face", None, None], [MODEL])
    assert {entry.run: entry.label for entry in report.entries} == {"face-series": "face", "disk-series": "disk", "square-series": None}
    assert all(bool(entry.named) == (entry.label is not None) for entry in report.entries)
    assert any("square-series" in note and "RUN=LABEL" in note for note in report.notes)
    assert report.labels == LABELS


def test_what_a_judge_drew_is_told() -> None:
    report = evaluate_runs([run_of("face"), run_of("disk", encoder="clip:RN101")])
    assert report.drew == {"structure": ("face-series",)}
