"""Settings of a run: plain frozen data.

Knows names, ranges and defaults; knows no files, no command line and no torch.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a series is drawn and shown.

    Attributes:
        levels: strokes of each level, strictly decreasing, 1 to 256.
        encoder: "auto", "clip", "clip:<model>" or "structure".
        rasterizer: "auto", "torch" or "diffvg".
        device: "auto", "cpu", "cuda" or "mps".
        seed: first seed of the run's random draws, at least 0.
        seeds: how many starts compete at each level, at least 1.
        iterations: optimizer steps, one number for all levels or one a level, each at least 1.
        mask: "auto", "none" or the path of a mask picture.
        size: film size: "square", "portrait", "story" or "WxH" (even numbers).
        formats: film formats, of "mp4", "gif", "webp", "svg".
        start: "contour" (contours cut into cubics) or "saliency" (points sampled where the eye goes, as CLIPasso).
        learning_rate: Adam's step in canvas pixels, above 0.
        schedule: "cosine" (decays to a tenth) or "constant".
        line_weight: weight of the line-map correlation in the objective, at least 0.
        layer_weight: weight of the encoder's middle layers, at least 0.
        embedding_weight: weight of the encoder's embedding, at least 0.
        rivals: how many fresh starts compete with the warm start at levels of few strokes, at least 0.
        joins: whether a survivor may absorb a neighbor it continues into.
    """

    levels: tuple[int, ...] = (32, 16, 8, 4)
    encoder: str = "auto"
    rasterizer: str = "auto"
    device: str = "auto"
    seed: int = 0
    seeds: int = 1
    iterations: tuple[int, ...] = (70,)
    mask: str = "auto"
    size: str = "square"
    formats: tuple[str, ...] = ("mp4", "gif")
    start: str = "contour"
    learning_rate: float = 0.8
    schedule: str = "cosine"
    line_weight: float = 1.0
    layer_weight: float = 0.3
    embedding_weight: float = 0.1
    rivals: int = 4
    joins: bool = True
