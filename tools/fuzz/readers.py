"""What is fed to the program: for each reader a function that writes a case's files into the current folder and says the command line.

Knows which command reads what; knows no processes and no judgement. The current folder is the case's own and empty but for a sound
``photo.png`` and a sound finished run in ``run/``.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tools.fuzz.folders import FLAGS, LEVELS
from tools.fuzz.mutation import FLOATS, NUMBERS, PATHS, TEXTS, bytes_like, strange, text_like, value_like
from tools.fuzz.pictures import seeds

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

_SPECIAL = ("fifo", "folder", "nothing", "link", "zero", "empty")


def photo(chance: Random) -> Sequence[str]:
    """Pictures of every format, damaged."""
    suffix, data = chance.choice(seeds())
    if chance.random() < 0.97:
        data = bytes_like(data, chance, [chance.choice(seeds())[1]])
    name = chance.choice((f"p{suffix}", f"p{suffix}", f"p{suffix}", "p.png", "p.heic", "p", "-p.jpg", "p\udcff.png", "p\n.png", "<b>.gif"))
    Path(name).write_bytes(data)
    _perhaps_special(Path(name), chance)
    if chance.random() < 0.03:
        return ("still", "--what", chance.choice(("photo", "subject", "mask", "xdog")), "-o", "s.png", "--", name)
    return ("draw", "-o", "out", "--encoder", "structure", "--mask", chance.choice(("auto", "auto", "none")), "--", name)


def mask(chance: Random) -> Sequence[str]:
    """Masks: pictures again, and of every shape and shade."""
    suffix, data = chance.choice(seeds())
    name = f"m{suffix}"
    Path(name).write_bytes(bytes_like(data, chance) if chance.random() < 0.9 else data)
    _perhaps_special(Path(name), chance)
    return ("draw", "photo.png", "-o", "out", "--encoder", "structure", "--mask", name)


def preset(chance: Random) -> Sequence[str]:
    """A preset's file."""
    Path("p.toml").write_text(_toml(chance, _preset_values()), encoding="utf-8", errors="surrogateescape")
    _perhaps_broken(Path("p.toml"), chance)
    return chance.choice((("presets", "show", "./p.toml"), ("draw", "photo.png", "--preset", "p.toml", "--dry-run")))


def config(chance: Random) -> Sequence[str]:
    """The settings file of the current folder."""
    path = Path("picasso-series.toml")
    path.write_text(_toml(chance, {**_preset_values(), "preset": "fine"}), encoding="utf-8", errors="surrogateescape")
    _perhaps_broken(path, chance)
    return ("draw", "photo.png", "--dry-run", "--json")


def style(chance: Random) -> Sequence[str]:
    """A style's file."""
    values = {"description": "mine", "paper": "#fff", "ink": "black", "width": 3.0, "profile": [0.3, 1.0], "grain": 0.2, "margin": 0.1}
    Path("s.toml").write_text(_toml(chance, values), encoding="utf-8", errors="surrogateescape")
    _perhaps_broken(Path("s.toml"), chance)
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
    _perhaps_special(path, chance)
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
                arrays[name] = _array(arrays.get(name), chance)
        path.write_bytes(_npz(arrays, chance))
    else:
        path.write_bytes(bytes_like(path.read_bytes(), chance))
    _perhaps_special(path, chance)
    if chance.random() < 0.6:
        _sign("run", path)
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
            _make_special(path, chance)
        if path.is_file() and chance.random() < 0.5:
            _sign("run", path)
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
        _make_special(Path("site") / chance.choice(("index.html", "photo", "card.png", ".gallery.part", "x")), chance)
    _perhaps_special(path, chance)
    options = [option for option in ("--title", "--credit", "--url") if chance.random() < 0.3]
    return ("gallery", "run", "-o", "site", *(f"{option}={_word(chance)}" for option in options))


def drawn(chance: Random) -> Sequence[str]:
    """Runs that can be read and are odd to draw: strokes without length, far away, on one place; other words, places and fates."""
    for name in NPZ:
        if chance.random() < 0.6:
            with np.load(name) as stored:
                arrays = {key: stored[key] for key in stored.files}
            arrays["points"] = _odd_points(arrays["points"], chance)
            arrays["loss"] = arrays["loss"] * chance.choice((0.0, -1.0, 1e30, 1.0))
            Path(name).write_bytes(_npz_of(arrays))
            _sign("run", Path(name))
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
        Path("s.svg").write_text(_hostile_svg(text, chance), encoding="utf-8", errors="surrogatepass")
        return ("sketch", "s.svg")
    path = Path(chance.choice(("run/plate.svg", "run/films/series.svg", "run/4/sketch.svg")))
    path.write_text(_hostile_svg(path.read_text(encoding="utf-8"), chance), encoding="utf-8", errors="surrogatepass")
    _sign("run", path)
    return ("gallery", "run", "-o", "site")


