"""Folders and files from strangers: they cannot write elsewhere, wait for ever, or be taken for what they are not."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sample_run import moving_mp4
from sample_series import sample_series

from picasso_series.atomic import file_sha256
from picasso_series.cli.app import run
from picasso_series.errors import BadInputError
from picasso_series.film import KINDS, film_file, plan_filming
from picasso_series.foreign import refuse_links
from picasso_series.gallery.media import pixel_size
from picasso_series.gallery.posters import poster
from picasso_series.gallery.vectors import require_still_life
from picasso_series.look import style_names
from picasso_series.photo import load_photo
from picasso_series.run import load_arrays, open_run
from picasso_series.toml_file import read_toml

folders = pytest.importorskip("tools.fuzz.folders", reason="the tools are not part of what is installed")
linux = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")


@cache
def _sound() -> Path:
    folder = Path(mkdtemp())
    folders.write_run(folder / "run", folder / "photo.png")
    return folder


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound run that somebody sent, in the current folder beside what is ours."""
    shutil.copytree(_sound(), tmp_path, dirs_exist_ok=True)
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "letter.txt").write_text("ours")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "run"


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


COMMANDS = (["film", "run", "--formats", "svg"], ["plate", "run", "--formats", "svg"], ["gallery", "run", "-o", "site"])


@pytest.mark.parametrize("args", [*COMMANDS, ["draw", "photo.png", "-o", "run", "--force"]], ids=lambda args: args[0])
@pytest.mark.parametrize("name", ["films", "prints", "4", "plate.svg", "films/series.svg"])
def test_nothing_is_written_through_a_link(stranger: Path, args: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = stranger / name
    target = stranger.parent / "ours" / ("letter.txt" if place.suffix else "")
    shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    place.symlink_to(target)
    before = _content(stranger.parent / "ours")
    assert run(args) == 1
    assert "is a link" in capsys.readouterr().err
    assert _content(stranger.parent / "ours") == before


def test_links_that_lead_round_are_answered(stranger: Path) -> None:
    Path("site").mkdir()
    Path("site/gallery.json").write_text(json.dumps({"files": ["index.html"]}))
    Path("site/index.html").symlink_to("index.html")
    assert run(["gallery", "run", "-o", "site"]) == 0
    assert not Path("site/index.html").is_symlink()
    (stranger / "round").symlink_to("round")
    manifest = json.loads((stranger / "series.json").read_text(encoding="utf-8"))
    manifest["files"].append({"path": "round/x.png", "sha256": "", "bytes": 1})
    (stranger / "series.json").write_text(json.dumps(manifest))
    assert run(["film", "run", "--formats", "svg"]) in (0, 1)


def test_a_lock_that_is_a_link_makes_no_file_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").symlink_to(tmp_path / "made")
    from picasso_series.lock import folder_lock

    with pytest.raises(OSError, match="symbolic"), folder_lock(tmp_path / "run"):
        pass
    assert not (tmp_path / "made").exists()


def test_a_run_folder_may_hold_links_of_its_owner(stranger: Path) -> None:
    (stranger / "notes").symlink_to("/nowhere")
    refuse_links(stranger)
    assert len(open_run(stranger).series.levels) == 3


@linux
@pytest.mark.parametrize("name", ["series.json", "photo.png", "4/trajectory.npz", "films/series.mp4"])
def test_nobody_waits_for_a_pipe(stranger: Path, name: str) -> None:
    (stranger / name).unlink()
    os.mkfifo(stranger / name)
    code = f"from picasso_series.cli.app import run; raise SystemExit(run({['gallery', 'run', '-o', 'site']!r}))"
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=stranger.parent, env=where, timeout=60)
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr


@linux
@pytest.mark.parametrize("kind", ["pipe", "link", "file"])
def test_a_pipe_in_a_gallerys_way_is_removed(stranger: Path, kind: str) -> None:
    Path("site").mkdir()
    stage = Path("site/.gallery.part")
    {"pipe": os.mkfifo, "link": lambda path: path.symlink_to(stranger), "file": Path.touch}[kind](stage)
    code = f"from picasso_series.cli.app import run; raise SystemExit(run({['gallery', 'run', '-o', 'site']!r}))"
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=stranger.parent, env=where, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (stranger / "series.json").exists()
    assert not stage.exists()


@linux
@pytest.mark.parametrize("read", [load_photo, read_toml, load_arrays, file_sha256], ids=["photo", "toml", "arrays", "hash"])
def test_pipes_and_devices_are_no_files(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    for name in ("pipe", "endless"):
        with pytest.raises(BadInputError, match=name):
            read(tmp_path / name)


def test_files_have_a_most(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(BadInputError, match="2 MB"):
        read_toml(tmp_path / "a.toml")


@pytest.mark.parametrize("dtype", ["O", "c8", "U3", "M8[s]", "V8"])
def test_arrays_of_anything_but_numbers_are_refused(stranger: Path, dtype: str) -> None:
    path = stranger / "4" / "trajectory.npz"
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["points"] = np.zeros(arrays["points"].shape, dtype)
    np.savez(path, **arrays)
    with pytest.raises(BadInputError):
        open_run(stranger)


def test_an_array_whose_header_is_contrived_is_refused(tmp_path: Path) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': ((((("
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("points.npy", data)
    with pytest.raises(BadInputError, match="damaged"):
        load_arrays(tmp_path / "a.npz")


def test_a_pickle_among_the_arrays_is_not_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    buffer = io.BytesIO()
    np.save(buffer, np.array([Trap()], dtype=object), allow_pickle=True)
    for name, data in (("points.npy", buffer.getvalue()), ("points", pickle.dumps(Trap()))):
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr(name, data)
        with pytest.raises(BadInputError, match="damaged"):
            load_arrays(tmp_path / "a.npz")
    assert not (tmp_path / "sprung").exists()


def test_a_photo_that_is_a_program_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *args, **more: pytest.fail("Ghostscript was called"))
    for name in ("a.eps", "a.png"):
        Image.new("RGB", (64, 64)).save(tmp_path / name, "EPS")
        with pytest.raises(BadInputError, match="no picture"):
            load_photo(tmp_path / name)


def test_a_film_that_is_a_list_of_addresses_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: asked.append(command) or popen(command, **more))
    monkeypatch.setattr("picasso_series.gallery.posters.pixel_size", lambda path: (64, 64))
    film = tmp_path / "series.mp4"
    shutil.copy(_sound() / "run" / "films" / "series.mp4", tmp_path / "secret.mp4")
    film.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nsecret.mp4\n#EXT-X-ENDLIST\n")
    with pytest.raises(BadInputError, match="no frame"):
        poster(film)
    film.write_text("ffconcat version 1.0\nfile secret.mp4\n")
    with pytest.raises(BadInputError, match="no frame"):
        poster(film)
    assert all(command[command.index("-protocol_whitelist") + 1] == "file" for command in asked)
    film.write_bytes(moving_mp4(108, 192))
    assert (poster(film) or "").startswith("data:image/webp")


