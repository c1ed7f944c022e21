"""Progress on stderr: bars on a terminal, plain lines elsewhere, nothing when quiet.

Knows the events of a run and how far they are; knows nothing of what they mean for the folder.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from picasso_series.cli.output import Output, printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from picasso_series.levels import Level
    from picasso_series.series import Step

Choices = Mapping[str, Mapping[str, str]]

_PLAIN_EVERY = 5.0
"""Seconds between two plain lines of the same level or film."""
_PHASES = {"starts": "finding starts", "audition": "comparing starts", "optimize": "drawing", "rank": "ranking strokes"}


class Follower(Protocol):
    """Shows a run as it goes."""

    def choices(self, choices: Choices) -> None:
        """Show what was chosen to draw with, and why."""

    def count(self, done: int, total: int) -> None:
        """Show how far the counting of the strokes is that the photo needs."""

    def step(self, step: Step) -> None:
        """Show how far a level is."""

    def level(self, level: Level) -> None:
        """Show a level that is done."""

    def film(self, name: str, done: int, total: int) -> None:
        """Show how far a film is."""


@contextmanager
def follow(output: Output) -> Iterator[Follower]:
    """Give what shows progress in the way that the user and the terminal ask for."""
    if output.quiet:
        yield _Silent()
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description:>14}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:>4.0f}/{task.total:<4.0f}"),
            TextColumn("{task.fields[note]:<36}"),
            TimeRemainingColumn(compact=True),
        )
        progress = Progress(*columns, console=Console(stderr=True))
        try:
            yield _Bars(progress)
        finally:
            progress.stop()
    else:
        yield _Lines(output)


class _Silent:
    def choices(self, choices: Choices) -> None:
        pass

    def count(self, done: int, total: int) -> None:
        pass

    def step(self, step: Step) -> None:
        pass

    def level(self, level: Level) -> None:
        pass

    def film(self, name: str, done: int, total: int) -> None:
        pass


class _Bars:
    """One bar for each level and each film; a level's bar starts again with each of its phases."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._phases: dict[str, str] = {}

    def choices(self, choices: Choices) -> None:
        for line in _reasons(choices):
            self._progress.console.print(line, highlight=False, markup=False)

    def count(self, done: int, total: int) -> None:
        self._at("how many", done, total, "counting strokes")

    def step(self, step: Step) -> None:
        name = _strokes(step.strokes)
        if self._phases.get(name, step.phase) != step.phase:
            self._progress.reset(self._tasks[name])
        self._phases[name] = step.phase
        self._at(name, step.iteration, step.iterations, " ".join(filter(None, [_phase(step), _loss(step.loss)])))

    def level(self, level: Level) -> None:
        steps = int(level.trajectory.iterations[-1])
        self._at(_strokes(level.strokes), steps, steps, _summary(level))

    def film(self, name: str, done: int, total: int) -> None:
        self._at(name, done, total, "filming")

    def _at(self, name: str, done: int, total: int, note: str) -> None:
        if name not in self._tasks:
            # Not before there is something to show: a terminal has room for one display at a time, and weights may be fetched first.
            self._progress.start()
            self._tasks[name] = self._progress.add_task(name, total=total, note=note)
        self._progress.update(self._tasks[name], completed=done, total=total, note=note)


class _Lines:
    """A line when a level or film begins, every few seconds, and when a level ends."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._name = ""
        self._began = self._told = 0.0

    def choices(self, choices: Choices) -> None:
        for line in _reasons(choices):
            self._output.note(line)

    def count(self, done: int, total: int) -> None:
        self._tell("counting the strokes that are needed", done, total, "")

    def step(self, step: Step) -> None:
        self._tell(f"{_strokes(step.strokes)}: {_phase(step)}", step.iteration, step.iterations, _loss(step.loss))

    def level(self, level: Level) -> None:
        self._output.note(f"{_strokes(level.strokes)}: done, {_summary(level)}")
        for part, value in level.losses.items():
            self._output.detail(f"    {part} {value:.4f}")

    def film(self, name: str, done: int, total: int) -> None:
        self._tell(f"film {name}", done, total, "")

    def _tell(self, name: str, done: int, total: int, note: str) -> None:
        now = time.monotonic()
        if name != self._name:
            self._name, self._began = name, now
        elif now - self._told < _PLAIN_EVERY:
            return
        self._told = now
        left = f"about {(now - self._began) / done * (total - done):.0f} s left" if done and now - self._began > 1 else ""
        count = f"{done}/{total}" if total > 1 else ""
        self._output.note(", ".join(filter(None, [f"{name} {count}".rstrip(), note, left])))


def _reasons(choices: Choices) -> list[str]:
    # A run that is taken up tells the reasons that its manifest holds.
    return [printable(f"{name} {choice['value']}: {choice['reason']}") for name, choice in choices.items()]


def _strokes(count: int) -> str:
    return f"{count} stroke{'s' if count > 1 else ''}"


def _phase(step: Step) -> str:
    return _PHASES.get(step.phase, step.phase)


def _loss(loss: float) -> str:
    return "" if math.isnan(loss) else f"loss {loss:.4f}"


def _summary(level: Level) -> str:
    return f"{_loss(level.losses['total'])} ({level.start}), {level.seconds:.1f} s"
