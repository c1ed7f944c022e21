"""How the package hangs together: the showing half imports no torch, libraries keep quiet, modules stay small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "picasso_series"
MODULES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path for path in sorted(ROOT.rglob("*.py"))
}


def room(module: str) -> str:
    """The part of the package that a module lies in: a folder's name, or the module's own."""
    return module.removeprefix("picasso_series.").partition(".")[0]


LIBRARY = sorted(name for name in MODULES if room(name) != "cli" and not name.endswith("__main__"))
FRONT = sorted(name for name in MODULES if name not in LIBRARY)
SHOWING = sorted(
    name
    for name in MODULES
    if room(name)
    in {
        "film",
        "gallery",
        "cli",
        "picasso_series",
        "__main__",
        "api",
        "atomic",
        "command",
        "doctor",
        "errors",
        "inking",
        "lettering",
        "levels",
        "look",
        "paper",
        "plate",
        "plotter",
        "printing",
        "prints",
        "presets",
        "run",
        "settings",
        "show",
        "sizes",
        "strokes",
        "svg",
        "toml_file",
        "travel",
    }
)
"""The half that re-reads finished runs, and all that is imported before a command knows what it has to do."""
MAKING = ("picasso_series.series", "picasso_series.drawing", "picasso_series.critic", "picasso_series.raster.soft")
SHAPELESS = {"utils", "util", "helpers", "helper", "misc", "common", "tools", "stuff"}
MOST_LINES = 400


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def _for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def at_import(nodes: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported: none within functions, none for the type checker alone."""
    for node in nodes:
        if _for_types(node):
            yield from at_import(node.orelse)  # type: ignore[attr-defined]
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
            for part in ("body", "orelse", "finalbody"):
                yield from at_import(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from at_import(handler.body)


def imported(module: str, nodes: Iterator[ast.stmt] | None = None) -> set[str]:
    """Full names of all that a module imports when it is imported."""
    names: set[str] = set()
    for node in at_import(tree(module).body) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively, which this walk does not follow"
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    # Importing a.b.c imports a and a.b on the way.
    return {".".join(name.split(".")[:count]) for name in names for count in range(1, name.count(".") + 2)}


@cache
def reached(module: str) -> frozenset[str]:
    """All that is imported, directly or not, when a module is."""
    found: set[str] = set()
    waiting = [module, *(parent for parent in MODULES if module.startswith(parent + "."))]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imported(name) if name in MODULES else []
    return frozenset(found)


def everywhere(module: str) -> set[str]:
    """All that a module imports itself, within functions and for types too."""
    return imported(module, (node for node in ast.walk(tree(module)) if isinstance(node, ast.stmt)))


def calls(module: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def test_the_walk_finds_what_is_there() -> None:
    assert {"picasso_series", "picasso_series.svg", "picasso_series.film.draw", "picasso_series.cli.app"} <= MODULES.keys()
    for module in MAKING:
        assert "torch" in reached(module)
    assert "numpy" in reached("picasso_series.svg")
    assert "picasso_series.errors" in reached("picasso_series.svg")


# Two halves


@pytest.mark.parametrize("module", SHOWING)
def test_the_showing_half_imports_no_torch(module: str) -> None:
    assert "torch" not in reached(module)
    assert not set(MAKING) & reached(module)


def test_no_torch_is_loaded_when_the_showing_half_really_is_imported() -> None:
    code = f"import sys, importlib\nfor name in {[m for m in SHOWING if '__main__' not in m]!r}: importlib.import_module(name)\n"
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT.parent, check=False, timeout=120).returncode == 0


@pytest.mark.parametrize("module", ["picasso_series", "picasso_series.errors", "picasso_series.settings"])
def test_what_everyone_needs_imports_nothing_heavy(module: str) -> None:
    assert not {"torch", "numpy", "scipy", "skimage", "PIL", "cairocffi", "click", "rich"} & reached(module)


def test_the_command_line_imports_nothing_heavy_before_it_knows_what_to_do() -> None:
    assert not {"torch", "numpy", "scipy", "skimage", "PIL", "cairocffi", "jinja2"} & reached("picasso_series.cli.app")


@pytest.mark.parametrize("module", LIBRARY)
def test_the_library_does_not_know_the_command_line(module: str) -> None:
    assert not {name for name in everywhere(module) if name.split(".")[0] in ("click", "rich") or room(name) == "cli"}


# Modules that pixels, files or optimizers are no business of


@pytest.mark.parametrize(
    ("module", "foreign"),
    [
        ("strokes", {"torch", "scipy", "skimage", "PIL", "pathlib"}),
        ("levels", {"torch", "scipy", "skimage", "PIL", "pathlib"}),
        ("curves", {"torch", "skimage", "PIL", "pathlib", "picasso_series.levels"}),
        ("lines", {"torch", "PIL", "pathlib", "picasso_series.optimize"}),
        ("lineage", {"torch", "PIL", "pathlib", "picasso_series.objective"}),
        ("start", {"torch", "PIL", "pathlib", "picasso_series.objective", "picasso_series.optimize"}),
        ("objective", {"PIL", "pathlib", "picasso_series.optimize", "picasso_series.salience"}),
        ("optimize", {"PIL", "pathlib", "picasso_series.objective", "picasso_series.encoders", "picasso_series.levels"}),
        ("salience", {"PIL", "pathlib", "picasso_series.objective", "picasso_series.encoders", "picasso_series.levels"}),
        ("linework", {"PIL", "pathlib", "picasso_series.objective", "picasso_series.optimize", "picasso_series.levels"}),
        ("critic", {"PIL", "pathlib", "picasso_series.start", "picasso_series.salience", "picasso_series.run"}),
        ("drawing", {"PIL", "pathlib", "picasso_series.run", "picasso_series.run_writer", "picasso_series.make"}),
        ("series", {"PIL", "pathlib", "picasso_series.run", "picasso_series.run_writer", "picasso_series.make"}),
    ],
)
def test_a_module_imports_nothing_beyond_its_duty(module: str, foreign: set[str]) -> None:
    assert not foreign & everywhere(f"picasso_series.{module}")


def test_modules_do_not_import_each_other_in_a_ring() -> None:
    for module in MODULES:
        for name in imported(module) & MODULES.keys() - {module}:
            # A package and its modules may name each other: the package is there first.
            if not module.startswith(name + ".") and not name.startswith(module + "."):
                assert module not in _without_parents(name), f"{module} and {name} import each other"


def _without_parents(module: str) -> set[str]:
    """What a module reaches by its own imports, its packages' aside."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in MODULES and name not in found:
            found.add(name)
            waiting += [other for other in imported(name) if other in MODULES and not name.startswith(other + ".")]
    return found


# Manners


@pytest.mark.parametrize("module", LIBRARY)
def test_the_library_is_quiet_and_never_ends_the_program(module: str) -> None:
    forbidden = {"print", "input", "exit", "quit", "sys.exit", "os._exit", "os.abort", "breakpoint", "logging.basicConfig"}
    assert not [(line, name) for line, name in calls(module) if name in forbidden]
    raised = [ast.unparse(node.exc) for node in ast.walk(tree(module)) if isinstance(node, ast.Raise) and node.exc]
    assert not [what for what in raised if what.startswith("SystemExit")]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_nobody_touches_global_random_state(module: str) -> None:
    named = {ast.unparse(node) for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute)}
    assert not {"torch.manual_seed", "torch.seed", "torch.random.manual_seed", "torch.cuda.manual_seed"} & named
    own = r"(np|numpy)\.random\.(default_rng|Generator|SeedSequence)"
    assert not [name for name in named if re.match(r"(np|numpy)\.random\.", name) and not re.match(own, name)]
    assert "random" not in everywhere(module)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_error_is_caught_unnamed_or_passed_over_wholesale(module: str) -> None:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{module}:{node.lineno} catches everything"
            passed = len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
            assert not (passed and ast.unparse(node.type) in ("Exception", "BaseException")), f"{module}:{node.lineno} hides everything"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_modules_are_small_named_for_what_they_do_and_say_it(module: str) -> None:
    assert MODULES[module].stem not in SHAPELESS
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert ast.get_docstring(tree(module)), "the first lines say what the module knows"
