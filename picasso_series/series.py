"""The chain of levels: from a subject to drawings of fewer and fewer strokes.

Knows that each level grows from the one before; knows neither what happens within a level nor any file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from picasso_series.drawing import LevelDrawing
from picasso_series.events import Checkpoint, LevelDone, Step
from picasso_series.levels import Level, Subject
from picasso_series.objective import Sight
from picasso_series.settings import AutoLevels, Settings
from picasso_series.studio import Studio, choose_studio, computing_threads
from picasso_series.taking_up import fits
from picasso_series.telling import find_lines
from picasso_series.views import make_views

__all__ = ["Checkpoint", "LevelDone", "Step", "Studio", "choose_studio", "computing_threads", "draw_levels", "look_at"]


def draw_levels(
    subject: Subject, settings: Settings, studio: Studio, *, done: Sequence[Level] = (), checkpoint: Checkpoint | None = None
) -> Iterator[Step | Checkpoint | LevelDone]:
    """Draw the levels that are not ``done`` yet, going on from ``checkpoint`` if there is one.

    Raises:
        ValueError: the settings leave the levels to the photo, which must be asked before.
    """
    if isinstance(settings.levels, AutoLevels):
        raise ValueError(f"levels {settings.levels} must be chosen before they are drawn")
    events = _draw(subject, settings.seen_by(studio.encoder.name), studio, done, checkpoint)
    while True:
        # Between two events torch is the listener's.
        with computing_threads(studio.threads):
            event = next(events, None)
        if event is None:
            return
        yield event


def _draw(
    subject: Subject, settings: Settings, studio: Studio, done: Sequence[Level], checkpoint: Checkpoint | None
) -> Iterator[Step | Checkpoint | LevelDone]:
    finished = list(done)
    lines = find_lines(subject, studio.find_faces, studio.find_telling)
    sight = look_at(subject, settings, studio)
    for index in range(len(finished), len(settings.levels)):
        before = finished[-1] if finished else None
        drawing = LevelDrawing(subject, sight, lines, settings, studio, index, before)
        # A level whose checkpoint is of another one, or damaged, can always start again.
        taken_up = checkpoint if checkpoint is not None and fits(checkpoint, settings, index, before) else None
        for event in drawing.run(taken_up):
            if isinstance(event, LevelDone):
                finished.append(event.level)
            yield event


def look_at(subject: Subject, settings: Settings, studio: Studio) -> Sight | None:
    """The subject as the studio's encoder sees it; None where the settings give the encoder no weight."""
    if not (settings.layer_weight or settings.embedding_weight):
        return None
    encoder = studio.encoder
    views = make_views(encoder.views, encoder.resolution, settings.seed, studio.device, settings.draws)
    return Sight(encoder, subject, views, studio.device)
