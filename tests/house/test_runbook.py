"""RUNBOOK.md and the code hold each other: each code has an entry, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from corvus_schemas import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = ROOT / "docs" / "RUNBOOK.md"
CORE = ("schemas", "crypto", "routing", "broker", "adapters")

_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)?\Z")
_PARKED = re.compile(r"[a-z]+\.[a-z_]+\Z")
_WARNING = re.compile(r"([a-z]+\.[a-z_]+):\Z")
_ROW = re.compile(r"^\| `([a-z0-9_.]+)` \|", re.MULTILINE)
_TREE = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.CorvusError)
} | {"InhoudError"}


class _Reader(ast.NodeVisitor):
    """Collects the codes of one module, whatever way they reach an error."""

    def __init__(self, path: Path) -> None:
        self.codes: dict[str, str] = {}
        self.unread: list[str] = []
        self._path = path
        self._tree = ast.parse(path.read_text(encoding="utf-8"))
        self._functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []

    def read(self) -> _Reader:
        self.visit(self._tree)
        if self._path.name in {"parkeren.py", "aanhouding.py", "vrijgave.py"}:
            # Parked messages, warnings and ends of holds bear codes that nothing raises.
            for node in self._tree.body:
                if isinstance(node, ast.AnnAssign):
                    self._take(node.value, _PARKED)
        return self

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._functions.append(node)
        self.generic_visit(node)
        self._functions.pop()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._functions.append(node)
        self.generic_visit(node)
        self._functions.pop()

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """See a warning: a code, a colon, and what it is about."""
        first = node.values[0] if node.values else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            match = _WARNING.match(first.value)
            if match:
                self._note(match[1], node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if _makes_error(node):
            self._read_code(node)
        self.generic_visit(node)

    def _read_code(self, node: ast.Call) -> None:
        first = node.args[0] if node.args else None
        match first:
            case ast.Constant(value=str(code)):
                self._note(code, node)
            case ast.Attribute(attr="code"):
                pass  # the code of another error, passed on
            case ast.Name(id=name):
                self._note_all(self._assigned(name), node)
            case ast.JoinedStr(values=[ast.Constant(value=str(head)), *_]):
                self._note_all([head + tail for tail in self._called_with()], node)
            case _ if _callee(node) != "InhoudError":
                self._note_all([], node)

    def _assigned(self, name: str) -> list[str]:
        """Texts that a local name is given in the function at hand."""
        return [
            child.value.value
            for child in ast.walk(self._functions[-1])
            if isinstance(child, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == name for t in child.targets)
            and isinstance(child.value, ast.Constant)
            and isinstance(child.value.value, str)
            and child.value.value
        ]

    def _called_with(self) -> list[str]:
        """First arguments with which this module calls the function at hand."""
        name = self._functions[-1].name
        return [
            child.args[0].value
            for child in ast.walk(self._tree)
            if isinstance(child, ast.Call)
            and _callee(child) == name
            and isinstance(child.args[0], ast.Constant)
            and isinstance(child.args[0].value, str)
        ]

    def _take(self, node: ast.expr | None, shape: re.Pattern[str]) -> None:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and shape.match(node.value)
        ):
            self._note(node.value, node)

    def _note_all(self, codes: list[str], node: ast.Call) -> None:
        if not codes:
            self.unread.append(f"{self._path.name}:{node.lineno}")
        for code in codes:
            self._note(code, node)

    def _note(self, code: str, node: ast.expr) -> None:
        self.codes.setdefault(code, f"{self._path.name}:{node.lineno}")


def _callee(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr="__init__", value=ast.Call(func=ast.Name(id="super"))):
            return "super().__init__"
        case ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _makes_error(node: ast.Call) -> bool:
    callee = _callee(node)
    if callee == "super().__init__":
        # Only an error passes a code up, and a code is the only such text.
        first = node.args[0] if node.args else None
        return isinstance(first, ast.Constant) and isinstance(first.value, str)
    return callee in _TREE


def _modules() -> Iterator[_Reader]:
    for package in CORE:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield _Reader(path).read()


def _raised() -> dict[str, str]:
    found: dict[str, str] = {}
    for module in _modules():
        found = module.codes | found
    return found


def _entries() -> list[str]:
    return _ROW.findall(RUNBOOK.read_text(encoding="utf-8"))


def test_every_code_can_be_read_from_the_source() -> None:
    assert not [place for module in _modules() for place in module.unread]


def test_codes_have_one_form() -> None:
    raised = _raised()
    assert len(raised) > 100
    assert not [code for code in raised if not _CODE.match(code)]


def test_every_code_has_an_entry() -> None:
    missing = {
        code: place for code, place in _raised().items() if code not in set(_entries())
    }
    assert not missing


def test_no_entry_is_orphaned() -> None:
    assert not set(_entries()) - set(_raised())


def test_every_code_has_one_entry_with_meaning_cause_and_action() -> None:
    entries = _entries()
    assert sorted(set(entries)) == sorted(entries)
    for line in RUNBOOK.read_text(encoding="utf-8").splitlines():
        if _ROW.match(line):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 4, line
            assert all(cells), line
