"""What is fed to the program: for each reader a function that writes a case's files into the current folder and says the command line.

Knows which command reads what; knows no processes and no judgement. The current folder is the case's own and empty but for a sound
``photo.png`` and a sound finished run in ``run/``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np

from tools.fuzz.archives import array_like, npz_like, npz_of, odd_points, repacked
from tools.fuzz.fates import make_special, perhaps_broken, perhaps_special, sign
from tools.fuzz.folders import FLAGS, LEVELS
from tools.fuzz.mutation import bytes_like, strange, text_like, value_like
from tools.fuzz.pictures import seeds
from tools.fuzz.texts import hostile_svg, plausible, preset_values, toml_like, word

Reader = Callable[[Random], Sequence[str]]
NPZ = tuple(f"run/{strokes}/trajectory.npz" for strokes in LEVELS)
RESUME = ("draw", "photo.png", "-o", "run", *FLAGS)
SHOWING: tuple[tuple[str, ...], ...] = (
    ("film", "run"),
    ("film", "run", "--kind", "series", "--formats", "svg"),
    ("gallery", "run", "-o", "site"),
    ("plate", "run"),
    ("plate", "run", "--plotter"),
    ("evaluate", "run"),
    RESUME,
    (*RESUME, "--dry-run"),
    ("draw", "--from", "run", "-o", "again"),
    ("draw", "photo.png", "--from", "run/series.json", "--dry-run"),
)
DRAWING = (
    ("film", "run", "--formats", "svg", "--size", "64x64"),
    ("film", "run", "--kind", "series", "--formats", "gif", "--size", "64x64", "--max-bytes", "1"),
    ("plate", "run", "--paper", "a6", "--formats", "svg,pdf"),
    ("plate", "run", "--plotter", "--paper", "a6"),
    ("gallery", "run", "-o", "site"),
)
"""Commands that draw what they have read, for runs that are odd but can be read."""


def photo(chance: Random) -> Sequence[str]:
    """Pictures of every format, damaged."""
    suffix, data = chance.choice(seeds())
    if chance.random() < 0.97:
        data = bytes_like(data, chance, [chance.choice(seeds())[1]])
    name = chance.choice((f"p{suffix}", f"p{suffix}", f"p{suffix}", "p.png", "p.heic", "p", "-p.jpg", "p\udcff.png", "p\n.png", "<b>.gif"))
    Path(name).write_bytes(data)
    perhaps_special(Path(name), chance)
    if chance.random() < 0.03:
        return ("still", "--what", chance.choice(("photo", "subject", "mask", "xdog")), "-o", "s.png", "--", name)
    return ("draw", "-o", "out", "--encoder", "structure", "--mask", chance.choice(("auto", "auto", "none")), "--", name)


def mask(chance: Random) -> Sequence[str]:
    """Masks: pictures again, and of every shape and shade."""
    suffix, data = chance.choice(seeds())
    name = f"m{suffix}"
    Path(name).write_bytes(bytes_like(data, chance) if chance.random() < 0.9 else data)
    perhaps_special(Path(name), chance)
    return ("draw", "photo.png", "-o", "out", "--encoder", "structure", "--mask", name)


def preset(chance: Random) -> Sequence[str]:
    """A preset's file."""
    Path("p.toml").write_text(toml_like(chance, preset_values()), encoding="utf-8", errors="surrogateescape")
    perhaps_broken(Path("p.toml"), chance)
    return chance.choice((("presets", "show", "./p.toml"), ("draw", "photo.png", "--preset", "p.toml", "--dry-run")))


def config(chance: Random) -> Sequence[str]:
    """The settings file of the current folder."""
    path = Path("picasso-series.toml")
    path.write_text(toml_like(chance, {**preset_values(), "preset": "fine"}), encoding="utf-8", errors="surrogateescape")
    perhaps_broken(path, chance)
    return ("draw", "photo.png", "--dry-run", "--json")


