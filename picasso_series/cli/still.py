"""``picasso-series still PHOTO``: what the program sees in a photo, as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from picasso_series.cli.help import Command, Option
from picasso_series.cli.output import Output, output_options
from picasso_series.errors import UsageError

KINDS = ("photo", "subject", "mask", "saliency", "xdog", "lines", "contour", "squiggles")
SHEET = "sheet"

_EXAMPLES = (
    ("picasso-series still horse.jpg", "all that the program sees, on one sheet: horse-sheet.png"),
    ("picasso-series still horse.jpg --what xdog -o lines.png", "the photo's lines by filters alone (XDoG)"),
    ("picasso-series still horse.jpg --what squiggles --encoder clip", "where CLIPasso's 32 strokes would begin"),
)


@click.command(cls=Command, examples=_EXAMPLES, short_help="Show what the program sees in a photo.")
@click.argument("photo", type=click.Path(path_type=Path))
@click.option(
    "--what",
    type=click.Choice([SHEET, *KINDS]),
    default=SHEET,
    metavar="NAME",
    cls=Option,
    section="Picture",
    help=f"{SHEET} (all of them side by side), {', '.join(KINDS[:-1])} or {KINDS[-1]} [{SHEET}].",
)
@click.option(
    "--mask", default="auto", metavar="auto|none|FILE", cls=Option, section="Picture", help="The subject, as for a drawing [auto]."
)
@click.option(
    "--encoder", default="auto", metavar="auto|clip|clip:MODEL|structure", cls=Option, section="Picture", help="Whose saliency [auto]."
)
@click.option("--strokes", type=click.IntRange(1, 256), default=32, metavar="N", cls=Option, section="Picture", help="First strokes [32].")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", cls=Option, section="Picture", help="Which squiggles [0].")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE.png", cls=Option, section="Output", help="[./<photo stem>-<name>.png]."
)
@output_options
def still(
    photo: Path,
    what: str,
    mask: str,
    encoder: str,
    strokes: int,
    seed: int,
    out: Path | None,
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Show what the program sees in PHOTO before it draws: subject, mask, saliency, XDoG, lines and first strokes."""
    output = Output.of(quiet, verbose, as_json)
    path = out or Path(f"{photo.stem}-{what}.png")
    if path.suffix.lower() != ".png":
        raise UsageError(f"a still is a PNG, so {path} cannot hold it; give --out a name that ends with .png")
    if path.exists() and photo.exists() and path.samefile(photo):
        raise UsageError(f"{path} is the photo itself; give --out another name")
    from PIL import Image

    from picasso_series.atomic import whole_file
    from picasso_series.photo import load_photo
    from picasso_series.stills import Seen, contact_sheet

    seen = Seen(load_photo(photo), mask=mask, encoder=encoder, strokes=strokes, seed=seed)
    picture = contact_sheet(seen) if what == SHEET else seen.still(what)
    with whole_file(path) as temporary:
        Image.fromarray(picture).save(temporary, "PNG", optimize=True)
    if seen.encoder:
        output.detail(f"saliency: {seen.encoder[0]} ({seen.encoder[1]})")
    output.result([str(path)], {"file": str(path), "what": what, "encoder": seen.encoder and seen.encoder[0]})
