"""``picasso-series doctor``: what is installed, what is missing, and the command that mends it."""

from __future__ import annotations

import click

from picasso_series.cli.help import Command
from picasso_series.cli.output import Output, output_options
from picasso_series.errors import MissingError

_EXAMPLES = (
    ("picasso-series doctor", "a table of checks; exit code 4 when something required is missing"),
    ("picasso-series doctor --json", "the same for scripts and bug reports"),
)


@click.command(cls=Command, examples=_EXAMPLES)
@output_options
def doctor(quiet: bool, verbose: bool, as_json: bool) -> None:
    """Check everything that drawing and filming need."""
    output = Output.of(quiet, verbose, as_json)
    from picasso_series.doctor import examine

    findings = examine()
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.status.value:<8} {finding.name:<{width}}  {finding.detail}")
        if finding.mend:
            lines.append(f"{'':<8} {'':<{width}}  mend: {finding.mend}")
    missing = [finding.name for finding in findings if finding.is_missing]
    output.result(
        lines,
        {
            "ok": not missing,
            "checks": [{"name": f.name, "status": f.status.value, "detail": f.detail, "mend": f.mend} for f in findings],
        },
    )
    if missing:
        raise MissingError(f"the doctor finds that something required is missing ({', '.join(missing)}); run the commands named above")
