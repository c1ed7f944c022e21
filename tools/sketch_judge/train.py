"""``python -m tools.sketch_judge.train PACS.zip``: train the judge and say how well it names human sketches it never saw."""

from __future__ import annotations

import argparse
import time
import zipfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from tools.sketch_judge.chains import Chain
from tools.sketch_judge.data import CLASSES, DOMAINS, Example, chains_of, examples
from tools.sketch_judge.net import WEIGHTS, Judge, probabilities, save
from tools.sketch_judge.pictures import framed, varied

SHARES = {"sketch": 0.65, "cartoon": 0.15, "photo": 0.2}
"""How often a picture of each domain is shown. Line maps stand in where human sketches are few (houses) or of other things (no faces)."""
BATCH = 64
SMOOTHING = 0.05


def main() -> None:
    """Train for the steps asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path, default=WEIGHTS)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    began = time.process_time()
    with zipfile.ZipFile(asked.archive) as archive:
        known = [(example, chains_of(archive, example)) for example in examples(archive)]
    known = [(example, chains) for example, chains in known if chains]
    print(f"{len(known)} pictures read after {time.process_time() - began:.0f} s of processor time", flush=True)
    judge = train([pair for pair in known if not pair[0].held], asked.steps, asked.seed)
    save(judge, asked.out)
    print(f"trained after {time.process_time() - began:.0f} s")
    report(judge, [pair for pair in known if pair[0].held and pair[0].domain == "sketch"])


def train(known: list[tuple[Example, list[Chain]]], steps: int, seed: int) -> Judge:
    """A judge that has seen ``steps`` batches, each class as often as any other."""
    rng = np.random.default_rng(seed)
    pools: dict[tuple[str, int], list[list[Chain]]] = {(domain, label): [] for domain in DOMAINS for label in range(len(CLASSES))}
    for example, chains in known:
        pools[example.domain, example.label].append(chains)
    with torch.random.fork_rng():
        torch.random.manual_seed(seed)
        judge = Judge().train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.AdamW(judge.parameters(), lr=2e-3, weight_decay=0.02)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
        mean = 0.0
        for step in range(1, steps + 1):
            labels = rng.integers(len(CLASSES), size=BATCH)
            domains = rng.choice(list(SHARES), size=BATCH, p=list(SHARES.values()))
            drawn = []
            for domain, label in zip(domains, labels, strict=True):
                pool = pools[str(domain), int(label)]
                drawn.append(varied(pool[rng.integers(len(pool))], rng))
            seen = torch.from_numpy(np.stack(drawn)).float() / 255
            loss = F.cross_entropy(judge(seen), torch.from_numpy(labels), label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            mean += (loss.item() - mean) / min(step, 100)
            if step % 100 == 0:
                print(f"step {step}: loss {mean:.3f}", flush=True)
    judge.eval()
    return judge  # type: ignore[no-any-return]


def report(judge: Judge, held: list[tuple[Example, list[Chain]]]) -> None:
    """Accuracy on human sketches that were held out: as they are, and as a few cubics."""
    labels = np.array([example.label for example, _ in held])
    rng = np.random.default_rng(1)
    for kind, pictures in (
        ("as they are", [framed(chains) for _, chains in held]),
        ("varied as in training", [varied(chains, rng) for _, chains in held]),
    ):
        right = _asked(judge, np.stack(pictures)) == labels
        classes = ", ".join(f"{name} {right[labels == i].mean():.0%} of {(labels == i).sum()}" for i, name in enumerate(CLASSES))
        balanced = np.mean([right[labels == i].mean() for i in range(len(CLASSES))])
        print(f"held-out human sketches, {kind}: {right.mean():.1%} (mean over classes {balanced:.1%}; {classes})")


def _asked(judge: Judge, pictures: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.concatenate([probabilities(judge, part).argmax(1) for part in np.array_split(pictures, max(1, len(pictures) // 256))])


if __name__ == "__main__":
    main()
