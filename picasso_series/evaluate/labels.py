"""What pictures may be called: the labels, the one that belongs to a run, and the sentences that CLIP is asked about.

Knows words; knows no pictures and no encoder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from picasso_series.errors import UsageError

Medium = Literal["photo", "sketch"]

EVERYDAY = tuple(
    """
    airplane, anchor, apple, backpack, banana, basket, bear, bed, bee, bicycle, boat, book, bottle, bowl, bridge, bull, bus, butterfly,
    cactus, cake, camel, camera, candle, car, castle, cat, cello, chair, chicken, church, clock, cow, crab, crocodile, cup, daffodil,
    daisy, deer, dog, dolphin, donkey, duck, eagle, elephant, face, fork, fox, frog, giraffe, goat, goldfish, guitar, hammer, hat,
    hedgehog, helicopter, horse, house, kangaroo, key, knife, ladder, lamp, leaf, light bulb, lighthouse, lion, lizard, lobster, monkey,
    motorcycle, mouse, mushroom, octopus, owl, panda, parrot, peacock, pear, penguin, person, piano, pig, pineapple, rabbit, rhinoceros,
    rose, sailboat, scissors, shark, sheep, shoe, snail, snake, spider, spoon, squirrel, strawberry, sunflower, swan, table, teapot,
    tiger, train, tree, truck, trumpet, turtle, umbrella, violin, whale, windmill, wolf, zebra
    """.replace("\n", " ")
    .replace("  ", "")
    .strip()
    .split(", ")
)
"""Things that people draw: what is chosen among when no labels are given."""

NONE = {
    "sketch": ("a meaningless scribble.", "a sketch of random lines.", "an abstract sketch of nothing."),
    "photo": ("a photo of nothing.", "a photo of a texture.", "an abstract photo."),
}
"""What stands for "none of these": the likeliest of several sentences that name no thing, since CLIP does not understand a no."""


def prompt(label: str, medium: Medium) -> str:
    """The sentence that stands for a label, as zero-shot classification asks for it (Radford et al., 2021, section 3.1.4)."""
    article = "an" if label[:1].lower() in "aeiou" else "a"
    return f"a {medium} of {article} {label}."


def parse_labels(text: str) -> tuple[str, ...]:
    """Labels parted by commas, each once, in lower case.

    Raises:
        UsageError: there are fewer than two, or an empty one.
    """
    labels = tuple(dict.fromkeys(" ".join(part.lower().split()) for part in text.split(",")))
    if len(labels) < 2 or not all(labels):
        raise UsageError(f"labels takes two or more names parted by single commas, such as horse,cat,dog, not {text!r}")
    return labels


def label_of(stem: str, labels: Sequence[str]) -> str | None:
    """The label that a file's name without ending speaks of: the longest whose words stand in it, None where none does."""
    words = [word for word in re.split(r"[\W_\d]+", stem.lower()) if word]
    for label in sorted(labels, key=len, reverse=True):
        parts = label.split()
        if any(words[at : at + len(parts)] == parts for at in range(len(words))) or "".join(words) == "".join(parts):
            return label
    return None
