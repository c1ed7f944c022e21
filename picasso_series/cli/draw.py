"""``picasso-series draw PHOTO``: a photo becomes a run folder."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from picasso_series.cli.help import Command, Option
from picasso_series.cli.output import Output, output_options
from picasso_series.errors import BadInputError, UsageError
from picasso_series.presets import Resolved, resolve
from picasso_series.settings import DEVICES, RASTERIZERS, SETTING_NAMES, SHOWING, AutoLevels, setting_text

if TYPE_CHECKING:
    from picasso_series.make import Finished, Resumed

F = TypeVar("F", bound=Callable[..., Any])

_EXAMPLES = (
    ("picasso-series horse.jpg", "draw with 32, 16, 8 and 4 strokes into horse-series/"),
    ("picasso-series horse.jpg --levels 12,6,3 --seeds 3 -o out", "other levels, the best of three starts, another folder"),
    ("picasso-series horse.jpg --levels auto", "four levels, with as many strokes as this photo needs"),
    ("picasso-series horse.jpg --preset draft --formats svg", "a quick look, filmed as vectors only"),
    ("picasso-series horse.jpg --mask horse-mask.png --dry-run", "show what would be done, and where each setting comes from"),
    ("picasso-series draw --from horse-series -o again", "draw a run once more, from what its manifest says"),
)


_FATES = {
    "fresh": "would draw a new run into {}",
    "resume": "would go on with the run in {}",
    "drawn": "would find the series in {} drawn already",
    "replace": "would replace the run in {}",
}


def _setting(section: str, name: str, metavar: str, text: str) -> Callable[[F], F]:
    """An option for a setting, taken as text, since one place judges values from flags, files and the environment alike."""
    return click.option(f"--{name}", metavar=metavar, cls=Option, section=section, help=text)


@click.command(cls=Command, examples=_EXAMPLES, options_metavar="[OPTIONS]")
@click.argument("photo", required=False, type=click.Path(path_type=Path))
@_setting("Drawing", "levels", "N,N,…|auto[:N]", "Strokes of each level, 1 to 256, or N levels as the photo needs [32,16,8,4].")
@_setting("Drawing", "preset", "NAME|FILE.toml", "Settings to start from; see 'picasso-series presets list' [default].")
@_setting("Drawing", "iterations", "N[,N…]", "Optimizer steps, for all levels or one number each [the preset's].")
@_setting("Drawing", "seed", "N", "First seed; the same seed draws the same series [0].")
@_setting("Drawing", "seeds", "N", "Starts that compete at each level [1].")
@_setting("Drawing", "mask", "auto|none|FILE", "The subject: found or taken from alpha, the whole photo, or white in a picture [auto].")
@_setting("Machinery", "encoder", "auto|clip|clip:MODEL|structure", "What judges the likeness; auto: CLIP, fetched once, or structure.")
@_setting("Machinery", "rasterizer", "|".join(RASTERIZERS), "What draws strokes as pixels [auto].")
@_setting("Machinery", "device", "|".join(DEVICES), "Where it computes [auto].")
@_setting("Films", "size", "square|portrait|tall|story|landscape|WxH", "Size of the films [square, 1080x1080].")
@_setting("Films", "formats", "LIST", "Formats of the films, of mp4,gif,webp,svg [mp4,gif].")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="DIR", cls=Option, section="Output", help="Run folder [./<photo stem>-series]."
)
@click.option(
    "--force/--resume",
    default=False,
    cls=Option,
    section="Output",
    help="Replace another run that lies in the folder, or go on with the same one [resume].",
)
@click.option(
    *("--from", "source"),
    type=click.Path(path_type=Path),
    metavar="RUN",
    cls=Option,
    section="Output",
    help="Draw a run once more: its folder or series.json. PHOTO is sought beside it.",
)
@click.option("--dry-run", is_flag=True, cls=Option, section="Output", help="Show every setting and its source; write nothing.")
@output_options
def draw(
    photo: Path | None,
    out: Path | None,
    preset: str | None,
    force: bool,
    source: Path | None,
    dry_run: bool,
    quiet: bool,
    verbose: bool,
    as_json: bool,
    **flags: str | None,
) -> None:
    """Draw PHOTO with fewer and fewer strokes, and film it.

    The same command goes on with a run that was stopped. Settings come from, first to last: these options, environment variables
    (PICASSO_SERIES_LEVELS and so on), ./picasso-series.toml, the preset; with --from from the run alone.
    """
    output = Output.of(quiet, verbose, as_json)
    repeated: Mapping[str, Any] | None = None
    if source is not None:
        photo, resolved, repeated = _repeat(source, photo, {"preset": preset, **flags}, output)
    else:
        photo, resolved = _asked(photo), resolve(flags, preset=preset, env=os.environ, folder=Path())
        # Unlike the path's own method this also answers for names that are too long for any file.
        if not os.path.exists(photo):
            raise BadInputError(f"there is no file {photo}{_command_hint(photo)}; check the name and the folder")
    if dry_run:
        _preview(photo, resolved, out, force, repeated, output)
        return
    from picasso_series.cli.fetching import fetch_showing
    from picasso_series.cli.progress import follow
    from picasso_series.make import Chosen, Counting, Drawn, Finished, Resumed, make_run

    with follow(output) as progress:
        events = make_run(photo, resolved, out, force=force, repeated=repeated, fetch=fetch_showing(output), on_film=progress.film)
        for event in events:
            if isinstance(event, Resumed):
                _take_up(event, output)
            elif isinstance(event, Counting):
                progress.count(event.done, event.total)
            elif isinstance(event, Chosen):
                progress.choices(event.choices)
            elif isinstance(event, Drawn):
                progress.level(event.level)
            elif isinstance(event, Finished):
                finished = event
            else:
                progress.step(event)
    _report(finished, output)


def _asked(photo: Path | None) -> Path:
    """The photo, which only a run that is drawn once more can do without."""
    if photo is None:
        raise click.MissingParameter(ctx=click.get_current_context(), param_hint="'PHOTO'", param_type="argument")
    return photo


def _repeat(source: Path, photo: Path | None, flags: Mapping[str, str | None], output: Output) -> tuple[Path, Resolved, Mapping[str, Any]]:
    """Photo, settings and manifest of a run to draw once more; says what is not as it was then."""
    from picasso_series.repeat import plan_repeat

    for name, value in flags.items():
        if value is not None and name not in (*SHOWING, "mask"):
            raise UsageError(f"--from repeats a run as it was drawn; leave out --{name}, or leave out --from to draw another")
    plan = plan_repeat(source, photo, mask=flags["mask"], shown={name: flags[name] for name in sorted(SHOWING)})
    if plan.strangers:
        output.note(f"the strokes may differ in little from the run's: {', '.join(plan.strangers)}")
    return plan.photo, plan.resolved, plan.manifest


def _take_up(event: Resumed, output: Output) -> None:
    """Say that a run goes on."""
    levels = ", ".join(map(str, event.done)) or "none"
    output.note(f"going on with the run in {event.folder} (levels that are done: {levels})")


def _report(finished: Finished, output: Output) -> None:
    run = finished.run
    files = [record["path"] for record in run.manifest["files"]]
    main = [name for name in ("index.html", "plate.png") if name in files] + [name for name in files if name.startswith("films/")]
    if not finished.drawn:
        output.note(f"the series in {run.folder} was drawn already; --force draws it anew")
    output.result(
        [str(run.folder), *(str(run.folder / name) for name in main)],
        {"folder": str(run.folder), "drawn": finished.drawn, "files": files, "series": run.manifest},
    )


def _preview(photo: Path, resolved: Resolved, out: Path | None, force: bool, repeated: Mapping[str, Any] | None, output: Output) -> None:
    """Show the settings and what would become of the folder; a run that would be refused is refused after that."""
    from picasso_series.make import default_folder, preview

    refusal: BadInputError | None = None
    folder, fetched = default_folder(photo) if out is None else out, []
    try:
        found = preview(photo, resolved, out, force=force, repeated=repeated)
        folder, state = found.folder, found.state.value
        fate = _FATES[state].format(folder)
        fetched = [{"name": entry.name, "bytes": entry.bytes or None, "url": entry.url} for entry in found.fetched]
        fate += "".join(f"; would fetch CLIP's {entry.name} first{f' ({entry.size})' if entry.size else ''}" for entry in found.fetched)
    except BadInputError as error:
        refusal, state, fate = error, "refused", "refused"
    settings = {name: {"value": _plain(getattr(resolved.settings, name)), "from": resolved.sources[name]} for name in SETTING_NAMES}
    texts = {name: setting_text(setting["value"]) for name, setting in settings.items()}
    width, column = max(map(len, texts)), max(map(len, texts.values()))
    lines = [f"{name:<{width}}  {texts[name]:<{column}}  {settings[name]['from']}" for name in SETTING_NAMES]
    output.result(
        [*lines, "", f"{fate}; nothing was written"],
        {"photo": photo.name, "folder": str(folder), "plan": state, "fetch": fetched, "preset": resolved.preset, "settings": settings},
    )
    if refusal:
        raise refusal


def _plain(value: Any) -> Any:
    """A setting's value as JSON holds it."""
    return str(value) if isinstance(value, AutoLevels) else value


def _command_hint(photo: Path) -> str:
    """A hint when the name looks like a slip in a command's name."""
    group = click.get_current_context().find_root().command
    known = list(getattr(group, "commands", ()))
    close = difflib.get_close_matches(str(photo), known, n=1, cutoff=0.75)
    return f" (did you mean the command 'picasso-series {close[0]}'?)" if close else ""
