"""The doctor: what it finds, and that what it finds missing names its mend."""

from __future__ import annotations

import sys
from collections import namedtuple
from pathlib import Path

import pytest

from picasso_series import doctor, places
from picasso_series.cli.app import run
from picasso_series.doctor import CHECKS, examine
from picasso_series.errors import MissingError
from picasso_series.finding import Finding, Status


def test_every_check_finds_something_here() -> None:
    findings = examine()
    assert len(findings) == len(CHECKS)
    assert len({finding.name for finding in findings}) == len(findings)
    for finding in findings:
        assert finding.detail, finding.name
        assert (finding.status in (Status.MISSING, Status.WARNING)) <= bool(finding.mend), finding.name


def test_a_machine_that_passes_these_tests_lacks_nothing() -> None:
    assert [finding.name for finding in examine() if finding.is_missing] == []


def test_missing_cairo_is_found_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> None:
        raise MissingError("no cairo")

    monkeypatch.setattr("picasso_series.film.draw.cairo", lost)
    monkeypatch.setattr(sys, "platform", "linux")
    finding = doctor.check_cairo()
    assert finding.is_missing
    assert "libcairo2" in finding.mend


def test_missing_torch_is_found_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert doctor.check_torch().mend == "pip install torch"
    assert doctor.check_torch().is_missing
    assert not doctor.check_device().is_missing


def test_an_ffmpeg_that_does_not_run_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: "/nowhere/ffmpeg")
    assert doctor.check_ffmpeg().is_missing


def test_a_lost_library_is_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "jinja2":
            raise doctor.metadata.PackageNotFoundError
        return "1"

    monkeypatch.setattr(doctor.metadata, "version", version)
    assert doctor.check_libraries().mend == "pip install jinja2"


def test_a_nearly_full_disk_is_only_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(places.shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 5, 5))
    assert places.check_space().status is Status.WARNING
    assert places.check_cache().status is Status.WARNING


def test_something_missing_ends_with_4_and_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (lambda: Finding("lute", Status.MISSING, "out of tune", "tune it"),))
    assert run(["doctor"]) == 4
    output = capsys.readouterr()
    assert "mend: tune it" in output.out
    assert "lute" in output.err


@pytest.mark.parametrize(
    ("cuda", "programs", "words"),
    [
        (None, {"cmake", "g++"}, ["without CUDA, which this torch lacks"]),
        ("12.4", {"cmake", "clang++"}, ["without CUDA, as no compiler for it (nvcc 12.4)"]),
        ("12.4", {"cmake", "c++", "nvcc"}, ["with CUDA 12.4"]),
        (None, set(), ["once cmake and a C++ compiler are installed"]),
        (None, {"c++"}, ["once cmake is installed"]),
    ],
)
def test_a_missing_diffvg_is_told_with_what_it_is_to_be_built_for(
    cuda: str | None, programs: set[str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: name if name in programs else None)
    finding = doctor.check_diffvg()
    assert finding.status is Status.OPTIONAL
    for word in [*words, doctor.DIFFVG_GUIDE, sys.executable, torch.__version__]:
        assert word in finding.mend
    assert ("once" in finding.mend) == ("once" in words[0])


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("import no_such_module.at_all", "pip install no_such_module"),
        ("raise ImportError('undefined symbol')", doctor.DIFFVG_GUIDE),
        ("from pydiffvg.lost import nothing", doctor.DIFFVG_GUIDE),
        ("def set_device(device): raise RuntimeError('out of ink')", doctor.DIFFVG_GUIDE),
    ],
)
def test_a_diffvg_that_does_not_work_is_a_warning_with_its_mend(
    text: str, mend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pydiffvg").mkdir()
    (tmp_path / "pydiffvg" / "__init__.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "pydiffvg"]:
        monkeypatch.delitem(sys.modules, name)
    finding = doctor.check_diffvg()
    sys.modules.pop("pydiffvg", None)
    assert finding.status is Status.WARNING
    assert mend in finding.mend
