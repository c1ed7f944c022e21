"""Runs of every version ever written, and the schema that says what a manifest holds."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from drawn_runs import change_manifest
from jsonschema import Draft202012Validator

from picasso_series.cli.app import run
from picasso_series.run import SCHEMA, open_run, read_manifest

STORED = Path(__file__).parent / "runs"
VERSIONS = range(1, SCHEMA + 1)


def schema(version: int) -> dict[str, Any]:
    """The schema as it is shipped."""
    text = files("picasso_series").joinpath("schema", f"series-{version}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def closed(part: Any) -> Any:
    """The schema without its openness: whatever it does not describe is a mistake."""
    if isinstance(part, list):
        return [closed(item) for item in part]
    if not isinstance(part, dict):
        return part
    inner = {key: closed(value) for key, value in part.items()}
    if part.get("type") == "object" and isinstance(part.get("properties"), dict):
        inner.setdefault("additionalProperties", False)
    return inner


def complaints(manifest: Any, form: Any) -> list[str]:
    errors = Draft202012Validator(form).iter_errors(manifest)
    return [f"{error.json_path}: {error.message}" for error in errors]


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, workplace: Path) -> Path:
    """A copy of a stored run."""
    shutil.copytree(STORED / f"schema-{request.param}", "old")
    return Path("old")


def test_there_is_a_schema_and_a_stored_run_for_every_version() -> None:
    assert {path.name for path in STORED.iterdir() if path.is_dir()} == {f"schema-{version}" for version in VERSIONS}
    for version in VERSIONS:
        Draft202012Validator.check_schema(schema(version))
        assert read_manifest(STORED / f"schema-{version}")["schema"] == version


def test_an_old_run_is_filmed_and_shown(old: Path) -> None:
    before = {path: path.read_bytes() for path in old.rglob("sketch.svg")}
    assert run(["film", "old", "--kind", "series", "--formats", "svg,gif", "--size", "64x64", "-q"]) == 0
    assert (old / "films" / "series.gif").read_bytes().startswith(b"GIF89a")
    assert open_run(old).finished
    assert run(["gallery", "old", "-o", "site", "-q"]) == 0
    assert (Path("site") / "pear" / "films" / "series.gif").is_file()
    assert "pear" in (Path("site") / "index.html").read_text(encoding="utf-8").lower()
    assert {path: path.read_bytes() for path in old.rglob("sketch.svg")} == before
    assert not complaints(read_manifest(old), closed(schema(SCHEMA)))
    assert not complaints(json.loads((Path("site") / "pear" / "series.json").read_text(encoding="utf-8")), closed(schema(SCHEMA)))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stored_manifest_is_what_its_schema_says(version: int) -> None:
    assert not complaints(read_manifest(STORED / f"schema-{version}"), closed(schema(version)))


def test_the_manifest_of_a_run_is_what_the_schema_says(drawn_once: Path) -> None:
    assert not complaints(read_manifest(drawn_once), closed(schema(SCHEMA)))


@pytest.mark.parametrize("name", sorted(path.parent.name for path in Path(__file__).parents[1].glob("gallery/*/series.json")))
def test_a_published_manifest_is_what_the_schema_says(name: str) -> None:
    path = Path(__file__).parents[1] / "gallery" / name / "series.json"
    assert not complaints(json.loads(path.read_text(encoding="utf-8")), closed(schema(SCHEMA)))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(schema=2),
        lambda m: m.pop("threads"),
        lambda m: m["photo"].update(sha256="x"),
        lambda m: m["levels"][0].pop("kept"),
        lambda m: m["levels"][0]["ids"].append(1),
        lambda m: m["settings"]["seed"].pop("from"),
        lambda m: m["files"][0].pop("sha256"),
        lambda m: m.update(status="done"),
        lambda m: m.update(more=1),
    ],
)
def test_the_schema_refuses_what_is_no_manifest(stored: Path, change: Any) -> None:
    change_manifest(stored, change)
    assert complaints(json.loads((stored / "series.json").read_text(encoding="utf-8")), closed(schema(SCHEMA)))
