"""Nothing that is read is run: what the package's own text may name, what pages make of hostile words, and that threats have tests."""

from __future__ import annotations

import ast
import copy
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sample_run import sample_run
from sample_series import sample_series

from picasso_series.film import film_file, plan_filming
from picasso_series.gallery import build_site, write_page
from picasso_series.look import load_look
from picasso_series.plotter import plotter_svg
from picasso_series.run import Run

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "picasso_series").rglob("*.py"))
THREATS = ROOT / "docs" / "threats.md"
HOSTILE = "\"'><script>alert(1)</script>{{7*7}}{% raw %}<img src=x onerror=alert(1)>&lt;&#x27; javascript:alert(1)"

FORBIDDEN = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
RUNNERS = {
    *("os.system", "os.popen", "os.execv", "os.spawnv", "os.startfile", "pty.spawn", "shelve.open", "marshal.loads", "yaml.load"),
    *("pickle.load", "pickle.loads", "dill.loads", "joblib.load", "runpy.run_path", "ctypes.CDLL"),
    *("tempfile.mktemp", "shutil.unpack_archive", "torch.jit.load", "torch.hub.load", "subprocess.getoutput"),
}
UNREAD = {"marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "xmlrpc", "pty", "telnetlib", "ftplib"}
UNPICKLER = "unpickling.py"
"""The one module that reads pickles, by an unpickler that knows a dozen harmless names."""


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(path: Path) -> Iterator[tuple[str, dict[str, ast.expr], int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield dotted(node.func), {word.arg: word.value for word in node.keywords if word.arg}, node.lineno


def faults_of(path: Path) -> list[str]:
    """What of a module's text could run what it reads."""
    found = []
    for name, words, line in calls(path):
        place = f"{path.name}:{line} calls {name}"
        value = {key: node.value for key, node in words.items() if isinstance(node, ast.Constant)}
        last = name.rpartition(".")[2]
        if name in FORBIDDEN or name in RUNNERS or (last in FORBIDDEN and name.startswith("builtins.")):
            found.append(place)
        if value.get("shell"):
            found.append(f"{place} with a shell")
        if name in ("np.load", "numpy.load") and value.get("allow_pickle", True) is not False:
            found.append(f"{place} without allow_pickle=False")
        if name == "torch.load" and value.get("weights_only") is not True:
            found.append(f"{place} without weights_only=True")
        if last in ("extract", "extractall"):
            found.append(f"{place}, which unpacks an archive onto the disk")
        if last == "Environment" and value.get("autoescape") is not True:
            found.append(f"{place} without autoescape")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.partition(".")[0] in UNREAD or (name == "pickle" and path.name != UNPICKLER):
                found.append(f"{path.name}:{node.lineno} imports {name}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT / "picasso_series").as_posix())
def test_no_module_can_run_what_it_reads(path: Path) -> None:
    assert faults_of(path) == []


@pytest.mark.parametrize(
    "text",
    [
        "eval(x)",
        "import pickle",
        "import subprocess\nsubprocess.run(x, shell=True)",
        "import os\nos.system(x)",
        "import numpy as np\nnp.load(x)",
        "import numpy as np\nnp.load(x, allow_pickle=True)",
        "import torch\ntorch.load(x)",
        "import yaml",
        "zip.extractall(x)",
        "Environment(loader=x)",
    ],
)
def test_what_could_run_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "module.py").write_text(text)
    assert faults_of(tmp_path / "module.py")


def test_templates_mark_nothing_as_safe() -> None:
    for path in sorted((ROOT / "picasso_series" / "gallery" / "templates").glob("*.j2")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup", text), path.name
        # What stands in a script or in a handler would have to be escaped otherwise.
        assert not re.search(r"\bon\w+\s*=\s*\"[^\"]*{{", text), path.name
        for script in re.findall(r"<script>(.*?)</script>", text, re.DOTALL):
            assert set(re.findall(r"{{\s*(\w+)", script)) <= {"inlined"}, path.name


class Skeleton(HTMLParser):
    """The elements of a page with the names of their attributes, its addresses, and the content of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.scripts: list[str] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "poster", "data-moving")]
        self._within = tag

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style"):
            self.scripts.append(data)


def hostile(value: Any, key: str = "") -> Any:
    """A manifest in which every text that may be any text is a hostile one."""
    if isinstance(value, dict):
        return {name: hostile(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [hostile(inner, key) for inner in value]
    return HOSTILE if isinstance(value, str) and key not in ("path", "sha256", "status") else value


def test_hostile_words_of_a_manifest_become_text_on_pages(tmp_path: Path) -> None:
    plain = sample_run(tmp_path / "run", "duck")
    write_page(plain, films=["films/series.mp4"])
    expected = Skeleton((plain.folder / "index.html").read_text(encoding="utf-8"))
    spoiled = Run(plain.folder, hostile(copy.deepcopy(dict(plain.manifest))), plain.series, HOSTILE)
    write_page(spoiled, films=["films/series.mp4"])
    page = (plain.folder / "index.html").read_text(encoding="utf-8")
    found = Skeleton(page)
    # An empty value leaves its row out, so that rows may be more, but never of another kind.
    assert set(found.elements) <= set(expected.elements)
    assert found.scripts == expected.scripts
    assert "{{7*7}}" in page
    assert not [url for url in found.addresses if re.match(r"\s*(javascript|vbscript|https?):", url) or "<" in url]


def test_hostile_words_of_a_gallery_become_text(tmp_path: Path) -> None:
    plain = sample_run(tmp_path / "run", HOSTILE)
    spoiled = Run(plain.folder, {**hostile(copy.deepcopy(dict(plain.manifest)))}, plain.series, HOSTILE)
    for page in build_site([spoiled], tmp_path / "site", title=HOSTILE, credit=HOSTILE):
        found = Skeleton(page.read_text(encoding="utf-8"))
        assert not [tag for tag, names in found.elements if any(name.startswith("on") for name in names)]
        assert not [script for script in found.scripts if "alert" in script]
        assert ("img", ("src", "onerror")) not in found.elements


@pytest.mark.parametrize("kind", ["film", "plotter"])
def test_hostile_words_become_text_in_vectors(tmp_path: Path, kind: str) -> None:
    if kind == "film":
        film_file(sample_series((4, 2)), tmp_path / "a.svg", "series", plan_filming(size="64x64", title=HOSTILE, caption=HOSTILE))
        text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    else:
        from picasso_series.paper import parse_paper
        from picasso_series.plate import all_states

        text = plotter_svg(all_states(sample_series((4, 2))), parse_paper("a5"), HOSTILE, "levels")
    root = ElementTree.fromstring(text)
    assert not [element.tag for element in root.iter() if element.tag.rpartition("}")[2] in ("script", "img", "foreignObject")]
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]


def test_hostile_words_become_text_in_plates() -> None:
    from picasso_series.paper import parse_paper
    from picasso_series.plate import all_states, lay_sheet
    from picasso_series.printing import plate_svg, plate_words

    series, look = sample_series((4, 2)), load_look("ink", title=HOSTILE, caption=HOSTILE)
    plan = lay_sheet(series.subject, all_states(series), look, parse_paper("a5"), HOSTILE)
    root = ElementTree.fromstring(plate_svg(plan, series.subject, look, plate_words(series, HOSTILE), "mm"))
    assert not [element.tag for element in root.iter() if element.tag.rpartition("}")[2] in ("script", "img")]
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]


def test_every_threat_has_a_test_and_it_exists() -> None:
    text = THREATS.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| threat", "| ---"))]
    assert len(rows) > 20
    there = set(re.findall(r"^def (test_\w+)", "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").glob("test_*.py")), re.M))
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, f"no test is named in: {row}"
        assert set(named) <= there, f"there is no {sorted(set(named) - there)}"


def test_every_library_that_is_imported_is_asked_for() -> None:
    names = {"PIL": "pillow", "skimage": "scikit-image", "imageio_ffmpeg": "imageio-ffmpeg", "pillow_heif": "pillow-heif", "pydiffvg": ""}
    wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            for name in {whole.partition(".")[0] for whole in imported} - set(sys.stdlib_module_names) - {"picasso_series", "tomllib"}:
                asked = names.get(name, name)
                assert not asked or re.search(rf'"{asked}[\[>=<"]', wanted), f"{path.name} imports {name}"
