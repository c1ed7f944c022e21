"""The doctor: what it finds, and that what it finds missing names its mend."""

from __future__ import annotations

import sys
from collections import namedtuple

import pytest

from picasso_series import doctor
from picasso_series.cli.app import run
from picasso_series.doctor import CHECKS, Finding, Status, examine
from picasso_series.errors import MissingError


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
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 5, 5))
    assert doctor.check_space().status is Status.WARNING


def test_something_missing_ends_with_4_and_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (lambda: Finding("lute", Status.MISSING, "out of tune", "tune it"),))
    assert run(["doctor"]) == 4
    output = capsys.readouterr()
    assert "mend: tune it" in output.out
    assert "lute" in output.err
