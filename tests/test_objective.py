"""The loss: nothing for the subject itself, more for what is unlike it, and gradients that agree with finite differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sample_subjects import X, Y, blank, face, square, subject
from torch import Tensor

from picasso_series.encoders import Features
from picasso_series.encoders.structure import StructureEncoder
from picasso_series.levels import Subject
from picasso_series.lines import Line, draw_lines, trace_lines
from picasso_series.motif import Motif, faintness
from picasso_series.objective import EncoderTerm, LineTerm, Objective, Sight, blurs
from picasso_series.strokes import CANVAS
from picasso_series.views import AFFINE_POOL, AffineViews

SEED = 5
LINES = trace_lines(face())
EVERY = range(AFFINE_POOL)
JUDGES = AffineViews.judges


def ink_of(lines: Sequence[Line], strokes: int) -> Tensor:
    """The line map itself as a picture of ink, (1, 224, 224)."""
    return torch.as_tensor(draw_lines(lines, faintness(strokes)), dtype=torch.float32)[None]


def noise(batch: int = 3, side: int = CANVAS) -> Tensor:
    print(f"seed {SEED}")
    return torch.rand(batch, side, side, generator=torch.Generator().manual_seed(SEED))


# Lines


@pytest.mark.parametrize("strokes", [1, 4, 8, 32, 256])
def test_the_line_map_itself_costs_nothing_and_a_blank_sheet_all(strokes: int) -> None:
    term = LineTerm(Motif(strokes, LINES), 1.0)
    ink = ink_of(LINES, strokes)
    assert term(1 - ink, EVERY).item() == pytest.approx(0, abs=1e-5)
    assert term(torch.ones_like(ink), EVERY).item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("size", [56, 112])
def test_a_small_line_map_costs_nothing_either(size: int) -> None:
    small = F.interpolate(ink_of(LINES, 8)[None], size=(size, size), mode="area")[0]
    assert LineTerm(Motif(8, LINES), 1.0, size=size)(1 - small, EVERY).item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("scale", [0.05, 0.4, 0.9])
def test_how_dark_the_ink_is_makes_no_difference(scale: float) -> None:
    term = LineTerm(Motif(8, LINES), 1.0)
    ink = noise()
    torch.testing.assert_close(term(1 - scale * ink, EVERY), term(1 - ink, EVERY), atol=1e-5, rtol=0)


@pytest.mark.parametrize("strokes", [4, 8, 32])
def test_lines_that_lie_farther_off_cost_more(strokes: int) -> None:
    term = LineTerm(Motif(strokes, LINES), 1.0)
    ink = ink_of(LINES, strokes)
    costs = [term(1 - ink.roll(shift, 2), EVERY).item() for shift in (0, 1, 3, 6, 12)]
    assert costs == sorted(costs)
    assert costs[1] > 1e-5
    assert costs[-1] <= 1


def test_few_strokes_are_compared_in_the_large() -> None:
    ink = ink_of(LINES, 8).roll(4, 2)
    assert LineTerm(Motif(4, LINES), 1.0)(1 - ink, EVERY) < LineTerm(Motif(32, LINES), 1.0)(1 - ink, EVERY)
    assert max(blurs(2)) > max(blurs(64))


@pytest.mark.parametrize("strokes", [3, 30])
def test_line_costs_lie_between_none_and_one_and_do_not_mix(strokes: int) -> None:
    term = LineTerm(Motif(strokes, LINES), 1.0)
    together = term(noise(), EVERY)
    assert ((together >= 0) & (together <= 1)).all()
    torch.testing.assert_close(together, torch.cat([term(noise()[i : i + 1], [0]) for i in range(3)]))


def test_without_lines_every_picture_costs_all() -> None:
    torch.testing.assert_close(LineTerm(Motif(8, ()), 1.0)(noise(), EVERY), torch.ones(3))


@pytest.mark.parametrize("strokes", [4, 16])
def test_the_gradient_of_the_line_cost_agrees_with_finite_differences(strokes: int) -> None:
    term = LineTerm(Motif(strokes, LINES), 1.0, size=20)
    pictures = noise(1, 20).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda p: term(p, EVERY), pictures, eps=1e-6, atol=1e-6)


@pytest.mark.parametrize("strokes", [1, 8, 9, 256])
def test_faint_lines_are_never_darker_than_strong_ones(strokes: int) -> None:
    assert 0 <= faintness(strokes) <= 1
    assert faintness(256) <= faintness(1)
    assert 0.1 ** faintness(strokes) <= 0.9 ** faintness(strokes)


# What the encoder sees


class Eye:
    """An encoder whose only layer is the picture itself beside its negative."""

    name, resolution, sha256, at_once, threads, views = "eye", CANVAS, "", None, 1, "affine"
    quick = True

    def __init__(self, distance: Literal["cosine", "squared"]) -> None:
        self.distance = distance

    def features(self, pictures: Tensor) -> Features:
        gray = pictures.mean(1, keepdim=True)
        layer = torch.cat([gray, 1 - gray], 1)
        return Features((layer,), layer.mean((2, 3)))

    def saliency(self, rgb: np.ndarray) -> np.ndarray:
        return np.ones(rgb.shape[:2], np.float32)


def sight(encoder: Eye | StructureEncoder, seen: Subject, seed: int) -> Sight:
    return Sight(encoder, seen, AffineViews(encoder.resolution, seed))


@pytest.fixture(scope="module")
def encoder() -> StructureEncoder:
    return StructureEncoder.load()


def as_picture(seen: Subject) -> Tensor:
    """The grey of a subject as a drawing, (1, 224, 224)."""
    return torch.as_tensor(seen.rgb[None, :, :, 0]).float() / 255


def drawn_subject() -> Subject:
    """A photo that is a line drawing of the face."""
    return subject(np.hypot(X - 112, Y - 112) < 90, 1 - draw_lines(LINES, 0.5))


@pytest.mark.parametrize("seen", [drawn_subject(), square(), blank()], ids=["drawing", "square", "blank"])
def test_a_drawing_that_is_the_photo_costs_nothing_in_any_view(encoder: StructureEncoder, seen: Subject) -> None:
    term = EncoderTerm(sight(encoder, seen, 0), 1.0, 1.0)
    for view in EVERY:
        assert term(as_picture(seen), [view]).item() == pytest.approx(0, abs=1e-5)


def test_what_is_unlike_the_photo_costs_more_the_less_it_is_alike(encoder: StructureEncoder) -> None:
    seen = drawn_subject()
    term = EncoderTerm(sight(encoder, seen, 0), 1.0, 0.1)
    part = draw_lines([line for line in LINES if line.outline], 0.5)
    costs = [term(picture, JUDGES).item() for picture in (as_picture(seen), 1 - torch.as_tensor(part)[None].float(), noise(1))]
    assert costs == sorted(costs)
    assert costs[1] > 1e-3


def test_drawings_side_by_side_cost_what_they_cost_alone(encoder: StructureEncoder) -> None:
    term = EncoderTerm(sight(encoder, face(), 0), 0.3, 0.1)
    pictures = torch.cat([as_picture(face()), noise(1), 1 - ink_of(LINES, 8)])
    for views in ([0], [3, 1], list(EVERY)):
        together = term(pictures, views)
        assert together.shape == (3,)
        torch.testing.assert_close(together, torch.cat([term(pictures[i : i + 1], views) for i in range(3)]), atol=1e-6, rtol=1e-5)
        torch.testing.assert_close(together, torch.stack([term(pictures, [view]) for view in views]).mean(0), atol=1e-6, rtol=1e-5)


def test_the_seed_chooses_the_views_but_for_the_first(encoder: StructureEncoder) -> None:
    one, same, other = (EncoderTerm(sight(encoder, face(), seed), 1.0, 0.1) for seed in (3, 3, 4))
    picture = 1 - ink_of(LINES, 8)
    assert torch.equal(one(picture, [0]), other(picture, [0]))
    for view in range(1, AFFINE_POOL):
        assert torch.equal(one(picture, [view]), same(picture, [view]))
        assert not torch.equal(one(picture, [view]), other(picture, [view]))


def test_making_views_draws_no_global_random_numbers(encoder: StructureEncoder) -> None:
    before = torch.random.get_rng_state()
    sight(encoder, face(), 0)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_layers_and_embedding_count_by_their_weights(encoder: StructureEncoder) -> None:
    picture = 1 - ink_of(LINES, 8)

    def cost(layers: float, embedding: float) -> float:
        return EncoderTerm(sight(encoder, face(), 0), layers, embedding)(picture, JUDGES).item()

    assert cost(0, 0) == 0
    assert cost(0.6, 0.2) == pytest.approx(0.6 * cost(1, 0) + 0.2 * cost(0, 1), rel=1e-4)
    assert cost(1, 0) > 0
    assert cost(0, 1) > 0


def test_a_squared_encoder_takes_the_mean_squared_difference() -> None:
    term = EncoderTerm(sight(Eye("squared"), face(), 0), 2.0, 0.0)
    picture = noise(2)
    expected = 2 * (picture - as_picture(face())).square().mean((1, 2))
    torch.testing.assert_close(term(picture, [0]), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("at_once", [1, 3, 5])
def test_how_many_are_looked_at_together_makes_no_difference(at_once: int) -> None:
    """Neither to the cost nor to the gradient."""
    eye, few = Eye("squared"), Eye("squared")
    few.at_once = at_once
    weights = torch.tensor([1.0, 0.5, 2.0, -1.0])
    found = []
    for encoder in (eye, few):
        term = EncoderTerm(sight(encoder, face(), 0), 1.0, 0.1)
        pictures = noise(4).requires_grad_()
        costs = term(pictures, [0, 2])
        with torch.no_grad():
            torch.testing.assert_close(term(pictures, [0, 2]), costs)
        found.append((costs, *torch.autograd.grad((weights * costs).sum(), pictures)))
    torch.testing.assert_close(found[0], found[1])


def test_a_difference_on_the_subject_costs_more_than_beside_it() -> None:
    """The same black square costs more in the middle of a disk than in a corner, where both are equally grey."""
    seen = subject(np.ones_like(X, bool), np.full_like(X, 0.7))
    seen = Subject(seen.rgb, (np.hypot(X - 112, Y - 112) < 60).astype(np.float32), seen.placement, "file")
    term = EncoderTerm(sight(Eye("cosine"), seen, 0), 1.0, 0.0)
    on, beside = as_picture(seen).clone(), as_picture(seen).clone()
    on[:, 100:120, 100:120] = 0
    beside[:, 5:25, 5:25] = 0
    assert term(on, [0]) > 1.5 * term(beside, [0])
    assert term(beside, [0]) > 0


@pytest.mark.parametrize("view", [0, 1, 5])
def test_the_gradient_of_the_encoders_cost_agrees_with_finite_differences(encoder: StructureEncoder, view: int) -> None:
    term = EncoderTerm(sight(encoder, face(), 0), 0.3, 0.1)
    picture = as_picture(face()) * 0.6 + 0.4 * (1 - ink_of(LINES, 8))
    (gradient,) = torch.autograd.grad(term(picture.requires_grad_(), [view]).sum(), picture)
    print(f"seed {SEED}")
    generator = torch.Generator().manual_seed(SEED)
    for _ in range(3):
        # Along a part of the gradient the change stands out of the rounding of float32; the net bends at once, so steps are short.
        part = F.interpolate((torch.rand(1, 1, 14, 14, generator=generator) < 0.5).float(), size=(CANVAS, CANVAS))[0]
        way, step = part * gradient / gradient.abs().max(), 3e-4
        with torch.no_grad():
            change = (term(picture + step * way, [view]) - term(picture - step * way, [view])) / (2 * step)
        assert (gradient * way).sum().item() == pytest.approx(change.item(), rel=0.03)


# The sum


class Fixed:
    def __init__(self, name: str, weight: float, cost: float) -> None:
        self.name, self.weight, self._cost = name, weight, cost
        self.seen: list[list[int]] = []

    def __call__(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        self.seen.append(list(views))
        return torch.full((len(pictures),), self._cost)


def test_the_loss_is_the_weighted_sum_of_its_terms() -> None:
    terms = Fixed("a", 2.0, 0.25), Fixed("b", 0.5, 3.0)
    objective = Objective(terms, JUDGES)
    torch.testing.assert_close(objective(noise(), [4]), torch.full((3,), 2.0))
    parts = objective.parts(noise())
    assert {name: cost.tolist() for name, cost in parts.items()} == {"a": [0.5] * 3, "b": [1.5] * 3, "total": [2.0] * 3}
    # A step looks through the views it is told, a judgment always through the same ones.
    assert [term.seen for term in terms] == [[[4], list(JUDGES)]] * 2
