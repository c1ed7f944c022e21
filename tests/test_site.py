"""The gallery of several runs: its pages and files, what is published and what is kept private."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from page_reader import Page, check_page, site_files
from PIL import Image
from sample_run import FILMS, file_records, sample_run, tiny_mp4

from picasso_series.errors import BadInputError, UsageError
from picasso_series.gallery import build_site


def test_a_gallery_holds_pages_and_files_and_stands_alone(tmp_path: Path) -> None:
    runs = [sample_run(tmp_path / "a", "Duck"), sample_run(tmp_path / "b", "duck"), sample_run(tmp_path / "c", "Ente & Ø", levels=(4,))]
    pages = build_site(runs, tmp_path / "site")
    assert [path.relative_to(tmp_path / "site").as_posix() for path in pages] == [
        "index.html", "duck/index.html", "duck-2/index.html", "ente/index.html",
    ]  # fmt: skip
    for path in pages:
        check_page(Page(path))
    index = Page(pages[0])
    assert [svg["aria-label"] for svg in index.all("svg")] == [
        "Duck, drawn with 2 strokes", "Duck, drawn with 8 strokes", "Duck, drawn with 2 strokes", "Duck, drawn with 8 strokes",
        "Ente & Ø, drawn with 4 strokes",
    ]  # fmt: skip
    assert "Three subjects" in index.text
    rels = [{link.get("rel"): link["href"] for link in Page(path).all("link") if link["rel"] in ("prev", "next")} for path in pages[1:]]
    assert rels == [
        {"next": "../duck-2/index.html"}, {"prev": "../duck/index.html", "next": "../ente/index.html"}, {"prev": "../duck-2/index.html"},
    ]  # fmt: skip


def test_a_gallery_leaves_the_runs_as_they_were(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    build_site([run], tmp_path / "site")
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before


def test_a_gallery_tells_no_private_path(tmp_path: Path) -> None:
    run = sample_run(
        tmp_path / "run",
        command="/opt/secret/bin/picasso-series /home/secret/duck.jpg --mask=~/secret/mask.png -o ../secret/out --encoder clip:ViT-B/32",
        settings={"mask": {"value": "C:\\Users\\secret\\mask.png", "from": "file /etc/secret/p.toml"}},
        choices={"encoder": {"value": "clip", "reason": "weights in /home/secret/.cache/RN101.pt and ~secret/x are cached"}},
    )
    build_site([run], tmp_path / "site")
    shown = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "site").rglob("*") if path.suffix in (".html", ".json")}
    assert len(shown) == 4
    assert not [path for path, text in shown.items() if "secret" in text]
    public = json.loads((tmp_path / "site/duck/series.json").read_text(encoding="utf-8"))
    assert public["command"] == "picasso-series duck.jpg --mask=mask.png -o out --encoder clip:ViT-B/32"
    assert public["choices"]["encoder"]["reason"] == "weights in RN101.pt and x are cached"
    assert [file["path"] for file in public["files"]] == ["photo.png", *FILMS, "plate.svg", "plate.png"], "only what the site holds"
    assert [file["path"] for file in public["levels"][0]["files"]] == ["8/sketch.svg", "8/sketch.png"]


def test_a_gallery_publishes_only_what_the_run_recorded(tmp_path: Path) -> None:
    clean, run = sample_run(tmp_path / "clean"), sample_run(tmp_path / "run")
    build_site([clean], tmp_path / "site")
    (run.folder / "films/holiday.mp4").write_bytes(tiny_mp4(64, 64))
    (run.folder / "films/bank.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>secret</svg>", encoding="utf-8")
    (run.folder / "notes.txt").write_text("secret", encoding="utf-8")
    build_site([run], tmp_path / "other")
    assert site_files(tmp_path / "other") == site_files(tmp_path / "site")


def test_what_a_run_did_not_record_is_not_published_under_a_runs_names(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run", files=file_records("photo.png", "mask.png"))
    build_site([run], tmp_path / "site")
    assert {name for name in site_files(tmp_path / "site") if name.startswith(("duck/plate", "duck/films"))} == set()
    check_page(Page(tmp_path / "site/duck/index.html"))


@pytest.mark.parametrize("name", ["plate.svg", "plate.png", "photo.png", "8/sketch.svg", "films/series.mp4"])
@pytest.mark.parametrize("inside", [False, True])
def test_a_link_is_never_published(tmp_path: Path, name: str, inside: bool) -> None:
    run = sample_run(tmp_path / "run")
    secret = (run.folder if inside else tmp_path) / "secret.txt"
    secret.write_text("<svg viewBox='0 0 9 9'>secret</svg>", encoding="utf-8")
    (run.folder / name).unlink()
    (run.folder / name).symlink_to(secret)
    with pytest.raises(BadInputError, match="is a link"):
        build_site([run], tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_folder_of_films_that_is_a_link_is_never_published(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    (run.folder / "films").rename(tmp_path / "elsewhere")
    (run.folder / "films").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInputError, match="is a link"):
        build_site([run], tmp_path / "site")


def test_a_run_may_be_given_by_a_link(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    (tmp_path / "link").symlink_to(run.folder)
    build_site([replace(run, folder=tmp_path / "link")], tmp_path / "site")
    check_page(Page(tmp_path / "site/duck/index.html"))


def test_the_gallerys_pages_use_the_public_command(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run", command="picasso-series /home/secret/duck.jpg")
    build_site([run], tmp_path / "site")
    assert "picasso-series duck.jpg" in Page(tmp_path / "site/duck/index.html").text


def meta(page: Page) -> dict[str, str]:
    return {tag.get("property", tag.get("name", "")): tag["content"] for tag in page.all("meta") if "content" in tag}


def test_links_to_the_pages_have_cards(tmp_path: Path) -> None:
    runs = [sample_run(tmp_path / "a", '"Duck" & <b>'), sample_run(tmp_path / "b", "Goose")]
    pages = [Page(path) for path in build_site(runs, tmp_path / "site", address="https://example.org/birds")]
    for page, place in zip(pages, ("", "duck-b/", "goose/"), strict=True):
        tags = meta(page)
        assert tags["og:url"] == f"https://example.org/birds/{place}"
        assert tags["og:image"] == f"https://example.org/birds/{place}card.png"
        assert tags["twitter:card"] == "summary_large_image"
        assert tags["og:image:alt"]
        with Image.open(page.folder / "card.png") as card:
            assert [str(side) for side in card.size] == [tags["og:image:width"], tags["og:image:height"]] == ["1200", "630"]
        assert [link["href"] for link in page.all("link") if link["rel"] == "canonical"] == [tags["og:url"]]
    assert meta(pages[1])["og:title"] == '"Duck" & <b>'
    assert meta(pages[1])["og:description"] == '"Duck" & <b>, drawn in 8, 4 and 2 strokes.'


def test_without_an_address_nothing_leads_out_of_the_site(tmp_path: Path) -> None:
    for path in build_site([sample_run(tmp_path / "run")], tmp_path / "site"):
        page = Page(path)
        assert meta(page)["og:image"] == "card.png"
        assert "og:url" not in meta(page)
        assert "http" not in page.html.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    "address", ["example.org", "ftp://example.org", "https://", "javascript:alert(1)", "https://a.org/?q=1", "file:///x"]
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="the site's address"):
        build_site([sample_run(tmp_path / "run")], tmp_path / "site", address=address)
    assert not (tmp_path / "site").exists()


def test_the_site_has_a_title_and_credits_on_every_page(tmp_path: Path) -> None:
    pages = build_site([sample_run(tmp_path / "run")], tmp_path / "site", title="<Birds>", credit="Photos: A. Nonymous <a@b.org>, CC0")
    for path in pages:
        check_page(Page(path))
        assert "Photos: A. Nonymous <a@b.org>, CC0" in Page(path).text
    assert "<Birds>" in Page(pages[0]).text


def test_a_gallery_tells_no_times(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    run.manifest["levels"][0]["seconds"] = 1.5
    build_site([run], tmp_path / "site")
    page = Page(tmp_path / "site/duck/index.html")
    assert "Time" not in page.text
    assert "2024" not in page.text
    public = (tmp_path / "site/duck/series.json").read_text(encoding="utf-8")
    assert "seconds" not in public
    assert "2024" not in public
    assert "seconds" in json.dumps(run.manifest["levels"])


def test_pictures_bear_no_metadata(tmp_path: Path) -> None:
    build_site([sample_run(tmp_path / "run")], tmp_path / "site")
    for path in (tmp_path / "site").rglob("*.png"):
        with Image.open(path) as picture:
            assert not picture.getexif()
            assert not {"exif", "XML:com.adobe.xmp", "comment", "Comment"} & picture.info.keys()
