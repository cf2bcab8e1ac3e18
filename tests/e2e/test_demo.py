"""``corvus demo`` as a newcomer runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("cli")


def _demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "corvus_adapters", "demo", str(folder)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env={**os.environ, "COLUMNS": "160", "NO_COLOR": "1"},
    )


def test_the_demo_shows_and_proves(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    said = _demo(folder)
    assert said.returncode == 0, said.stdout[-2000:] + said.stderr
    lines = said.stdout.splitlines()
    assert lines[-1] == str(folder)
    assert "0 files hold one" in said.stdout
    assert "0 differences" in said.stdout
    assert len(list((folder / "bewijzen").glob("*.json"))) > 20
    assert (folder / "sandbox" / "transport.sqlite").stat().st_size > 100_000


def test_the_demo_does_not_touch_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    said = _demo(tmp_path)
    assert said.returncode == 2
    assert "demo.map" in said.stderr
    assert (tmp_path / "mine.txt").read_text() == "keep"
