"""What the doctor finds in a setup that was broken on purpose, and that errors of missing parts lead to it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from picasso_series import doctor, places
from picasso_series.cli.app import run
from picasso_series.errors import MissingError
from picasso_series.finding import REINSTALL, Finding, Status

Patch = pytest.MonkeyPatch
PACKAGE = Path(__file__).parents[1] / "picasso_series"


def test_a_library_that_is_there_but_broken_is_found(monkeypatch: Patch) -> None:
    def load(name: str) -> None:
        if name == "PIL.Image":
            raise ImportError("undefined symbol: jpeg_start")

    monkeypatch.setattr(doctor, "import_module", load)
    finding = doctor.check_libraries()
    assert finding.is_missing
    assert "jpeg_start" in finding.detail
    assert finding.mend == "pip install --force-reinstall pillow"


def test_the_binding_of_cairo_is_told_from_cairo(monkeypatch: Patch) -> None:
    monkeypatch.setitem(sys.modules, "cairocffi", None)
    from picasso_series.film import draw

    draw.cairo.cache_clear()
    try:
        assert doctor.check_cairo().mend == "pip install cairocffi"
    finally:
        draw.cairo.cache_clear()


def test_an_ffmpeg_without_the_encoder_of_films_is_found(tmp_path: Path, monkeypatch: Patch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho ffmpeg version 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    finding = doctor.check_ffmpeg()
    assert finding.is_missing
    assert "libx264" in finding.detail


@pytest.mark.parametrize("check", [doctor.check_fonts, doctor.check_templates, doctor.check_styles])
def test_lost_files_of_the_package_are_found(check: Callable[[], Finding], tmp_path: Path, monkeypatch: Patch) -> None:
    from picasso_series import lettering, look

    lettering._faces.cache_clear()
    lettering.set_line.cache_clear()
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    monkeypatch.setattr(look, "_style_folder", lambda: tmp_path)
    finding = check()
    lettering._faces.cache_clear()
    assert finding.is_missing
    assert finding.mend == REINSTALL


def test_a_graphics_processor_that_does_not_compute_is_found(monkeypatch: Patch) -> None:
    import torch

    def fail(*args: object, **more: object) -> None:
        raise RuntimeError("CUDA error: no kernel image is available\nmore")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "zeros", fail)
    finding = doctor.check_device()
    assert finding.status is Status.WARNING
    assert "no kernel image" in finding.detail
    assert "more" not in finding.detail


def test_a_torch_without_cuda_beside_a_driver_is_told(monkeypatch: Patch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert "torch" in doctor.check_device().mend


def test_folders_that_cannot_be_written_to_are_found(tmp_path: Path, monkeypatch: Patch) -> None:
    def refuse(dir: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(places.tempfile, "TemporaryFile", refuse)
    assert places.check_cache().status is Status.WARNING
    assert "PICASSO_SERIES_CACHE" in places.check_cache().mend
    assert places.check_temporary().is_missing
    assert "TMPDIR" in places.check_temporary().mend
    assert "--out" in places.check_space().mend


def test_a_cache_below_a_file_is_found(tmp_path: Path, monkeypatch: Patch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PICASSO_SERIES_CACHE", str(tmp_path / "file" / "cache"))
    finding = places.check_cache()
    assert finding.status is Status.WARNING
    assert "is no folder" in finding.detail


def test_nothing_stays_of_a_check(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PICASSO_SERIES_CACHE", str(tmp_path / "a" / "b"))
    assert places.check_cache().status is not Status.MISSING
    places.check_space()
    assert not list(tmp_path.iterdir())


def test_settings_that_make_no_sense_are_found(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PICASSO_SERIES_LEVELS", "4,8")
    assert places.check_settings().status is Status.WARNING
    monkeypatch.setenv("PICASSO_SERIES_LEVELS", "8,4")
    assert "levels from env PICASSO_SERIES_LEVELS" in places.check_settings().detail
    (tmp_path / "picasso-series.toml").write_text("levls = 3")
    assert "levls" in places.check_settings().detail


def test_a_check_that_fails_itself_is_a_finding(monkeypatch: Patch) -> None:
    def check_lute() -> Finding:
        raise ZeroDivisionError("strings")

    monkeypatch.setattr(doctor, "CHECKS", (check_lute,))
    (finding,) = doctor.examine()
    assert (finding.name, finding.is_missing) == ("lute", True)
    assert "strings" in finding.detail


def test_errors_of_missing_parts_lead_to_the_doctor(photo: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]) -> None:
    def lost(*args: object, **more: object) -> None:
        raise MissingError("no cairo; install it")

    monkeypatch.setattr("picasso_series.make.cairo", lost)
    assert run(["draw", str(photo)]) == 4
    assert "picasso-series doctor" in capsys.readouterr().err


def test_a_library_that_cannot_be_imported_leads_to_the_doctor(photo: Path) -> None:
    code = f"import sys; sys.modules['torch'] = None; from picasso_series.cli.app import run; sys.exit(run(['draw', {str(photo)!r}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=photo.parent, env=_here())
    assert done.returncode == 4
    assert "torch" in done.stderr
    assert "picasso-series doctor" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def _here() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}


def test_every_error_of_a_missing_part_names_a_deed() -> None:
    deeds = re.compile(r"run |pip install|--\w+|choose |use |build |unset|draw ")
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and getattr(node.exc.func, "id", "") == "MissingError":
                told = ast.unparse(node.exc)
                assert deeds.search(told) or "how_to_get" in told, f"{path.name}:{node.lineno} names no deed: {told}"
