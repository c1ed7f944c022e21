"""``picasso-series bench``: the speed of this machine."""

from __future__ import annotations

from dataclasses import asdict

import click

from picasso_series.cli.help import CONTEXT, Command, Option, write_examples
from picasso_series.cli.output import Output, output_options

_EXAMPLES = (
    ("picasso-series bench raster", "time drawing strokes, forward and backward, on one thread"),
    ("picasso-series bench raster --repeats 50 --json", "more repeats, for scripts"),
    ("picasso-series bench clip", "time an iteration with CLIP, beside CLIPasso's own"),
)


class _BenchGroup(click.Group):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(formatter, _EXAMPLES)


@click.group(cls=_BenchGroup, context_settings=CONTEXT)
def bench() -> None:
    """Measure how fast this machine draws."""


@bench.command("raster", cls=Command, examples=_EXAMPLES)
@click.option(
    "--repeats", type=click.IntRange(1, 1000), default=15, metavar="N", cls=Option, section="Measuring", help="Repeats of each case [15]."
)
@output_options
def bench_raster(repeats: int, quiet: bool, verbose: bool, as_json: bool) -> None:
    """Time the rasterizers: milliseconds forward and backward for strokes of several lengths, on one thread."""
    output = Output.of(quiet, verbose, as_json)
    import torch

    from picasso_series.benchmark import time_rasterizers

    torch.set_num_threads(1)
    output.note(f"torch {torch.__version__}, one thread, 224x224, median of {repeats}; milliseconds forward + backward = both")
    timings = []
    for timing in time_rasterizers(repeats):
        timings.append(timing)
        output.detail(f"{timing.rasterizer} {timing.strokes} strokes, {timing.length}: {timing.total:.2f} ms")
    lengths = list(dict.fromkeys(timing.length for timing in timings))
    lines = [f"{'':<8} {'strokes':>7}" + "".join(f"{length:>30}" for length in lengths)]
    for name, strokes in dict.fromkeys((timing.rasterizer, timing.strokes) for timing in timings):
        cells = [timing for timing in timings if (timing.rasterizer, timing.strokes) == (name, strokes)]
        texts = (f"{cell.forward:.2f} + {cell.backward:.2f} = {cell.total:.2f}" for cell in cells)
        lines.append(f"{name:<8} {strokes:>7}" + "".join(f"{text:>30}" for text in texts))
    record = [asdict(timing) for timing in timings]
    output.result(lines, {"torch": str(torch.__version__), "threads": 1, "repeats": repeats, "unit": "ms", "timings": record})


@bench.command("clip", cls=Command, examples=_EXAMPLES)
@click.option(
    "--repeats", type=click.IntRange(1, 1000), default=5, metavar="N", cls=Option, section="Measuring", help="Iterations of each kind [5]."
)
@output_options
def bench_clip(repeats: int, quiet: bool, verbose: bool, as_json: bool) -> None:
    """Time an iteration with CLIP's RN101: seconds of each stage at 32 strokes and five views, on one thread, and memory."""
    output = Output.of(quiet, verbose, as_json)
    import torch

    from picasso_series.clip_benchmark import CLIPASSO, CLIPASSO_MEMORY, time_clip

    torch.set_num_threads(1)
    output.note(f"torch {torch.__version__}, one thread, RN101 with random weights, median of {repeats}; seconds")
    timings = list(time_clip(repeats))
    lines = [f"{'':<26}" + "".join(f"{timing.precision:>12}" for timing in timings) + f"{'CLIPasso*':>12}"]
    for stage, seconds in CLIPASSO.items():
        cells = [*(timing.seconds[stage] for timing in timings), seconds]
        lines.append(f"{stage:<26}" + "".join(f"{cell:>12.3f}" for cell in cells))
    memory = [*(timing.memory for timing in timings), CLIPASSO_MEMORY]
    lines.append(f"{'most memory, GB':<26}" + "".join(f"{'unknown' if gb is None else f'{gb:.2f}':>12}" for gb in memory))
    lines.append("* its own code in float32 on one core of another machine with AVX-512")
    record = [asdict(timing) for timing in timings]
    output.result(lines, {"torch": str(torch.__version__), "threads": 1, "repeats": repeats, "unit": "s", "timings": record})
