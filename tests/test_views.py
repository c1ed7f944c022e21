"""Pools of views: the first is the picture itself, the others are CLIPasso's augmentation, the same for every picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from plain_clip import plain_view
from scipy import ndimage
from torch import Tensor

from picasso_series.views import AUGMENTED, DRAWS, AffineViews, PerspectiveViews, Views, make_views

SIDE, SEED = 224, 11


def smooth(blur: float = 6.0) -> Tensor:
    """Random smooth pictures (2, 1, 224, 224) in [0, 1]."""
    print(f"seed {SEED}")
    noise = ndimage.gaussian_filter(np.random.default_rng(SEED).random((2, 1, SIDE, SIDE)), (0, 0, blur, blur))
    return torch.as_tensor((noise - noise.min()) / np.ptp(noise), dtype=torch.float32)


@pytest.fixture(scope="module")
def perspective() -> PerspectiveViews:
    return PerspectiveViews(SIDE, SEED)


@pytest.mark.parametrize("views", [make_views("affine", SIDE, SEED), make_views("perspective", SIDE, SEED)], ids=["affine", "perspective"])
def test_the_first_view_is_the_picture_itself(views: Views) -> None:
    torch.testing.assert_close(views.see(smooth(), [0]), smooth(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["affine", "perspective"])
def test_all_views_of_a_picture_stand_together(kind: str) -> None:
    views = AffineViews(56, SEED) if kind == "affine" else PerspectiveViews(56, SEED)
    together = views.see(smooth(), [2, 0, 3])
    assert together.shape == (6, 1, 56, 56)
    for index in range(2):
        for place, view in enumerate([2, 0, 3]):
            torch.testing.assert_close(together[3 * index + place : 3 * index + place + 1], views.see(smooth()[index : index + 1], [view]))


@pytest.mark.parametrize("kind", [AffineViews, PerspectiveViews])
def test_the_seed_decides_the_views_and_no_global_number_is_drawn(kind: type[AffineViews] | type[PerspectiveViews]) -> None:
    before = torch.random.get_rng_state()
    one, same, other = (kind(56, seed) for seed in (1, 1, 2))
    assert torch.equal(one.see(smooth(), [3]), same.see(smooth(), [3]))
    assert not torch.equal(one.see(smooth(), [3]), other.see(smooth(), [3]))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_iteration_looks_through_the_clean_view_and_four_others(perspective: PerspectiveViews) -> None:
    drawn = [perspective.draw(np.random.default_rng(i)) for i in range(200)]
    assert drawn[7] == perspective.draw(np.random.default_rng(7))
    for views in drawn:
        assert views[0] == 0
        assert len(set(views)) == 1 + AUGMENTED
    assert {view for views in drawn for view in views} == set(range(1 + DRAWS))
    assert perspective.judges == (0,)


def test_draws_lie_in_clipassos_ranges() -> None:
    draws = PerspectiveViews(SIDE, SEED, count=200).draws
    corners = np.array([draw.corners for draw in draws])
    inward = abs(corners - np.array([[0, 0], [223, 0], [223, 223], [0, 223]]))
    # Half the distance from a corner to the middle, ends included, as torchvision draws them.
    assert (inward.min(), inward.max()) == (0, 56)
    assert abs(inward.mean() - 28) < 2
    crops = np.array([draw.crop for draw in draws])
    # The square of 0.8 of the area has sides of 200 pixels.
    assert (crops.min(), crops.max()) == (0, 24)


def test_an_augmented_view_is_the_plain_one(perspective: PerspectiveViews) -> None:
    picture = smooth(2.0)[0]
    for view in (1, 2, 17):
        found = perspective.see(picture[None], [view])[0]
        torch.testing.assert_close(found, plain_view(picture, perspective.draws[view - 1]), atol=2e-4, rtol=0)


def test_what_lies_outside_an_augmented_view_is_black(perspective: PerspectiveViews) -> None:
    seen = perspective.see(torch.ones(1, 1, SIDE, SIDE), range(1, 9))
    assert seen.min() == 0
    assert 0.2 < seen.mean() < 0.95


def test_small_pictures_look_as_large_ones_do(perspective: PerspectiveViews) -> None:
    large = smooth()
    small = F.interpolate(large, size=(112, 112), mode="area")
    for view in (0, 5):
        torch.testing.assert_close(perspective.see(small, [view]), perspective.see(large, [view]), atol=0.03, rtol=0)
    # White paper has no dark frame.
    assert perspective.see(torch.ones(1, 1, 112, 112), [0]).min() > 0.999


def test_augmented_views_are_torchvisions_but_for_interpolation(perspective: PerspectiveViews) -> None:
    functional = pytest.importorskip("torchvision.transforms.v2.functional")
    picture = smooth()[:1]
    last = SIDE - 1
    for view in range(1, 9):
        draw = perspective.draws[view - 1]
        found = perspective.see(picture, [view])
        turned = functional.perspective(picture, [[0, 0], [last, 0], [last, last], [0, last]], [list(end) for end in draw.corners], fill=0)
        left, top = draw.crop
        expected = functional.resized_crop(turned, top, left, 200, 200, [SIDE, SIDE], antialias=True)
        assert (found - expected).abs().mean() < 0.003
        assert (found - expected).abs().median() < 5e-4
