"""What is published: built, installed where nothing of the project lies, and run there. ``make release`` runs this."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"

pytestmark = pytest.mark.release


def only(pattern: str) -> Path:
    found = list(DIST.glob(pattern))
    assert len(found) == 1, f"run make release: dist holds {[path.name for path in found]}"
    return found[0]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program in an environment of its own that sees the libraries of this one, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip())
    seen = dict.fromkeys([*map(sysconfig.get_path, ("purelib", "platlib")), *(path for path in sys.path if path.endswith("-packages"))])
    (site / "libraries-of-the-other-python.pth").write_text("".join(f"{path}\n" for path in seen if Path(path) != site))
    # Some Pythons put an old setuptools into every new environment, which would hide the one that torch asks for.
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "setuptools"], check=True, cwd=folder, env=environment())
    # Without an index every need has to be met by what is seen: a need that is wrongly stated fails here.
    line = [python, "-m", "pip", "install", "--quiet", "--no-index", "--force-reinstall", "--no-deps", only("*.whl")]
    subprocess.run(line, check=True, cwd=folder, env=environment())
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-index", only("*.whl")], check=True, cwd=folder, env=environment())
    where = subprocess.run(
        [python, "-c", "import picasso_series; print(picasso_series.__file__)"], **CAPTURED, cwd=folder, env=environment()
    )
    assert str(site) in where.stdout
    return folder / "bin" / "picasso-series"


CAPTURED = {"capture_output": True, "text": True, "check": True}


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PICASSO_SERIES_", "PYTHON", "PIP_", "VIRTUAL_ENV"))}
    return {**kept, "PICASSO_SERIES_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def ran(program: Path, *args: str, folder: Path) -> str:
    done = subprocess.run([program, *args], capture_output=True, text=True, cwd=folder, env=environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def drawn(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run, drawn from the wheel in a folder with nothing but a photo."""
    from conftest import draw_pear

    folder = tmp_path_factory.mktemp("empty")
    draw_pear(folder / "pear.png")
    flags = ("--levels", "2,1", "--preset", "draft", "--iterations", "2", "--size", "64x64", "--formats", "mp4,gif,svg")
    ran(program, "pear.png", "--encoder", "structure", *flags, folder=folder)
    return folder / "pear-series"


def test_help_is_there(program: Path, tmp_path: Path) -> None:
    assert "PHOTO" in ran(program, "--help", folder=tmp_path)


def test_the_doctor_misses_nothing(program: Path, tmp_path: Path) -> None:
    checks = json.loads(ran(program, "doctor", "--json", folder=tmp_path))["checks"]
    assert not [check for check in checks if check["status"] == "MISSING"]


def test_a_tiny_series_is_drawn(drawn: Path) -> None:
    assert json.loads((drawn / "series.json").read_text(encoding="utf-8"))["status"] == "finished"
    for name in (
        "index.html",
        "plate.png",
        "2/sketch.svg",
        "1/trajectory.npz",
        "films/series.mp4",
        "films/trajectory.gif",
        "films/series.svg",
    ):
        assert (drawn / name).stat().st_size > 0, name


def test_a_stored_run_of_the_first_version_is_filmed(program: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "runs" / "schema-1", tmp_path / "old")
    made = ran(program, "film", "old", "--size", "64x64", "--formats", "mp4,gif", folder=tmp_path)
    assert {"old/films/series.mp4", "old/films/trajectory.gif"} <= set(made.split())


def test_a_run_is_filmed_in_every_style(program: Path, drawn: Path, tmp_path: Path) -> None:
    for style in ("ink", "chalk", "brush", "pencil"):
        line = ("film", str(drawn), "--kind", "draw-on", "--formats", "svg", "--style", style)
        assert "films/draw-on.svg" in ran(program, *line, folder=tmp_path)


def test_a_gallery_and_a_print_are_made(program: Path, drawn: Path, tmp_path: Path) -> None:
    assert "plate" in ran(program, "plate", str(drawn), "--paper", "a6", "--formats", "svg", folder=tmp_path)
    assert "index.html" in ran(program, "gallery", str(drawn), "-o", "site", folder=tmp_path)


def test_the_presets_are_those_of_the_checkout(program: Path, tmp_path: Path) -> None:
    found = json.loads(ran(program, "presets", "list", "--json", folder=tmp_path))["presets"]
    assert {preset["name"] for preset in found} == {path.stem for path in (ROOT / "presets").glob("*.toml")}


def data_files() -> set[str]:
    """Everything of the package that is no code, as the wheel should hold it."""
    listed = subprocess.run(["git", "ls-files", "picasso_series", "presets"], **CAPTURED, cwd=ROOT).stdout.split()
    return {name.replace("presets/", "picasso_series/presets_data/") if name.startswith("presets/") else name for name in listed}


def test_the_wheel_holds_the_whole_package_and_the_licenses() -> None:
    names = set(zipfile.ZipFile(only("*.whl")).namelist())
    assert data_files() <= names
    assert any(name.endswith("LICENSE") for name in names)
    assert {"picasso_series/fonts/OFL.txt", "picasso_series/encoders/structure.npz", "picasso_series/styles/chalk.toml"} <= names
    assert not [name for name in names if name.startswith(("tests", "tools")) or "__pycache__" in name]


def test_the_source_holds_what_building_and_testing_need() -> None:
    with tarfile.open(only("*.tar.gz")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "presets/default.toml", "README.md", "LICENSE", "CHANGELOG.md", "Makefile", "docs/commands.md"} <= names
    assert {"tests/conftest.py", "tools/fuzz/__main__.py", "gallery/photos/horse.jpg", "picasso_series/encoders/structure.npz"} <= names
