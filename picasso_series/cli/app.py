"""The command ``picasso-series`` itself: its group of commands, exit codes and the one place where errors become sentences.

Imports no command's machinery: those import torch, cairo and numpy only when they run.
"""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from picasso_series import __version__
from picasso_series.cli.bench import bench
from picasso_series.cli.doctor import doctor
from picasso_series.cli.draw import draw
from picasso_series.cli.evaluate import evaluate
from picasso_series.cli.film import film
from picasso_series.cli.gallery import gallery
from picasso_series.cli.help import CONTEXT, write_examples
from picasso_series.cli.output import one_line, os_sentence
from picasso_series.cli.plate import plate
from picasso_series.cli.presets import presets
from picasso_series.cli.still import still
from picasso_series.cli.weights import weights
from picasso_series.errors import MissingError, PicassoError

PROGRAM = "picasso-series"
INTERRUPTED = 130
_EXAMPLES = (
    ("picasso-series horse.jpg", "draw with 32, 16, 8 and 4 strokes into horse-series/"),
    ("picasso-series horse.jpg --levels 24,12,6,3,1 --preset fine", "other levels, more care"),
    ("picasso-series film horse-series --size story --formats mp4", "remake the films, upright for a story"),
)


class PhotoGroup(click.Group):
    """A group in which ``picasso-series PHOTO …`` is short for ``picasso-series draw PHOTO …``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``draw`` before arguments that do not begin with a command or an option of the group's own."""
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        if args and args[0] not in self.commands and args[0] not in own:
            args = ["draw", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer photos beside the commands, since a photo's name may stand in a command's place."""
        return [*super().shell_complete(ctx, incomplete), CompletionItem(incomplete, type="file")]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        write_examples(formatter, _EXAMPLES)


@click.group(cls=PhotoGroup, context_settings=CONTEXT, options_metavar="", subcommand_metavar="PHOTO [OPTIONS] | COMMAND …")
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
def app() -> None:
    """Draw a photo with fewer and fewer strokes, and film how it is stripped to its essence.

    "picasso-series PHOTO" is short for "picasso-series draw PHOTO"; its options are shown by "picasso-series draw --help".
    """


for command in (draw, film, plate, gallery, evaluate, still, weights, presets, doctor, bench):
    app.add_command(command)


class _Stop:
    """Turns Ctrl-C and SIGTERM into KeyboardInterrupt and remembers that it did."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        self.asked = True
        raise KeyboardInterrupt


def run(args: Sequence[str], stop: _Stop | None = None, command: click.Command = app, program: str = PROGRAM) -> int:
    """Run a command line and return its exit code; every error has been told on stderr as one sentence."""

    def fail(sentence: str, code: int) -> int:
        click.echo(f"{program}: {one_line(sentence)}", err=True)
        return code

    verbose = "-v" in args or "--verbose" in args
    try:
        code = command.main(list(args), prog_name=program, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.UsageError as error:
        place = f"; see {error.ctx.command_path} --help" if error.ctx else ""
        return fail(error.format_message().rstrip(".") + place, 2)
    except click.ClickException as error:
        return fail(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return fail("stopped; run the same command to go on", INTERRUPTED)
    except Exception as error:
        # A signal that lands inside somebody's cleanup or a child process often surfaces as another error.
        if stop is not None and stop.asked:
            return fail("stopped; run the same command to go on", INTERRUPTED)
        if isinstance(error, MissingError) and "doctor" not in str(error):
            return fail(f"{error}; `{PROGRAM} doctor` looks at the whole setup", error.exit_code)
        if isinstance(error, PicassoError):
            return fail(str(error), error.exit_code)
        if isinstance(error, ImportError) and not (error.name or "").startswith("picasso_series"):
            lost = (error.name or "a library").partition(".")[0]
            return fail(f"{lost} cannot be imported ({error}); run `{PROGRAM} doctor`, which names the command that mends it", 4)
        if isinstance(error, OSError):
            return fail(os_sentence(error), 1)
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            return fail("there is not enough memory; close other programs, or draw with --device cpu", 1)
        if verbose:
            traceback.print_exc()
        hint = "" if verbose else "; run it again with -v and report what that shows"
        return fail(f"this is a bug of picasso-series ({type(error).__name__}: {error}){hint}", 1)


def main(command: click.Command = app, program: str = PROGRAM) -> NoReturn:
    """Run the command line of this process, the program's or another, and exit."""
    stop = _Stop()
    signal.signal(signal.SIGTERM, stop)
    # A shell that starts a job in the background has it ignore Ctrl-C; that stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)
    sys.exit(run(sys.argv[1:], stop, command, program))