@pytest.mark.parametrize("folder", ["concat:a|b", "-y", "http:", "%d", "pipe:0", 'a\'b "c"; $(id)'])
def test_a_folder_of_any_name_is_no_option_and_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path(folder).mkdir()
    (Path(folder) / "series.mp4").write_bytes(moving_mp4(108, 192))
    assert (poster(Path(folder) / "series.mp4") or "").startswith("data:image/webp")


@pytest.mark.parametrize("size", [(1, 60000), (60000, 60000)])
def test_a_film_of_an_impossible_shape_is_not_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    header = (
        b"GIF89a" + struct.pack("<HH", *size) + b"\xf0\0\0\0\0\0\xff\xff\xff,\0\0\0\0" + struct.pack("<HH", *size) + b"\0\x02\x02D\x01\0;"
    )
    (tmp_path / "series.gif").write_bytes(header)
    with pytest.raises(BadInputError, match="shape|cannot be shown"):
        poster(tmp_path / "series.gif")


SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<path onload="alert(1)"/>',
        '<a href="javascript:alert(1)"><path/></a>',
        '<image href="http://example.org/x.png"/>',
        '<image xlink:href="//example.org/x.png"/>',
        '<use href="other.svg#a"/>',
        '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>',
        '<style>@import "http://example.org/x.css";</style>',
        "<style>path{fill:url(http://example.org/x)}</style>",
        "<style>path{fill:u\\72l(http://example.org/x)}</style>",
        "<path style=\"fill:url( 'http://example.org/x' )\"/>",
        '<use href="#a"><set attributeName="href" to="http://example.org/x"/></use>',
        '<path><animate attributeName="onclick" to="alert(1)"/></path>',
        '<p xmlns="http://www.w3.org/1999/xhtml">x</p>',
        "<style><title/>svg{background:url(http://example.org/x)}</style>",
        "<style>svg{background:ur<!-- -->l(http://example.org/x)}</style>",
        "<style>svg{background:<![CDATA[ur]]>l(http://example.org/x)}</style>",
        '<g xml:base="http://example.org/"><use href="#a"/></g>',
        '<g><set attributeName="xml:base" to="http://example.org/"/><use href="#a"/></g>',
        "<g>" * 500 + "</g>" * 500,
    ],
)
def test_a_vector_that_runs_or_loads_is_not_published(stranger: Path, inside: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("films/series.svg", "4/sketch.svg", "plate.svg"):
        path, before = stranger / name, (stranger / name).read_bytes()
        path.write_text(SVG.format(inside))
        assert run(["gallery", "run", "-o", "site"]) == 1
        assert "cannot be shown" in capsys.readouterr().err
        assert not Path("site").exists()
        path.write_bytes(before)


@pytest.mark.parametrize("head", ['<!DOCTYPE svg [<!ENTITY a "b">]>', '<?xml-stylesheet href="http://example.org/x"?>', "<svg"])
def test_entities_and_instructions_are_not_published(tmp_path: Path, head: str) -> None:
    (tmp_path / "a.svg").write_text(head + SVG.format("<path/>"))
    with pytest.raises(BadInputError):
        require_still_life(tmp_path / "a.svg")


@pytest.mark.parametrize("name", ["plate.svg", "films/series.svg", "4/sketch.svg", "2/sketch.svg"])
def test_what_the_program_draws_itself_is_fit_to_be_published(stranger: Path, name: str) -> None:
    require_still_life(stranger / name)
    assert min(pixel_size(stranger / name)) > 0


@pytest.mark.parametrize("style", style_names())
@pytest.mark.parametrize("kind", KINDS)
def test_films_of_every_style_are_fit_to_be_published(tmp_path: Path, style: str, kind: str) -> None:
    film_file(sample_series((4, 2)), tmp_path / "a.svg", kind, plan_filming(style=style, title="A duck", size="64x64"))
    require_still_life(tmp_path / "a.svg")


@pytest.mark.parametrize("name", ["a\0b", "../photo.png", "x" * 5000])
def test_a_gallerys_record_of_impossible_names_is_refused_or_harmless(stranger: Path, name: str) -> None:
    Path("site").mkdir()
    Path("site/gallery.json").write_text(json.dumps({"files": [name]}))
    assert run(["gallery", "run", "-o", "site"]) in (0, 1)
    assert Path("photo.png").exists()
