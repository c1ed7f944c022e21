"""One command over several runs: the others go on when one fails, and the end tells how many did.

Knows how failures are told and counted; knows nothing of what is done with a run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from picasso_series.cli.output import Output, complain, os_sentence
from picasso_series.errors import PartialError, PicassoError


def for_each(runs: Sequence[Path], work: Callable[[Path], Sequence[str]], output: Output, *, made: str, done: str) -> None:
    """Do ``work`` with each run and give the files that it makes as the result.

    Args:
        runs: the folders.
        work: makes files in a run's folder and returns their paths relative to it.
        output: how to say it.
        made: what JSON calls the files.
        done: what has been done to the runs, as in "could not be …".

    Raises:
        PicassoError: the work failed with the only run, or with all of them.
        PartialError: it failed with some.
    """
    records: list[dict[str, Any]] = []
    errors: list[Exception] = []
    lines = []
    for folder in runs:
        try:
            files = list(work(folder))
        except (PicassoError, OSError) as error:
            sentence = os_sentence(error) if isinstance(error, OSError) else str(error)
            errors.append(error)
            records.append({"folder": str(folder), "error": sentence})
            if len(runs) > 1:
                complain(sentence)
            continue
        records.append({"folder": str(folder), made: files})
        lines += [str(folder / name) for name in files]
    if errors and len(runs) == 1:
        raise errors[0]
    output.result(lines, {"runs": records})
    if len(errors) == len(runs):
        raise PicassoError(f"none of the {len(runs)} runs could be {done}, for the reasons above")
    if errors:
        raise PartialError(f"{len(errors)} of {len(runs)} runs could not be {done}, for the reasons above; the others are done")
