"""The options of ``picasso-series film`` and what they ask for; ``Series.film`` asks for the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from film_files import probe
from sample_series import sample_series

from picasso_series.cli.app import run
from picasso_series.errors import UsageError
from picasso_series.film import Filming, Telling, kept, plan_filming, recalled
from picasso_series.look import load_look
from picasso_series.sizes import SIZES

Caught = pytest.CaptureFixture[str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the command asks for, in place of doing it."""
    calls: list[dict[str, Any]] = []

    def remake(folder: Path, **options: Any) -> Any:
        calls.append({"folder": folder, **options})
        return SimpleNamespace(manifest={"files": []})

    monkeypatch.setattr("picasso_series.show.remake_films", remake)
    return calls


def test_without_options_the_films_are_the_runs_own(asked: list[dict[str, Any]]) -> None:
    assert run(["film", "horse"]) == 0
    (call,) = asked
    assert call["folder"] == Path("horse")
    assert (call["size"], call["formats"], call["kinds"]) == (None, None, None)
    assert call["options"] == {}


def test_every_option_arrives(asked: list[dict[str, Any]], tmp_path: Path) -> None:
    line = "film a b --kind draw-on,Series --size tall --formats gif,webp --max-bytes 1.5M --story pingpong --hold --loss-curve"
    line += " --style brush --ink navy --paper #fefefe --width 5 --margin 0.2 --title Horse --caption grazing --no-count"
    assert run(line.split()) == 0
    assert [call["folder"].name for call in asked] == ["a", "b"]
    call = asked[0]
    assert (call["size"], tuple(call["formats"]), call["kinds"]) == ("tall", ("gif", "webp"), ["draw-on", "series"])
    filming = plan_filming(**call["options"], size=call["size"])
    assert (filming.size, filming.max_bytes) == (SIZES["tall"], 1_500_000)
    assert filming.telling == Telling("pingpong", loop=False, loss_curve=True)
    look = load_look("brush", ink="#000080", paper="#fefefe", width=5.0, margin=0.2, title="Horse", caption="grazing", counted=False)
    assert filming.look == look
    assert filming == plan_filming(
        **{"size": "tall", "story": "pingpong", "loop": False, "loss_curve": True, "max_bytes": 1_500_000, "style": "brush"},
        **{"ink": "navy", "paper": "#fefefe", "width": 5, "margin": 0.2, "title": "Horse", "caption": "grazing", "counted": False},
    )


@pytest.mark.parametrize(("text", "number"), [("800k", 800_000), ("5M", 5_000_000), ("123456", 123_456), ("0.5 mb", 500_000)])
def test_bytes_are_written_as_people_do(asked: list[dict[str, Any]], text: str, number: int) -> None:
    assert run(["film", "horse", "--max-bytes", text]) == 0
    assert asked[0]["options"] == {"max_bytes": number}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--kind making-of", "kinds takes series, trajectory, draw-on"),
        ("--formats avi", "formats takes"),
        ("--size huge", "size takes square, portrait, tall, story or landscape, or WxH"),
        ("--story shrink", "simplify, grow or pingpong"),
        ("--style chalc", "did you mean chalk"),
        ("--ink blurple", "ink takes a color"),
        ("--width 99", "width takes a number from 0.2 to 24"),
        ("--margin 0.9", "margin takes a number"),
        ("--max-bytes none", "800k or 5M"),
        ("--max-bytes 0", "800k or 5M"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_before_anything_is_done(
    asked: list[dict[str, Any]], capsys: Caught, options: str, words: str
) -> None:
    assert run(["film", "horse", *options.split()]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert words in lines[0]
    assert asked == []


def test_the_library_makes_the_film_that_its_file_names(tmp_path: Path) -> None:
    sample_series((2,)).film(tmp_path / "duck.mp4", "draw-on", size="96x64", style="pencil")
    assert "96x64" in probe(tmp_path / "duck.mp4")
    sample_series((2,)).film(str(tmp_path / "duck.svg"), size="story")
    assert 'viewBox="0 0 1080 1920"' in (tmp_path / "duck.svg").read_text()


LOOKS = [
    {},
    {"style": "brush", "title": "Horse", "story": "grow", "loop": False},
    {"style": "chalk", "ink": "navy", "paper": "#fefefe", "width": 5, "margin": 0.2, "counted": False, "max_bytes": 9000},
    {"caption": "grazing", "loss_curve": True, "story": "pingpong"},
]


@pytest.mark.parametrize("options", LOOKS)
def test_what_a_manifest_keeps_of_a_film_makes_it_again(options: dict[str, Any]) -> None:
    filming = plan_filming(**options)
    again = recalled(json.loads(json.dumps(kept(filming))))
    assert replace(again, look=replace(again.look, description=filming.look.description)) == filming
    assert (kept(filming) == {}) == (options == {}), "what is as usual is not written down"


@pytest.mark.parametrize(
    "made",
    [[], "brush", {"style": "brush"}, {"width": "3"}, {"profile": "wide"}, {"story": "shrink"}, {"loop": "no"}, {"max_bytes": "2M"}],
)
def test_what_makes_no_sense_is_not_recalled(made: object) -> None:
    with pytest.raises(UsageError):
        recalled(made)


def test_a_style_takes_the_place_of_a_look_but_not_of_its_words() -> None:
    before = plan_filming(style="chalk", ink="navy", title="Horse", counted=False, story="grow")
    after = plan_filming(before, style="brush", caption="grazing")
    assert after.look == load_look("brush", title="Horse", caption="grazing", counted=False)
    assert after.telling == before.telling
    assert plan_filming(before, title="").look == replace(before.look, title="")
    assert plan_filming(before) == before
    assert plan_filming() == Filming(look=load_look())
