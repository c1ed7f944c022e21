"""The command line of this tool: so many kills, over these scenes, from this seed; exit code 1 when anything was not as it should be.

python -m tools.kill_runs --kills 240 --seed 1
python -m tools.kill_runs --scenes drawing,gallery --kills 20
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from tools.kill_runs.same import differences
from tools.kill_runs.scenes import Scene, scenes, weights_at_hand
from tools.kill_runs.sound import faults
from tools.kill_runs.victims import End, Victim

MOST_DEATHS = 12
"""Kills of one command before it may end."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.kill_runs", description="Kill picasso-series at random moments.")
    parser.add_argument("--kills", type=int, default=200, help="at least so many kills in all [200]")
    parser.add_argument("--seed", type=int, default=None, help="of the random moments [a new one each time, which is printed]")
    parser.add_argument("--scenes", default="drawing,filming,gallery,fetching", help="what to kill [all]")
    asked = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    # Whoever ends this tool ends its server too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _warm()
    with tempfile.TemporaryDirectory() as place, weights_at_hand():
        troubles = list(_all(Path(place), asked.scenes.split(","), asked.kills, seed))
    for trouble in troubles:
        print(f"FAULT: {trouble}")
    return 1 if troubles else 0


def _warm() -> None:
    """Import all that the commands will, so that a process forked from this one starts at once."""
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in ("cli.app", "cli.progress", "encoders.checkpoint", "encoders.structure", "gallery", "make", "series", "subject"):
        import_module(f"picasso_series.{name}")


def _all(place: Path, names: Sequence[str], kills: int, seed: int) -> Iterator[str]:
    """Play the scenes; what was wrong."""
    known = scenes(place / "whole-drawing" / "run")
    wanted = [scene for scene in known if scene.name in names]
    share = -(-kills // max(1, len(wanted)))
    total = 0
    for scene in known:
        # The run that others need is drawn by the first scene's command.
        if scene in wanted or scene is known[0]:
            whole, end = _whole(scene, place)
            if end.code != 0:
                yield f"{scene.name}: the command fails without any kill: {end.said}"
                continue
        if scene in wanted:
            print(f"{scene.name}: {end.seconds:.1f} s of computing and {end.changes} changes of files without a kill", flush=True)
            if scene.alone:
                yield from (f"{scene.name}: {trouble}" for trouble in _second(scene, place))
            done, lives = 0, 0
            while done < share:
                lives += 1
                deaths, troubles = _life(scene, place, whole, end, random.Random(f"{seed} {scene.name} {lives}"))
                done += deaths
                yield from (f"{scene.name}, life {lives}: {trouble}" for trouble in troubles)
            total += done
            print(f"{scene.name}: {done} kills over {lives} lives", flush=True)
    print(f"{total} kills")


def _begin(scene: Scene, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    scene.prepare(folder)
    return folder


def _whole(scene: Scene, place: Path) -> tuple[Path, End]:
    """What the command leaves when nobody kills it."""
    folder = _begin(scene, place / f"whole-{scene.name}")
    return folder / scene.outcome, Victim(scene.line, folder).wait()


def _life(scene: Scene, place: Path, whole: Path, usual: End, dice: random.Random) -> tuple[int, list[str]]:
    """Start a command until it ends by itself, killing it on the way: the number of kills, and what was wrong."""
    folder = _begin(scene, place / "killed")
    troubles: list[str] = []
    moments: list[str] = []
    while True:
        die_before, seconds = 0, float("inf")
        if len(moments) < MOST_DEATHS:
            if dice.random() < 0.5:
                die_before = dice.randint(1, max(1, usual.changes))
            else:
                seconds = dice.uniform(0, usual.seconds)
        victim = Victim(scene.line, folder, die_before=die_before)
        while victim.alive() and victim.computed() < seconds:
            time.sleep(0.005)
        end = victim.kill() if victim.alive() else victim.wait()
        if end.code is not None:
            break
        moments.append(f"change {die_before}" if die_before else f"{seconds:.2f} s")
        troubles += [f"{fault} (killed at {', '.join(moments)})" for fault in faults(folder)]
    story = f"(killed at {', '.join(moments) or 'no time'})"
    if end.code != 0:
        troubles.append(f"exit code {end.code} {story}: {end.said}")
    else:
        troubles += [f"{difference} {story}" for difference in differences(whole, folder / scene.outcome)]
    return len(moments), troubles


def _second(scene: Scene, place: Path) -> Iterator[str]:
    """Start a second process while a first one is at work; what is wrong with its refusal."""
    folder = _begin(scene, place / "shared")
    first = Victim(scene.line, folder)
    while first.alive() and not _locked(folder / scene.outcome):
        time.sleep(0.002)
    # The lock is taken right after its file is made.
    time.sleep(0.02)
    os.kill(first.pid, signal.SIGSTOP)
    if not _locked(folder / scene.outcome):
        first.kill()
        yield "it ended before it could be seen at work"
        return
    second = Victim(scene.line, place / "shared").wait()
    first.kill()
    if second.code != 1 or second.said.count("\n") != 1 or "another picasso-series is at work" not in second.said:
        yield f"a second process is not refused in one sentence: exit code {second.code}: {second.said}"


def _locked(folder: Path) -> bool:
    return (folder / ".lock").exists()


if __name__ == "__main__":
    sys.exit(main())
