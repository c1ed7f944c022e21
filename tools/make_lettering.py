"""Make ``picasso_series/fonts/eb-garamond.json``: glyph outlines of EB Garamond for captions and titles.

Usage: ``python tools/make_lettering.py REGULAR.otf ITALIC.otf picasso_series/fonts/eb-garamond.json`` with EBGaramond12-Regular.otf and
EBGaramond12-Italic.otf of Georg Duffner's EB Garamond (Debian's package fonts-ebgaramond holds them). Needs fontTools, which the
program itself does not. The result stays under the fonts' license, the SIL Open Font License 1.1.
"""

from __future__ import annotations

import json
import sys
from itertools import product
from pathlib import Path

from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

CODES = (*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x180))
CHARACTERS = [chr(code) for code in CODES] + list(" –—‘’“”…")
COMMANDS = {"moveTo": "M", "lineTo": "L", "curveTo": "C", "closePath": "Z"}


def old_style_figures(font: TTFont) -> dict[str, str]:
    """Glyph name -> glyph name of the feature ``onum``."""
    table = font["GSUB"].table
    indices = {i for record in table.FeatureList.FeatureRecord if record.FeatureTag == "onum" for i in record.Feature.LookupListIndex}
    mapping: dict[str, str] = {}
    for index in sorted(indices):
        for subtable in table.LookupList.Lookup[index].SubTable:
            mapping.update(getattr(getattr(subtable, "ExtSubTable", subtable), "mapping", {}))
    return mapping


def kerning(font: TTFont, names: dict[str, str]) -> dict[str, int]:
    """Pairs of characters -> horizontal adjustment in font units, from the feature ``kern``; only those that are not zero."""
    table = font["GPOS"].table
    indices = {i for record in table.FeatureList.FeatureRecord if record.FeatureTag == "kern" for i in record.Feature.LookupListIndex}
    pairs: dict[str, int] = {}
    for index in sorted(indices):
        subtables = [getattr(s, "ExtSubTable", s) for s in table.LookupList.Lookup[index].SubTable]
        for left, right in product(names, repeat=2):
            for subtable in subtables:
                value = pair_value(subtable, names[left], names[right])
                if value is not None:  # as a shaper does: the first subtable that covers the pair decides
                    if value:
                        pairs[left + right] = pairs.get(left + right, 0) + value
                    break
    return pairs


def pair_value(subtable: object, left: str, right: str) -> int | None:
    """What a PairPos subtable adds to ``left``'s advance before ``right``; None where it says nothing about the pair."""
    if getattr(subtable, "LookupType", 2) != 2 or left not in subtable.Coverage.glyphs:
        return None
    if subtable.Format == 1:
        for record in subtable.PairSet[subtable.Coverage.glyphs.index(left)].PairValueRecord:
            if record.SecondGlyph == right:
                return getattr(record.Value1, "XAdvance", 0) or 0
        return None
    first = subtable.Class1Record[subtable.ClassDef1.classDefs.get(left, 0)]
    return getattr(first.Class2Record[subtable.ClassDef2.classDefs.get(right, 0)].Value1, "XAdvance", 0) or 0


def face(path: str) -> dict[str, object]:
    """One face as plain data: units per em, advance and outline (path data of M, L, C and Z, y up) of each character, kerning pairs."""
    font = TTFont(path)
    cmap, figures, glyphs = font.getBestCmap(), old_style_figures(font), font.getGlyphSet()
    names = {c: figures.get(cmap[ord(c)], cmap[ord(c)]) for c in CHARACTERS if ord(c) in cmap}
    outlines = {}
    for character, name in names.items():
        pen = RecordingPen()
        glyphs[name].draw(pen)
        parts = [COMMANDS[verb] + " ".join(str(round(v)) for point in points for v in point) for verb, points in pen.value]
        outlines[character] = [round(glyphs[name].width), "".join(parts)]
    return {"units_per_em": font["head"].unitsPerEm, "glyphs": outlines, "kerning": kerning(font, names)}


def main() -> None:
    """Read the two fonts named on the command line and write the JSON."""
    regular, italic, target = sys.argv[1:]
    text = json.dumps({"regular": face(regular), "italic": face(italic)}, ensure_ascii=False, separators=(",", ":"))
    Path(target).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