def style(chance: Random) -> Sequence[str]:
    """A style's file."""
    values = {"description": "mine", "paper": "#fff", "ink": "black", "width": 3.0, "profile": [0.3, 1.0], "grain": 0.2, "margin": 0.1}
    Path("s.toml").write_text(toml_like(chance, values), encoding="utf-8", errors="surrogateescape")
    perhaps_broken(Path("s.toml"), chance)
    return chance.choice((("film", "run", "--style", "s.toml"), ("plate", "run", "--style", "./s.toml")))


def manifest(chance: Random) -> Sequence[str]:
    """A run's ``series.json``: as JSON with other values, and as text with other letters."""
    path = Path("run/series.json")
    text = path.read_text(encoding="utf-8")
    if chance.random() < 0.85:
        text = json.dumps(value_like(json.loads(text), chance), ensure_ascii=chance.random() < 0.5)
    else:
        text = text_like(text, chance)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    perhaps_special(path, chance)
    return chance.choice(SHOWING)


def trajectory(chance: Random) -> Sequence[str]:
    """A level's ``trajectory.npz``: sound archives of other arrays, and damaged archives."""
    path = Path(chance.choice(NPZ))
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    if chance.random() < 0.7:
        for _ in range(chance.randint(1, 3)):
            name = chance.choice([*arrays, "extra"])
            if chance.random() < 0.15:
                arrays.pop(name, None)
            else:
                arrays[name] = array_like(arrays.get(name), chance)
        path.write_bytes(npz_like(arrays, chance))
    else:
        path.write_bytes(bytes_like(path.read_bytes(), chance))
    perhaps_special(path, chance)
    if chance.random() < 0.6:
        sign("run", path)
    return chance.choice(SHOWING)


def folder(chance: Random) -> Sequence[str]:
    """The other files of a run: pictures, films, sketches, snapshots; damaged, gone, or something else than a file."""
    files = sorted(path for path in Path("run").rglob("*") if path.is_file() and path.suffix not in (".json", ".npz"))
    for _ in range(chance.randint(1, 3)):
        path = chance.choice((*files, Path("run/photo.png"), Path("run/mask.png"), Path("run/8"), Path("run/films")))
        if path.is_file() and chance.random() < 0.8:
            other = chance.choice(seeds())[1] if chance.random() < 0.2 else path.read_bytes()
            path.write_bytes(bytes_like(other, chance))
        else:
            make_special(path, chance)
        if path.is_file() and chance.random() < 0.5:
            sign("run", path)
    if chance.random() < 0.2:
        _snapshot(chance)
    return chance.choice(SHOWING)


def site(chance: Random) -> Sequence[str]:
    """A gallery's own record, and what else may lie where a gallery is to be built."""
    Path("site").mkdir()
    record = {"tool": "picasso-series", "schema": 1, "files": ["index.html", "photo/index.html"]}
    path = Path("site/gallery.json")
    path.write_text(
        json.dumps(value_like(record, chance)) if chance.random() < 0.8 else text_like(json.dumps(record), chance), "utf-8", "replace"
    )
    if chance.random() < 0.3:
        make_special(Path("site") / chance.choice(("index.html", "photo", "card.png", ".gallery.part", "x")), chance)
    perhaps_special(path, chance)
    options = [option for option in ("--title", "--credit", "--url") if chance.random() < 0.3]
    return ("gallery", "run", "-o", "site", *(f"{option}={word(chance)}" for option in options))


def drawn(chance: Random) -> Sequence[str]:
    """Runs that can be read and are odd to draw: strokes without length, far away, on one place; other words, places and fates."""
    for name in NPZ:
        if chance.random() < 0.6:
            with np.load(name) as stored:
                arrays = {key: stored[key] for key in stored.files}
            arrays["points"] = odd_points(arrays["points"], chance)
            arrays["loss"] = arrays["loss"] * chance.choice((0.0, -1.0, 1e30, 1.0))
            Path(name).write_bytes(npz_of(arrays))
            sign("run", Path(name))
    path = Path("run/series.json")
    stored = json.loads(path.read_text(encoding="utf-8"))
    part = chance.choice(("placement", "title", "photo", "choices", "levels", "created", "versions", "draft", "seed"))
    if part in stored and chance.random() < 0.7:
        stored[part] = value_like(stored[part], chance, most=2) if isinstance(stored[part], (dict, list)) else strange(chance)
    path.write_text(json.dumps(stored), encoding="utf-8")
    return chance.choice(DRAWING)


