"""What the documents tell to type exists: commands, targets, imports."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from corvus_adapters.cli.main import build_app
from corvus_adapters.settings import option_names

ROOT = Path(__file__).resolve().parents[2]
APP = build_app()
README = ROOT / "README.md"
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "adapters/README.md",
    "broker/README.md",
    "docs/RUNBOOK.md",
    "docs/adr/0011-transports.md",
    "docs/adr/0013-evidence-per-batch.md",
    "docs/adr/0014-parking-and-release.md",
)
PREFIXES = (
    "transport.",
    "registers.",
    "router.",
    "opslag.",
    "sleutels.",
    "audit.",
    "metriek.",
    "log.",
)

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(corvus [a-z][^`]*)`")
_MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)


def _blocks(language: str) -> list[str]:
    text = README.read_text(encoding="utf-8")
    return [body for kind, body in _BLOCK.findall(text) if kind == language]


def _told() -> list[str]:
    """Every ``corvus`` command in the documents."""
    lines = [line for body in _blocks("sh") for line in body.splitlines()]
    found = [line for line in lines if line.startswith("corvus ")]
    for name in DOCUMENTS:
        found += _INLINE.findall((ROOT / name).read_text(encoding="utf-8"))
    return sorted(set(found))


def _path_of(line: str) -> tuple[list[str], list[str]]:
    """Split a line into the names of commands and what comes behind them."""
    words = shlex.split(line, comments=True)[1:]
    command: object = typer.main.get_command(APP)
    path: list[str] = []
    # Only a group has commands below it.
    while words and words[0] in (below := getattr(command, "commands", {})):
        path.append(words.pop(0))
        command = below[path[-1]]
    assert path, f"no such command: {line}"
    return path, words


@pytest.mark.parametrize("line", _told())
def test_a_command_in_the_documents_exists(line: str) -> None:
    path, rest = _path_of(line)
    wide = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
    result = CliRunner().invoke(APP, [*path, "--help"], env=wide)
    assert result.exit_code == 0, line
    for option in rest:
        if option.startswith("--"):
            assert option in result.output, line


def test_there_are_commands_to_check() -> None:
    assert len(_told()) > 10
    with pytest.raises(AssertionError, match="no such command"):
        _path_of("corvus vliegen")


def test_every_make_target_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(_TARGET.findall(makefile))
    named = {
        target
        for name in (*DOCUMENTS, "tests/README.md")
        for target in _MAKE.findall((ROOT / name).read_text(encoding="utf-8"))
        if f"`make {target}" in (ROOT / name).read_text(encoding="utf-8")
        or f"\nmake {target}" in (ROOT / name).read_text(encoding="utf-8")
    }
    assert {"demo", "test", "help"} <= named
    assert not named - targets


def test_the_python_in_the_readmes_runs() -> None:
    ran = 0
    for name in ("README.md", "adapters/README.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for kind, body in _BLOCK.findall(text):
            if kind == "python":
                exec(compile(body, name, "exec"), {})
                ran += 1
    assert ran == 2


def test_every_setting_named_in_a_document_exists() -> None:
    options = set(option_names())
    sections = {option.split(".")[0] for option in options if "." in option}
    assert {prefix.rstrip(".") for prefix in PREFIXES} == sections
    wrong = [
        f"{name}: {setting}"
        for name in (*DOCUMENTS, "docs/PRIVACY.md", "docs/THREAT_MODEL.md")
        for setting in re.findall(
            r"`([a-z_]+\.[a-z_.]+)`", (ROOT / name).read_text(encoding="utf-8")
        )
        if setting.startswith(("registers.", "sleutels.", "metriek.", "log."))
        and setting not in options
    ]
    assert not wrong


def test_every_metric_in_the_runbook_exists() -> None:
    text = (ROOT / "docs" / "RUNBOOK.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(corvus_[a-z_]+)`", text))
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "adapters").rglob("*.py")
    )
    assert named
    assert not {metric for metric in named if f'"{metric}"' not in source}


def test_the_walk_in_the_readme_works_line_by_line(tmp_path: Path) -> None:
    [walk] = [body for body in _blocks("sh") if body.startswith("corvus init\n")]
    steps = walk.splitlines()
    assert len(steps) == 7
    # Whatever else runs on this machine: a free port, and a small sandbox.
    told = walk.replace("corvus router &", "corvus router --port 0 >router.log 2>&1 &")
    told = told.replace("corvus init\n", "corvus init --minimal\n")
    command = tmp_path / "bin" / "corvus"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m corvus_adapters "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        ["sh", "-ec", f"trap 'kill $!' EXIT\n{told}"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "GEACCEPTEERD" in done.stdout
    assert "politiemelding from Politie Noord-NL" in done.stdout
    assert "PROVEN: every step holds." in done.stdout
