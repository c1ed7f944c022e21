"""Trains the joint net.

    python -m tools.structure_net.train WORK [--rounds N]

Every batch is decided by the seed and the number of its step, so that the recipe is the number of steps, not a time. A checkpoint is
written every so many steps, and a run that was stopped goes on from there.

Each step looks at composites (for the subject's map) and at pairs of picture and drawing (for the features). The two kinds of batches
differ so much that batch normalization over either would be wrong for the other; so after :data:`FREEZE` of the steps its statistics,
gathered over both, are fixed, and the net learns on with them as it will be used. From then on a part of the composites gives way to
real photos, with the maps that the net's own running average gives them, where it is sure of them (self-training).

The last steps polish the subject's map in rounds: in each the learning rate rises once more, real photos get new maps from the net of
the round before, the composites are larger, and pairs are looked at only now and then, so that the features stay what they are. The
later rounds also cut those photos' subjects out, for by then the maps are good enough, and lay them over other photos. The sixth learns
eyes and noses, too. The last begins between the weights before and after that one, and learns from photos that somebody has outlined,
which are those of which the net was not sure; of its own maps those that somebody found wrong are left out.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from picasso_series.encoders.structure import StructureEncoder
from tools.structure_net import losses
from tools.structure_net.arrays import load
from tools.structure_net.composites import Composer
from tools.structure_net.faces import Faces, load_faces
from tools.structure_net.net import Net, fold, fresh_net
from tools.structure_net.outlines import load_outlines
from tools.structure_net.pairs import Pairer
from tools.structure_net.teacher import Taught, teach
from tools.structure_net.warp import Rng

SEED = 20
STEPS = 4400
COMPOSITES, TAUGHT, PAIRS = 24, 6, 36
"""Pictures of a step; real photos take the place of some composites once there is a teacher."""
BESIDE_FACES, FACES, FACES_SIDES = 18, 20, (160, 192, 224)
"""Composites of a step of a round that looks at faces, and the pictures with faces and their sides."""
OUTLINED = 5
"""Of the pictures of a step these are outlined photos, in a round that has them."""
SIDES = ((0.3, 128), (0.65, 160), (1.0, 192))
"""Side of the composites up to each share of the steps."""
FREEZE = 0.55
RATE, WARMUP, DECAY = 2.5e-3, 100, 0.02
POLISH_RATE, POLISH_PAIRS = 1e-3, 4
"""Rate at which a round begins, and in every so manieth of its steps pairs are looked at."""
MEMORY = 0.998
"""How slowly the running average of the weights, which is what is exported, follows them."""
EVERY = 50


@dataclass(frozen=True)
class Round:
    """A round of polish.

    Attributes:
        steps: how many.
        sides: of its composites.
        lends: whether they show subjects of real photos.
        faces: in every so manieth step faces are looked at; 0 for none.
        outlined: whether it learns from outlined photos.
        back: how far it begins on the way back to the weights that the round before it began with.
    """

    steps: int
    sides: tuple[int, ...]
    lends: bool = False
    faces: int = 0
    outlined: bool = False
    back: float = 0.0


EARLY = Round(4000, (160, 192, 224))
LATE = Round(4000, (192, 224, 288), lends=True)
ROUNDS = (
    *(EARLY, EARLY, EARLY, replace(EARLY, lends=True), LATE),
    replace(LATE, steps=3200, faces=1),
    replace(LATE, steps=3200, faces=2, outlined=True, back=1 / 3),
)
FACES_WEIGHT = 6.0


def main() -> None:
    """Train, going on from ``WORK/checkpoint.pt`` if it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder that prepare has filled")
    parser.add_argument("--rounds", type=int, default=len(ROUNDS), choices=range(len(ROUNDS) + 1), help="rounds of polish")
    options = parser.parse_args()
    Training(options.work, STEPS, ROUNDS[: options.rounds]).run()