def svg(chance: Random) -> Sequence[str]:
    """Sketches as SVG, and SVGs among what a gallery would publish."""
    if chance.random() < 0.5:
        text = Path("run/4/sketch.svg").read_text(encoding="utf-8")
        Path("s.svg").write_text(hostile_svg(text, chance), encoding="utf-8", errors="surrogatepass")
        return ("sketch", "s.svg")
    path = Path(chance.choice(("run/plate.svg", "run/films/series.svg", "run/4/sketch.svg")))
    path.write_text(hostile_svg(path.read_text(encoding="utf-8"), chance), encoding="utf-8", errors="surrogatepass")
    sign("run", path)
    return ("gallery", "run", "-o", "site")


def weights(chance: Random) -> Sequence[str]:
    """Files of weights to import: torch's archives and safetensors."""
    from tools.fuzz.towers import towers

    suffix, data = chance.choice(towers())
    if suffix == ".pt" and chance.random() < 0.6:
        data = repacked(data, chance)
    elif chance.random() < 0.98:
        data = bytes_like(data, chance, [chance.choice(towers())[1]])
    name = f"w{suffix}"
    Path(name).write_bytes(data)
    perhaps_special(Path(name), chance)
    named = (
        ("--name", chance.choice(("RN50/mine", "ViT-B-32", "ViT-B-32/laion2b_s34b_b79k", word(chance)))) if chance.random() < 0.7 else ()
    )
    return ("weights", "import", name, *named)


def environment(chance: Random) -> Sequence[str]:
    """Environment variables with the program's prefix."""
    from picasso_series.settings import SETTING_NAMES

    for _ in range(chance.randint(1, 3)):
        name = chance.choice((*SETTING_NAMES, "preset", "presets", "lvels", "x"))
        value = word(chance) if chance.random() < 0.6 else plausible(chance)
        os.environ[f"PICASSO_SERIES_{name.upper()}"] = value.replace("\0", "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return ("draw", "photo.png", *(("--dry-run",) if chance.random() < 0.7 else ("-o", "out")))


def options(chance: Random) -> Sequence[str]:
    """Every option and argument of every command, with values of every kind."""
    from tools.fuzz.command_lines import line

    return line(chance)


READERS: Mapping[str, tuple[Reader, int]] = {
    "options": (options, 24),
    "manifest": (manifest, 18),
    "photo": (photo, 14),
    "trajectory": (trajectory, 8),
    "folder": (folder, 8),
    "svg": (svg, 6),
    "weights": (weights, 8),
    "preset": (preset, 4),
    "config": (config, 3),
    "style": (style, 3),
    "mask": (mask, 4),
    "site": (site, 2),
    "environment": (environment, 4),
    "drawn": (drawn, 2),
}
"""Each reader with its share of all cases."""


def _snapshot(chance: Random) -> None:
    """A run that stands in the middle of its last level, with a snapshot of any content."""
    place = Path("run/series.json")
    stored = json.loads(place.read_text(encoding="utf-8"))
    stored |= {"levels": stored["levels"][:-1], "status": "drawing"}
    place.write_text(json.dumps(stored), encoding="utf-8")
    arrays = {"points": np.ones((1, 4, 2)), "notes_json": np.array(json.dumps(strange(chance)))}
    Path("run/1/snapshot.npz").write_bytes(
        npz_like({name: value if chance.random() < 0.5 else array_like(value, chance) for name, value in arrays.items()}, chance)
    )
