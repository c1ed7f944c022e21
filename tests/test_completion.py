"""Completion in shells, and that the help pages in the documents are those of the program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = "import sys; sys.argv[0] = 'picasso-series'; from picasso_series.cli.app import main; main()"


def complete(instruction: str, line: str = "", word: int = 0) -> str:
    variables = {"_PICASSO_SERIES_COMPLETE": instruction, "COMP_WORDS": line, "COMP_CWORD": str(word)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env={**os.environ, **variables}, capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("shell", "sign"), [("bash", "complete -o nosort"), ("zsh", "#compdef picasso-series"), ("fish", "complete --no-files")]
)
def test_each_shell_gets_its_script(shell: str, sign: str) -> None:
    script = complete(f"{shell}_source")
    assert sign in script
    assert f"_PICASSO_SERIES_COMPLETE={shell}_complete" in script


@pytest.mark.parametrize(
    ("line", "word", "offered"),
    [
        ("picasso-series dra", 1, "plain,draw"),
        ("picasso-series dra", 1, "file,dra"),
        ("picasso-series horse.jpg --lev", 2, "plain,--levels"),
        ("picasso-series horse.jpg --device c", 3, "plain,cuda"),
        ("picasso-series horse.jpg --mask ", 3, "plain,none"),
        ("picasso-series film run --story ping", 4, "plain,pingpong"),
        ("picasso-series gallery run --out s", 4, "dir,s"),
        ("picasso-series weights fe", 2, "plain,fetch"),
    ],
)
def test_what_tab_offers(line: str, word: int, offered: str) -> None:
    assert offered in complete("bash_complete", line, word).splitlines()


def test_a_script_that_bash_reads_without_complaint(tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(complete("bash_source"))
    done = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_pages_in_the_documents_are_the_programs_own() -> None:
    help_pages = pytest.importorskip("tools.help_pages", reason="the tools are not part of what is installed")
    assert help_pages.PAGES.read_text(encoding="utf-8") == help_pages.pages(), "run make docs"