def weights(chance: Random) -> Sequence[str]:
    """Files of weights to import: torch's archives and safetensors."""
    from tools.fuzz.towers import towers

    suffix, data = chance.choice(towers())
    if suffix == ".pt" and chance.random() < 0.6:
        data = _repacked(data, chance)
    elif chance.random() < 0.98:
        data = bytes_like(data, chance, [chance.choice(towers())[1]])
    name = f"w{suffix}"
    Path(name).write_bytes(data)
    _perhaps_special(Path(name), chance)
    named = (
        ("--name", chance.choice(("RN50/mine", "ViT-B-32", "ViT-B-32/laion2b_s34b_b79k", _word(chance)))) if chance.random() < 0.7 else ()
    )
    return ("weights", "import", name, *named)


def environment(chance: Random) -> Sequence[str]:
    """Environment variables with the program's prefix."""
    from picasso_series.settings import SETTING_NAMES

    for _ in range(chance.randint(1, 3)):
        name = chance.choice((*SETTING_NAMES, "preset", "presets", "lvels", "x"))
        value = _word(chance) if chance.random() < 0.6 else _plausible(chance)
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


@cache
def _preset_values() -> dict[str, Any]:
    from picasso_series.presets import load_preset

    return {name: list(value) if isinstance(value, tuple) else value for name, value in load_preset("fine").values.items()}


def _toml(chance: Random, values: Mapping[str, Any]) -> str:
    from picasso_series.settings import SETTING_NAMES

    table = dict(values)
    for _ in range(chance.randint(1, 4)):
        key = chance.choice((*SETTING_NAMES, *table, "clip", "x", "description"))
        table[key] = _plausible(chance) if chance.random() < 0.3 else strange(chance)
    text = "".join(f"{key} = {_toml_value(value)}\n" for key, value in table.items() if value is not None)
    return text_like(text, chance) if chance.random() < 0.4 else text


def _toml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=True).replace("\\u0000", "\\u0001")
    return "0" if value is None else json.dumps(value)


def _plausible(chance: Random) -> str:
    """A value that some setting takes, or nearly."""
    levels = ",".join(str(chance.randint(-1, 260)) for _ in range(chance.randint(1, 5)))
    choices = ("4,2,1", levels, "auto:3", "auto:99", "auto:", "1", "0.5", "-3", "mp4,gif", "svg,svg", "square", "64x64", "65x64", "99999x2")
    return chance.choice(
        (*choices, "clip:RN50", "clip:", "torch", "cpu", "contour", "cosine", "best", "lines", "true", "iterations=3 rivals=2")
    )


def _word(chance: Random) -> str:
    kind = chance.randrange(6)
    if kind == 0:
        return str(chance.choice(NUMBERS))
    if kind == 1:
        return repr(chance.choice(FLOATS))
    return str(chance.choice(TEXTS if kind < 4 else PATHS if kind == 4 else (_plausible(chance),)))


def _perhaps_special(path: Path, chance: Random) -> None:
    if chance.random() < 0.02:
        _make_special(path, chance)


def _perhaps_broken(path: Path, chance: Random) -> None:
    """Bytes that are no text, in few cases."""
    if chance.random() < 0.1:
        path.write_bytes(bytes_like(path.read_bytes(), chance))
    _perhaps_special(path, chance)


