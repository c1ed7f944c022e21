"""Who judges pictures: CLIP, which names them and tells photos apart, and two judges that need no weights and tell photos apart alone.

Knows encoders and line maps; knows no runs and no reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.encoders import Encoder, Features
from picasso_series.encoders.clip import ClipEncoder
from picasso_series.encoders.structure import StructureEncoder
from picasso_series.encoders.text import TextTower
from picasso_series.encoders.tokens import Tokenizer
from picasso_series.encoders.weights import find, load_text, record_of
from picasso_series.encoders.weights_table import resolve
from picasso_series.evaluate.labels import NONE, Medium, prompt
from picasso_series.evaluate.measures import blurred, cosine
from picasso_series.evaluate.pictures import Picture
from picasso_series.evaluate.verdicts import Scores

Similarities = NDArray[np.float64]
"""How alike pictures (P) and photos (Q) are, (P, Q)."""

ASKED = ("ViT-B-32", "ViT-B-16", "RN50")
"""Who is asked to name pictures where nobody says: CLIPasso's judge first, then others that draw nothing by default."""
ENOUGH = 2
BATCH = 8


class Judge(Protocol):
    """Tells how alike pictures and photos are; ``name`` is what it is called, ``encoder`` what it would be called if it drew."""

    name: str
    encoder: str

    def similarities(self, pictures: Sequence[Picture], photos: Sequence[Picture]) -> Similarities:
        """How alike pictures (P) and photos (Q) are, (P, Q): more is more alike."""
        ...


class ClipJudge:
    """A CLIP model: names pictures by what sentences they are like, and knows photos by their embeddings."""

    def __init__(self, model: str, encoder: Encoder, text: TextTower, scale: float, device: str = "cpu") -> None:
        """``scale`` is what cosines are multiplied by before they are compared as probabilities; both towers are on ``device``."""
        self.name = f"CLIP {model}"
        self.encoder = encoder.name
        self._encoder, self._text, self._scale, self._device = encoder, text, scale, device
        self._tokenizer = Tokenizer.load()
        self._seen: dict[Picture, Tensor] = {}

    @classmethod
    def load(cls, model: str, device: str = "cpu") -> ClipJudge:
        """Read a model's cached towers.

        Raises:
            UsageError: there are no weights of that name.
            MissingError: one of the towers is not in the cache.
            BadInputError: they are damaged, or of another kind.
        """
        entry = resolve(model)
        state = load_text(entry)
        quick = entry.pretrained == "openai" or entry.model.endswith("-quickgelu")
        scale = float(state["logit_scale"].float().exp()) if "logit_scale" in state else 100.0
        return cls(entry.name, ClipEncoder.load(model, device), TextTower(state, device, quick_gelu=quick), scale, device)

    def scores(self, pictures: Sequence[Picture], labels: Sequence[str]) -> list[Scores]:
        """How well each label, and the option that it is none of them, fits each picture."""
        seen = self._embeddings(pictures)
        found: list[Scores | None] = [None] * len(pictures)
        mediums: tuple[Medium, ...] = ("photo", "sketch")
        for medium in mediums:
            chosen = [i for i, picture in enumerate(pictures) if (picture.kind == "photo") == (medium == "photo")]
            if chosen:
                sentences = [*(prompt(label, medium) for label in labels), *NONE[medium]]
                fits = self._scale * seen[chosen] @ self._sentences(sentences).T
                for i, row in zip(chosen, fits.numpy(), strict=True):
                    found[i] = Scores(tuple(labels), tuple(row[: len(labels)].tolist()), float(row[len(labels) :].max()))
        return [scores for scores in found if scores is not None]

    def similarities(self, pictures: Sequence[Picture], photos: Sequence[Picture]) -> Similarities:
        """Cosines of the embeddings; see :class:`Judge`."""
        found: Similarities = (self._embeddings(pictures) @ self._embeddings(photos).T).numpy()
        return found

    def _embeddings(self, pictures: Sequence[Picture]) -> Tensor:
        """Embeddings (P, D) of length 1 in float64; every picture is looked at once."""
        new = [picture for picture in dict.fromkeys(pictures) if picture not in self._seen]
        if new:
            found = torch.cat([part.embedding for part in _seen(self._encoder, new, self._device)]).double().cpu()
            self._seen |= dict(zip(new, F.normalize(found, dim=1), strict=True))
        return torch.stack([self._seen[picture] for picture in pictures])

    def _sentences(self, sentences: Sequence[str]) -> Tensor:
        tokens = torch.from_numpy(self._tokenizer(sentences, self._text.context))
        return F.normalize(self._text.embedding(tokens).double(), dim=1).cpu()


