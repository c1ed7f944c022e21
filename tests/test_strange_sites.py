"""Galleries from strangers: building in one writes and removes nothing elsewhere, whatever its record and links say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sample_run import sample_run

from picasso_series.errors import BadInputError
from picasso_series.gallery import build_site
from picasso_series.gallery.files import move_file


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """A folder beside the site that is none of a gallery's."""
    folder = tmp_path / "others"
    folder.mkdir()
    (folder / "index.html").write_text("theirs")
    return folder


def _site(folder: Path, *files: str) -> Path:
    folder.mkdir()
    (folder / "gallery.json").write_text(json.dumps({"files": files}))
    return folder


@pytest.mark.parametrize("link", ["horse", "horse/films", "horse/8"])
def test_a_gallery_is_not_written_through_a_link(tmp_path: Path, others: Path, link: str) -> None:
    site, run = _site(tmp_path / "site"), sample_run(tmp_path / "run", "horse")
    (site / link).parent.mkdir(exist_ok=True)
    (site / link).symlink_to(others)
    with pytest.raises(BadInputError, match="is a link"):
        build_site([run], site)
    assert [path.name for path in others.iterdir()] == ["index.html"]
    assert (others / "index.html").read_text() == "theirs"
    assert not (site / "index.html").exists()


@pytest.mark.parametrize("name", ["old/index.html", "old/../mine/index.html", "{site}/mine/index.html"])
def test_a_gallery_removes_nothing_through_a_link(tmp_path: Path, name: str) -> None:
    site, run = _site(tmp_path / "site", name.format(site=tmp_path / "site")), sample_run(tmp_path / "run", "horse")
    (site / "mine").mkdir()
    (site / "mine/index.html").write_text("mine")
    (site / "old").symlink_to("mine")
    with pytest.raises(BadInputError, match=r"is a link|outside"):
        build_site([run], site)
    assert (site / "mine/index.html").read_text() == "mine"


def test_an_old_file_that_is_a_link_goes_and_not_what_it_leads_to(tmp_path: Path) -> None:
    site, run = _site(tmp_path / "site", "old.html"), sample_run(tmp_path / "run", "horse")
    (site / "CNAME").write_text("mine")
    (site / "old.html").symlink_to("CNAME")
    build_site([run], site)
    assert (site / "CNAME").read_text() == "mine"
    assert not (site / "old.html").is_symlink()


def test_a_link_made_meanwhile_is_noticed_when_files_move(tmp_path: Path, others: Path) -> None:
    (tmp_path / "stage/horse").mkdir(parents=True)
    (tmp_path / "stage/horse/index.html").write_text("ours")
    site = _site(tmp_path / "site")
    (site / "horse").symlink_to(others)
    with pytest.raises(BadInputError, match="is a link"):
        move_file("horse/index.html", tmp_path / "stage", site)
    assert (others / "index.html").read_text() == "theirs"


def test_a_site_may_be_a_link_itself(tmp_path: Path, others: Path) -> None:
    run = sample_run(tmp_path / "run", "horse")
    (others / "index.html").unlink()
    (tmp_path / "site").symlink_to(others)
    build_site([run], tmp_path / "site")
    build_site([run], tmp_path / "site")
    assert (others / "horse/index.html").exists()


@pytest.mark.parametrize("record", ["[" * 200_000, '{"files": ' * 200_000, "[]", '{"files": 3}', "\0"])
def test_a_record_without_sense_is_refused(tmp_path: Path, record: str) -> None:
    site, run = _site(tmp_path / "site"), sample_run(tmp_path / "run", "horse")
    (site / "gallery.json").write_text(record)
    with pytest.raises(BadInputError, match="cannot be read"):
        build_site([run], site)