def _make_special(path: Path, chance: Random) -> None:
    """Something else in place of a file: what an archive can hold, and what a disk can do."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    if not path.parent.is_dir():
        return
    path.unlink(missing_ok=True)
    kind = chance.choice(_SPECIAL)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(chance.choice(("/etc/passwd", "/nowhere", path.name, "../photo.png", ".")))
    elif kind == "zero":
        path.symlink_to("/dev/zero")
    elif kind == "empty":
        path.write_bytes(b"")


def _sign(run: str, path: Path) -> None:
    """Make the manifest say that a file is as it should be: whoever sends a run can."""
    if not path.is_file() or path.is_symlink():
        return
    place, name = Path(run, "series.json"), path.relative_to(run).as_posix()
    stored = json.loads(place.read_text(encoding="utf-8"))
    for record in (*stored["files"], *(record for level in stored["levels"] for record in level["files"])):
        if record["path"] == name:
            record |= {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
    place.write_text(json.dumps(stored), encoding="utf-8")


def _odd_points(points: Any, chance: Random) -> Any:
    odd = np.array(points, np.float32)
    deed = chance.randrange(6)
    if deed == 0:
        odd[:] = chance.choice((0.0, 0.5, 1.0, -90.0, 1e-30))
    elif deed == 1:
        odd[:, :, 1:] = odd[:, :, :1]
    elif deed == 2:
        odd = odd * np.float32(chance.choice((0.0, 1e-6, 50.0, -50.0)))
    elif deed == 3:
        odd = odd[-1:].repeat(len(odd), axis=0)
    elif deed == 4:
        odd[..., chance.randrange(2)] = 0.5
    else:
        odd[-1] = np.roll(odd[-1], 1, axis=0)
    return odd


def _npz_of(arrays: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _array(old: Any, chance: Random) -> Any:
    shapes = ((), (0,), (1,), (4,), (4, 4, 2), (4, 4, 4, 2), (0, 4, 4, 2), (4, 0, 4, 2), (2, 2, 2, 2, 2), (1, 1, 4, 2), (100_000,))
    kinds = ("f4", "f8", "i8", "u1", "?", "c8", "U3", "S3", "M8[s]", "f2", ">i4", "O", "i4,f4", "V8")
    base = old if old is not None and chance.random() < 0.6 else np.ones(chance.choice(shapes))
    deed = chance.randrange(5)
    if deed == 0 and base.dtype.kind in "fiub":
        filled = np.array(base, copy=True)
        filled[...] = (
            chance.choice((0, 1, -1, 127)) if filled.dtype.kind in "iub" else chance.choice((np.nan, np.inf, -1e38, 1e30, 0.0, 5.0))
        )
        return filled
    if deed == 1:
        return np.zeros(chance.choice(shapes), chance.choice(kinds))
    if deed == 2:
        return base[: chance.randint(0, 3)] if np.ndim(base) else base
    if deed == 3 and base.dtype.kind in "fiub":
        return base.astype(chance.choice(kinds[:7]), order=chance.choice("CF"))
    return np.asarray(base).reshape(-1)[::-1]


def _npz(arrays: Mapping[str, Any], chance: Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(
        buffer, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    ) as archive:
        for name, array in arrays.items():
            inner = io.BytesIO()
            np.lib.format.write_array(inner, np.asanyarray(array), allow_pickle=True)
            data = inner.getvalue()
            archive.writestr(
                chance.choice((name + ".npy",) * 8 + (name, f"../{name}.npy")), bytes_like(data, chance) if chance.random() < 0.1 else data
            )
            if chance.random() < 0.01:
                archive.writestr(f"{name}2.npy", bytes(20_000_000))
    return buffer.getvalue()


def _snapshot(chance: Random) -> None:
    """A run that stands in the middle of its last level, with a snapshot of any content."""
    place = Path("run/series.json")
    stored = json.loads(place.read_text(encoding="utf-8"))
    stored |= {"levels": stored["levels"][:-1], "status": "drawing"}
    place.write_text(json.dumps(stored), encoding="utf-8")
    arrays = {"points": np.ones((1, 4, 2)), "notes_json": np.array(json.dumps(strange(chance)))}
    Path("run/1/snapshot.npz").write_bytes(
        _npz({name: value if chance.random() < 0.5 else _array(value, chance) for name, value in arrays.items()}, chance)
    )


def _hostile_svg(text: str, chance: Random) -> str:
    pieces = (
        "<script>alert(1)</script>",
        '<image href="http://127.0.0.1:1/x.png"/>',
        '<use href="file:///etc/passwd#x"/>',
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>',
        '<style>@import url("http://127.0.0.1:1/x");</style>',
        '<path id="s1" d="M0,0 C0,0 0,0 0,0"/>',
        f'<path id="s{chance.choice(NUMBERS)}" d="M{"1" * 3000} C{"1," * 6}"/>',
        f'<path id="s9" d="M1e{chance.choice(NUMBERS)},1 C1,1 1,1 nan,inf"/>',
        "<g>" * chance.choice((1, 100, 20000)),
        '<?xml-stylesheet href="http://127.0.0.1:1/x.css"?>',
        '<a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="javascript:alert(1)"/>',
    )
    entity = '<!DOCTYPE svg [<!ENTITY a "' + "x" * 50 + '"><!ENTITY b "&a;&a;&a;">]>'
    for _ in range(chance.randint(0, 2)):
        place = text.find(">", chance.randrange(len(text) + 1)) + 1
        text = text[:place] + chance.choice(pieces) + text[place:]
    if chance.random() < 0.1:
        text = entity + text.replace("stroke", "&b;", 1)
    return text_like(text, chance) if chance.random() < 0.6 else text


def _repacked(data: bytes, chance: Random) -> bytes:
    """A sound archive of torch's with damaged entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as new:
        for info in old.infolist():
            content, chosen = old.read(info), chance.random()
            if info.filename.endswith("data.pkl"):
                content = bytes_like(content, chance, most=3)
            elif chosen < 0.02:
                continue
            elif chosen < 0.04:
                content = bytes_like(content, chance)
            new.writestr(info.filename, content)
    return buffer.getvalue()