class Training:
    """The net, its optimizer and the running average, from one checkpoint to the next."""

    def __init__(self, work: Path, steps: int, rounds: Sequence[Round]) -> None:
        torch.manual_seed(SEED)
        self.path, self.steps, self.rounds, self.step = work / "checkpoint.pt", steps, rounds, 0
        self.cutouts, self.photos = load(work, "cutouts", held_out=False), load(work, "photos", held_out=False)
        self.composer, self.pairer = Composer(self.cutouts, self.photos), Pairer(self.cutouts, self.photos)
        self.net = fresh_net()
        for module in self.net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.02
        self.mean = {name: value.clone() for name, value in self.net.state_dict().items()}
        self.before = dict[str, Tensor]()
        self.optimizer = torch.optim.AdamW(self.net.parameters(), RATE, betas=(0.9, 0.98), weight_decay=DECAY)
        self.taught: Taught | None = None
        self.outlined: Taught | None = None
        self.faces: Faces | None = None
        if self.path.exists():
            stored = torch.load(self.path, weights_only=True)
            self.step, self.mean, self.before = stored["step"], stored["mean"], stored["before"]
            self.net.load_state_dict(stored["net"])
            self.optimizer.load_state_dict(stored["optimizer"])

    def run(self) -> None:
        """All steps that are left."""
        begun, log = time.process_time(), list[dict[str, float]]()
        last = self.steps + sum(polish.steps for polish in self.rounds)
        while self.step < last:
            log.append(self._one(np.random.default_rng([SEED, self.step])))
            self.step += 1
            if self.step % EVERY == 0 or self.step == last:
                means = " ".join(f"{name} {np.mean([entry[name] for entry in log if name in entry]):.3f}" for name in log[0])
                print(f"{self.step}/{last} {time.process_time() - begun:.0f} s  {means}", flush=True)
                log.clear()
                self._save()

    def _one(self, rng: Rng) -> dict[str, float]:
        number, polish, done = self._polish()
        share = done / (self.steps if polish is None else polish.steps)
        self.net.train(polish is None and share < FREEZE)
        if polish is not None and done == 0:
            self.taught = self.outlined = None
            self._begin(polish)
        if not self.net.training and self.taught is None:
            if polish is not None and polish.outlined:
                # What somebody has looked at are the maps of the round before.
                outlines, looked_at = load_outlines(), Taught.load(self._maps(number - 1), self.photos)
                self.taught, self.outlined = looked_at.without(outlines.wrong | set(outlines.rings)), outlines.of(self.photos)
            else:
                self.taught = self._teach(self._maps(number))
            if polish is not None:
                lent = self.taught.cutouts() if polish.lends else None
                self.composer = Composer(self.cutouts, self.photos, lent)
        if polish is not None and polish.faces and self.faces is None:
            self.faces = self._cut_faces("faces-cut.npz")
        rise = 1.0 if polish else min(1, (self.step + 1) / WARMUP)
        rate = (POLISH_RATE if polish else RATE) * rise * (0.5 + 0.5 * math.cos(math.pi * share)) + 1e-5
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        if polish is None:
            seen = self._subjects(rng, next(side for until, side in SIDES if share < until), COMPOSITES)
        else:
            seen = self._subjects(rng, int(rng.choice(polish.sides)), BESIDE_FACES if polish.faces else COMPOSITES)
        if polish is not None and polish.faces and done % polish.faces == 0:
            seen |= self._faces(rng)
        if polish is None or done % POLISH_PAIRS == 0:
            seen |= self._features(rng)
        nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimizer.step()
        memory = min(MEMORY, 1 - 1 / (1 + self.step / 4))
        for name, value in self.net.state_dict().items():
            if value.is_floating_point():
                self.mean[name].lerp_(value, 1 - memory)
        return seen

    def _begin(self, polish: Round) -> None:
        """Set the weights with which a round begins, and keep them."""
        if polish.back:
            for name, value in self.before.items():
                if value.is_floating_point():
                    self.mean[name].lerp_(value, polish.back)
            self.net.load_state_dict(self.mean)
        # Before faces were learned, there is nothing of them to go back to.
        self.before = {name: value.clone() for name, value in self.mean.items() if not name.startswith("faces.")}

    def _polish(self) -> tuple[int, Round | None, int]:
        """The number of the step's round (from 1, 0 before the polish), the round, and how many of its steps are done."""
        done = self.step - self.steps
        if done < 0:
            return 0, None, self.step
        for number, polish in enumerate(self.rounds, start=1):
            if done < polish.steps:
                return number, polish, done
            done -= polish.steps
        raise ValueError(f"all rounds are done before step {self.step}")

    def _subjects(self, rng: Rng, side: int, count: int) -> dict[str, float]:
        sources = [(self.taught, TAUGHT * count // COMPOSITES), (self.outlined, OUTLINED)]
        real = [(photos, share) for photos, share in sources if photos is not None and len(photos.maps)]
        batches = [self.composer.batch(rng, count - sum(share for _, share in real), side)]
        batches += [photos.batch(rng, share, side) for photos, share in real]
        pictures, masks = (torch.cat(parts) for parts in zip(*batches, strict=True))
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.net.subject(self.net.trunk(pictures))
        loss, overlap = losses.subjects(logits.float(), masks)
        torch.autograd.backward(1.5 * loss)
        return {"map": loss.item(), "iou": overlap.item()}

    def _faces(self, rng: Rng) -> dict[str, float]:
        assert self.faces is not None
        pictures, goal, counts = self.faces.batch(rng, FACES, int(rng.choice(FACES_SIDES)))
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.net.faces(self.net.trunk(pictures))
        loss = losses.faces(logits.float(), goal, counts)
        torch.autograd.backward(FACES_WEIGHT * loss)
        return {"faces": loss.item()}

    def _features(self, rng: Rng) -> dict[str, float]:
        pairs = self.pairer.batch(rng, PAIRS)
        count = len(pairs.pictures)
        both = torch.cat([pairs.pictures, (1 - pairs.ink).expand(-1, 3, -1, -1)])
        with torch.autocast("cpu", torch.bfloat16):
            stages = self.net.trunk(both)
        found = [stage.float() for stage in stages]
        whole = found[4].mean((2, 3))
        embedded = self.net.embed(whole)
        near = [losses.places(f[:count], f[count:], pairs.ink, many, rng) for f, many in zip(found[1:4], (24, 24, 12), strict=True)]
        alike = losses.wholes(embedded[:count], embedded[count:])
        known = torch.cat([pairs.label, pairs.label])
        named = F.cross_entropy(self.net.classify(whole), known, ignore_index=-1, label_smoothing=0.05)
        loss: Tensor = 0.3 * (near[0] + near[1]) + 0.2 * near[2] + 0.4 * alike + 0.8 * named
        torch.autograd.backward(loss)
        return {f"at{k}": part.item() for k, part in enumerate(near, start=2)} | {"whole": alike.item(), "class": named.item()}

    def _maps(self, number: int) -> Path:
        """Where a round's maps of real photos are kept."""
        return self.path.with_name(f"taught-{number}.npz")

    def _teach(self, file: Path) -> Taught:
        if file.exists():
            return Taught.load(file, self.photos)
        taught = teach(self._teacher(), self.photos)
        taught.save(file)
        print(f"maps of {len(taught.maps)} real photos", flush=True)
        return taught

    def _cut_faces(self, name: str) -> Faces:
        file, faces = self.path.with_name(name), load_faces(self.path.parent, held_out=False)
        if file.exists():
            with np.load(file) as stored:
                return replace(faces, planes=stored["planes"])
        faces = faces.cut_out(StructureEncoder(fold(self._teacher()), "").saliency)
        np.savez(file, planes=faces.planes)
        return faces

    def _teacher(self) -> Net:
        """The running average of the net."""
        teacher = fresh_net().eval()
        teacher.load_state_dict(self.mean)
        return teacher

    def _save(self) -> None:
        stored = {
            "step": self.step,
            "net": self.net.state_dict(),
            "mean": self.mean,
            "before": self.before,
            "optimizer": self.optimizer.state_dict(),
        }
        partial = self.path.with_suffix(".partial")
        torch.save(stored, partial)
        partial.replace(self.path)


if __name__ == "__main__":
    main()
