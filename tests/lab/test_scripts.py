"""Every script finds what it imports, without running it: training needs programs that are not installed here."""

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.world

REPOSITORY = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("lab/measure", "lab/music", "lab/training", "examples")
SCRIPTS = {path.stem: path for folder in FOLDERS for path in sorted((REPOSITORY / folder).glob("*.py"))}


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of what is imported from, at the top and in functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


@cache
def defined(path: Path) -> set[str]:
    """The names that a script has at its top level, those that it imports among them."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for part in ast.walk(node) if isinstance(node, ast.Assign | ast.AnnAssign) else [node]:
            if isinstance(part, ast.Name):
                found.add(part.id)
            elif isinstance(part, ast.FunctionDef | ast.ClassDef):
                found.add(part.name)
            elif isinstance(part, ast.Import | ast.ImportFrom):
                found |= {alias.asname or alias.name for alias in part.names}
    return found


def is_there(module: str, name: str) -> bool:
    if module in SCRIPTS:
        return name in defined(SCRIPTS[module])
    return hasattr(importlib.import_module(module), name) or bool(importlib.util.find_spec(f"{module}.{name}"))


def test_imports_of_scripts_exist() -> None:
    used = {
        module for path in SCRIPTS.values() for module in imports(path) if module[0].split(".")[0] in {"map4", *SCRIPTS}
    }
    assert [module for module in used if not is_there(*module)] == []
