"""What judges say of one picture: what it is called, and whether its own photo is found by it.

Knows scores and ranks; knows no pictures and no judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FIRST = 3
"""A label among so many of the likeliest counts as nearly right."""


@dataclass(frozen=True)
class Scores:
    """How well each of the labels fits a picture, and how well the option that it is none of them; higher is better."""

    labels: tuple[str, ...]
    fits: tuple[float, ...]
    none: float


@dataclass(frozen=True)
class Named:
    """What a judge calls a picture whose label is known.

    Attributes:
        judge: who says so.
        guesses: the likeliest labels, best first, three at most.
        probability: of the true label among all labels.
        top1, top3: whether the true label is the likeliest, and among the three likeliest.
        top1_or_none, top3_or_none: the same where "none of these" may be said too.
    """

    judge: str
    guesses: tuple[str, ...]
    probability: float
    top1: bool
    top3: bool
    top1_or_none: bool
    top3_or_none: bool


@dataclass(frozen=True)
class Found:
    """Whether a judge finds a picture's own photo among the ``of`` photos of the set: its rank, 1 for the most alike."""

    judge: str
    rank: int
    of: int

    @property
    def top1(self) -> bool:
        """Whether no other photo is as much alike."""
        return self.rank == 1

    @property
    def top3(self) -> bool:
        """Whether at most two others are."""
        return self.rank <= FIRST


def name(judge: str, scores: Scores, label: str) -> Named:
    """The verdict on a picture that shows ``label``. What fits as well as the true label counts as fitting better."""
    fits = np.array(scores.fits)
    true = fits[scores.labels.index(label)]
    rank = int((fits >= true).sum())
    with_none = rank + int(scores.none >= true)
    shares = np.exp(fits - fits.max())
    order = np.argsort(-fits, kind="stable")[:FIRST]
    return Named(
        judge,
        tuple(scores.labels[i] for i in order),
        float(np.exp(true - fits.max()) / shares.sum()),
        rank == 1,
        rank <= FIRST,
        with_none == 1,
        with_none <= FIRST,
    )


def find(judge: str, similarities: Sequence[float], own: int) -> Found:
    """The verdict on a picture by how alike it is to each photo of the set, of which ``own`` is the index of its own.

    A photo that is as much alike as its own counts as more alike: who cannot tell two photos apart has found neither.
    """
    others = np.delete(np.asarray(similarities, float), own)
    return Found(judge, 1 + int((others >= similarities[own]).sum()), len(similarities))
