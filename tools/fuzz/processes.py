"""Ranges of cases in processes that may die without harm.

Knows how long a process may stay at one case; knows no case.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.fuzz.cases import Fault, try_case
from tools.fuzz.judge import limit_memory, watch_time
from tools.fuzz.seams import cut_off

WALL = 120
"""Seconds on the clock after which a case hangs, however little it computes."""


def try_range(reader: str, start: int, end: int, sound: Path, cpu: float) -> Iterator[Fault]:
    """Run cases in processes of their own, a new one wherever one dies."""
    context = multiprocessing.get_context("spawn")
    while start < end:
        now: Any = context.Value("q", start)
        queue: Any = context.SimpleQueue()
        process = context.Process(target=_work, args=(reader, start, end, sound, cpu, now, queue))
        process.start()
        last, since = start, time.monotonic()
        while process.is_alive():
            process.join(1.0)
            while not queue.empty():
                yield queue.get()
            if now.value != last:
                last, since = now.value, time.monotonic()
            elif time.monotonic() - since > WALL:
                process.kill()
                process.join()
        while not queue.empty():
            yield queue.get()
        if process.exitcode == 0:
            return
        known = {-signal.SIGPROF: f"it takes more than {cpu:g} s of processor time", -signal.SIGKILL: "it waits for ever"}
        yield Fault(f"{reader}:{now.value}", known.get(process.exitcode or 0, f"its process ends with {process.exitcode}"), "", "")
        start = now.value + 1


def _work(reader: str, start: int, end: int, sound: Path, cpu: float, now: Any, queue: Any) -> None:
    """What a process does: its cases in turn."""
    limit_memory()
    with cut_off():
        for number in range(start, end):
            now.value = number
            watch_time(cpu)
            fault = try_case(reader, number, sound)
            watch_time(0)
            if fault is not None:
                queue.put(fault)
