"""SVGs that are fit to be published: drawings and nothing else.

Knows what of SVG and CSS can run, load or lead elsewhere (scripts, handlers, foreign markup, external references, entities); knows
nothing of what a drawing shows.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from picasso_series.errors import BadInputError
from picasso_series.foreign import read_file

MOST_BYTES = 1 << 26
"""Most bytes of an SVG; an animated one has some hundred thousand."""
_MOST_ELEMENTS = 1_000_000
_DEEPEST = 100

_SVG = "{http://www.w3.org/2000/svg}"
# Grouping elements, shapes, paints and declarative animation; the program's own films and plates use fewer.
_KNOWN = frozenset(
    re.findall(
        r"\w+",
        """svg g defs title desc metadata style path line polyline polygon rect circle ellipse text tspan image use symbol marker clipPath
        mask pattern linearGradient radialGradient stop filter feTurbulence feColorMatrix feComponentTransfer feFuncR feFuncG feFuncB
        feFuncA feComposite feFlood feMerge feMergeNode feGaussianBlur feOffset feBlend feDisplacementMap feMorphology
        feConvolveMatrix feDropShadow animate animateTransform animateMotion set mpath""",
    )
)
_FOREIGN_METADATA = ("{http://www.inkscape.org/namespaces/inkscape}", "{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}")
# What a browser, told of another encoding, would read is not what is judged here.
_DECLARATION = re.compile(
    r"""\A\ufeff?<\?xml\s+version\s*=\s*["']1\.\d["'](?:\s+encoding\s*=\s*["']utf-8["'])?(?:\s+standalone\s*=\s*["']\w+["'])?\s*\?>""",
    re.IGNORECASE,
)
_INNER_LINK = re.compile(r"#[\w.:-]*|data:image/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/=\s]*")
_INNER_URL = re.compile(r"""url\(\s*(["']?)#[\w.:-]*\1\s*\)""", re.IGNORECASE)


def require_still_life(path: Path) -> None:
    """Make sure that an SVG can be shown on a page: that it runs nothing, loads nothing and leads nowhere.

    Raises:
        BadInputError: it does, or it cannot be read as SVG.
        OSError: the file cannot be read.
    """
    try:
        text = read_file(path, MOST_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unfit(path, "it is no text") from error
    # Letters of two bytes each are sound UTF-8 too, and a parser that sees through them finds what no search here does.
    if "\0" in text:
        raise _unfit(path, "it is no text")
    # A document type is where entities are declared; ours have none, and browsers need none.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _unfit(path, "it declares a document type")
    if re.search(r"<\?(?!xml[\s?])", text):
        raise _unfit(path, "it holds a processing instruction")
    if "<?xml" in text and not _DECLARATION.match(text):
        raise _unfit(path, "it is declared to be other than XML in UTF-8")
    try:
        fault = next(_faults(text), None)
    except ElementTree.ParseError as error:
        raise _unfit(path, f"it is not well-formed: {error}") from error
    if fault is not None:
        raise _unfit(path, fault)


def _unfit(path: Path, reason: str) -> BadInputError:
    return BadInputError(f"{path} cannot be shown on a page ({reason}); make the run's pictures and films again")


def _faults(text: str) -> Iterator[str]:
    """What an SVG holds that a drawing does not, in words."""
    count = depth = 0
    # Element by element, so that an endless depth is noticed before it is all in memory.
    for event, element in ElementTree.iterparse(io.BytesIO(text.encode("utf-8")), ("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > _DEEPEST or count > _MOST_ELEMENTS:
            yield "it has more elements than any drawing"
        if event == "end":
            yield from _element_faults(element)


def _element_faults(element: ElementTree.Element) -> Iterator[str]:
    name = element.tag
    if any(key.rpartition("}")[2].lower() == "base" for key in element.attrib):
        yield "it changes where its addresses lead"
    if not name.startswith(_SVG) or name.removeprefix(_SVG) not in _KNOWN:
        if not name.startswith(_FOREIGN_METADATA):
            yield f"it holds the element {name.rpartition('}')[2]!r}"
        return
    if name == f"{_SVG}style":
        if len(element):
            yield "its style sheet holds elements"
        if _reaches_out(element.text or ""):
            yield "its style sheet loads something"
    for key, value in element.attrib.items():
        plain = key.rpartition("}")[2].lower()
        if plain.startswith("on"):
            yield f"it holds the handler {plain}"
        elif plain in ("href", "src") and not _INNER_LINK.fullmatch(value.strip()):
            yield "it refers to something outside"
        elif plain == "attributename" and re.fullmatch(r"(?:.*:)?(?:href|src|base|on.*)", value.strip(), re.IGNORECASE):
            yield "it animates what it refers to"
        elif _reaches_out(value):
            yield "it loads something"


def _reaches_out(css: str) -> bool:
    """Whether a style or an attribute loads or runs something: CSS hides letters by backslashes, so none are let in."""
    rest = _INNER_URL.sub("", css)
    return bool(re.search(r"\\|@import|url\s*\(|image-set|expression\s*\(|javascript:|-moz-binding", rest, re.IGNORECASE))
