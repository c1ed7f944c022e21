"""What is said at a terminal: errors are one line, and no name or manifest moves the cursor."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_run import sample_run

from picasso_series.atomic import write_whole
from picasso_series.cli.app import run
from picasso_series.cli.output import _OneLine, one_line, printable
from picasso_series.gallery import build_site
from picasso_series.gallery.render import file_url

CONTROLS = {chr(code) for code in (*range(32), *range(127, 160), 0x2028, 0x2029, 0x202E, 0x2066)}


def test_a_name_or_a_manifest_moves_no_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sample_run(tmp_path / "run", placement={}, threads=1).folder / "series.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, "schema": "\x1b[2J\x1b]0;owned\x07\u202e\n x"}))
    assert run(["gallery", str(tmp_path / "run"), "-o", str(tmp_path / "site")]) == 1
    assert run(["draw", "a\x1b[31m\nb.jpg"]) == 1
    said = capsys.readouterr().err
    assert "x1b[2J" in said
    assert not set(said) & (CONTROLS - {"\n"})
    assert len(said.splitlines()) == 2


def test_what_is_logged_moves_no_cursor() -> None:
    record = logging.LogRecord("picasso_series", logging.WARNING, "", 0, "EXIF of %s ignored", ("a\x1b[31m\nb.jpg",), None)
    assert _OneLine("%(message)s").format(record) == "EXIF of a\\x1b[31m\\nb.jpg ignored"


@given(st.text(st.characters()) | st.text(st.sampled_from(sorted(CONTROLS))))
def test_any_text_can_be_said(text: str) -> None:
    assert not set(one_line(text)) & CONTROLS
    assert not set(printable(text)) & (CONTROLS - {"\n", "\t"})
    one_line(text).encode("utf-8")


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf"))))
def test_plain_text_is_said_as_it_is(text: str) -> None:
    assert printable(text) == one_line(text) == text


def test_bytes_that_are_no_text_can_stand_in_titles_and_names(tmp_path: Path) -> None:
    found = sample_run(tmp_path / "run", "a\udcffb")
    pages = build_site([found], tmp_path / "site", title="c\udcffd", credit="\ud800")
    assert "c?d" in pages[0].read_text(encoding="utf-8")
    assert "A?b" in pages[1].read_text(encoding="utf-8")
    assert file_url("films/a\udcffb.mp4") == "films/a%FFb.mp4"
    write_whole(tmp_path / "plate.svg", "e\udcfff")
    assert (tmp_path / "plate.svg").read_text(encoding="utf-8") == "e?f"
