"""The example in routing/README.md runs and prints what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

README = Path(__file__).parents[3] / "routing" / "README.md"


def test_the_example_prints_what_the_readme_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    example = re.search(
        r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert example is not None
    exec(compile(example[1], str(README), "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "aangehouden"
    assert lines[1].startswith("houdt_aan Wpg art. 18")
