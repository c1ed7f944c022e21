"""The command: cases by readers and ranges of numbers, in processes that may die without harm."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tools.fuzz.cases import Fault, try_case
from tools.fuzz.folders import write_run
from tools.fuzz.judge import limit_memory, watch_time
from tools.fuzz.processes import try_range
from tools.fuzz.readers import READERS
from tools.fuzz.seams import cut_off

BLOCK = 2000
"""Cases that a process takes before a new one begins, so that nothing piles up."""


def main() -> int:
    """Run the cases that the arguments name; 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description="Feed every reader with damaged and hostile input.")
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"of {', '.join(READERS)} [all, each with its share]")
    parser.add_argument("--cases", type=int, default=100_000, help="how many, of each reader that is named, or of all together [100000]")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first case of each reader [0]")
    parser.add_argument("--cpu", type=float, default=20.0, help="seconds of processor time that a case may take [20]")
    parser.add_argument("--case", metavar="READER:NUMBER", help="run this one case in this process")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="with --case: leave its files there")
    asked = parser.parse_args()
    unknown = set(asked.readers) - set(READERS)
    if unknown:
        parser.error(f"there is no reader {min(unknown)}")
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound"
        sound.mkdir()
        write_run(sound / "run", sound / "photo.png")
        if asked.case:
            return _one(asked.case, sound, asked.keep, asked.cpu)
        faults = _all(_shares(asked.readers, asked.cases), asked.seed, sound, asked.cpu)
    return 1 if faults else 0


def _one(case: str, sound: Path, keep: Path | None, cpu: float) -> int:
    reader, _, number = case.partition(":")
    limit_memory()
    watch_time(cpu)
    with cut_off():
        fault = try_case(reader, int(number), sound, keep)
    watch_time(0)
    print(_told(fault) if fault else f"{case}: well answered")
    return 1 if fault else 0


def _shares(readers: list[str], cases: int) -> dict[str, int]:
    if readers:
        return dict.fromkeys(readers, cases)
    whole = sum(share for _, share in READERS.values())
    return {name: -(-cases * share // whole) for name, (_, share) in READERS.items()}


def _all(shares: dict[str, int], first: int, sound: Path, cpu: float) -> int:
    """Run ranges of cases, tell each fault as it is found, and return how many there are."""
    kinds: Counter[str] = Counter()
    begun, done = time.monotonic(), 0
    for reader, count in shares.items():
        for start in range(first, first + count, BLOCK):
            end = min(start + BLOCK, first + count)
            for fault in try_range(reader, start, end, sound, cpu):
                kinds[f"{reader}: {fault.what}"] += 1
                if kinds[f"{reader}: {fault.what}"] <= 20:
                    print(_told(fault), flush=True)
            done += end - start
            print(
                f"{reader} {start} to {end - 1} done; {done} cases, {sum(kinds.values())} faults, {time.monotonic() - begun:.0f} s",
                flush=True,
            )
    for kind, times in kinds.most_common():
        print(f"{times:6} {kind}")
    return sum(kinds.values())


def _told(fault: Fault) -> str:
    said = "\n    ".join(fault.said.strip().splitlines()[-8:])
    return f"FAULT {fault.case}: {fault.what}\n  {fault.line}\n    {said}"


if __name__ == "__main__":
    sys.exit(main())