class StructureJudge:
    """The embedded encoder: knows photos by their middle features, place by place."""

    def __init__(self, encoder: Encoder | None = None) -> None:
        """Look with the encoder that ships with the package unless another is given."""
        self._encoder = encoder or StructureEncoder.load()
        self.name = self.encoder = self._encoder.name

    def similarities(self, pictures: Sequence[Picture], photos: Sequence[Picture]) -> Similarities:
        """Cosines of the channels, mean over places and layers; see :class:`Judge`."""
        mine, theirs = self._layers(pictures), self._layers(photos)
        found: Similarities = np.mean([(one @ other.T).double().numpy() for one, other in zip(mine, theirs, strict=True)], axis=0)
        return found

    def _layers(self, pictures: Sequence[Picture]) -> list[Tensor]:
        """Each layer's features as rows (P, C * H * W) whose products are mean cosines over places."""
        found = [part.layers for part in _seen(self._encoder, pictures)]
        layers = [torch.cat(parts).cpu() for parts in zip(*found, strict=True)]
        return [(F.normalize(layer, dim=1) / (layer.shape[2] * layer.shape[3]) ** 0.5).flatten(1) for layer in layers]


class LineJudge:
    """No network at all: knows photos by where their lines lie."""

    name = "lines"
    encoder = ""

    def similarities(self, pictures: Sequence[Picture], photos: Sequence[Picture]) -> Similarities:
        """Correlation of ink and line map; see :class:`Judge`."""
        mine, theirs = ([blurred(picture.ink) for picture in some] for some in (pictures, photos))
        return np.array([[cosine(one, other) for other in theirs] for one in mine])


@dataclass(frozen=True)
class Namers:
    """The CLIP models that name pictures, and one sentence on those that cannot, empty where all can."""

    judges: tuple[ClipJudge, ...]
    note: str = ""


def choose_namers(models: Sequence[str] | None, drew: Iterable[str], device: str = "cpu") -> Namers:
    """The CLIP models that were asked for; where none were, CLIPasso's judge and another that drew nothing, as far as they are cached.

    Raises:
        UsageError: there are no weights of such a name.
        MissingError: weights that were asked for are not on this machine.
        BadInputError: weights are damaged.
    """
    if models is not None:
        return Namers(tuple(ClipJudge.load(model, device) for model in models))
    drawing = set(drew)
    usable = [model for model in ASKED if model == ASKED[0] or f"clip:{model}" not in drawing]
    there = [model for model in usable if _has_both(model)][:ENOUGH]
    judges = tuple(ClipJudge.load(model, device) for model in there)
    if not there:
        wanted = " ".join(usable[:ENOUGH])
        return Namers((), f"no CLIP that names things is on this machine (picasso-series weights fetch {wanted}), so no drawing is named")
    if len(there) < ENOUGH:
        missing = next(model for model in usable if model not in there)
        return Namers(judges, f"only {there[0]} names the drawings; for a second opinion run picasso-series weights fetch {missing}")
    return Namers(judges)


def _has_both(model: str) -> bool:
    record = record_of(model)
    return find(model) is not None and record is not None and bool(record.text_sha256)


@torch.no_grad()
def _seen(encoder: Encoder, pictures: Sequence[Picture], device: str = "cpu") -> list[Features]:
    """What an encoder sees in pictures, a few at a time."""
    side = encoder.resolution
    size = encoder.at_once or BATCH
    found = []
    for first in range(0, len(pictures), size):
        batch = torch.stack([picture.rgb for picture in pictures[first : first + size]]).to(device)
        if batch.shape[-1] != side:
            batch = F.interpolate(batch, size=(side, side), mode="bicubic", align_corners=False, antialias=True).clamp(0, 1)
        found.append(encoder.features(batch))
    return found
