"""Lines of map4 in five totals with a ceiling each, and what goes with them: `[tool.map4.size]` in pyproject.toml.

usage: totals.py [ROOT]     print the totals of a checkout
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import uses

PROGRAMS = frozenset(
    {"apple", "engine", "listens", "mixxx", "navidrome", "rekordbox", "serato", "traktor", "virtualdj", "workbook"}
)
"""Folders of `map4/formats` that can be deleted as an extra can."""
GENERATED = {"__pycache__", "vendor", "node_modules", "keywords.pyi"}
ODD_NAME = re.compile(
    r"_(told|said|says|asked|asks|heard|anew|stays|stands|alone|whoever|nobody|of_two|as_such|one_and)(_|$)"
    r"|^test_(what|that|no|nor|of|each|so)_"
)
LONGEST_FUNCTION = 60
"""Lines from `def` to the end, without the docstring, which for a command is its help; longer functions count."""


def total_of(path: PurePosixPath) -> str | None:
    """The total in which the lines of a file count; `beside` has what would hide lines moved out of the others."""
    folder, *rest = path.parts
    if GENERATED & set(rest) or not rest:
        return None
    if folder == "map4":
        if path.suffix in (".js", ".ts"):
            return "page"
        if path.suffix == ".py":
            is_program = rest[0] == "formats" and len(rest) > 1 and rest[1] in PROGRAMS
            return "extras" if rest[0] == "extras" or is_program else "core"
        return "beside" if path.suffix == ".pyi" else None
    if path.suffix != ".py":
        return None
    return {"tests": "tests", "lab": "lab", "examples": "beside", "tools": "beside"}.get(folder)


def _files(root: Path) -> Iterator[tuple[str, str]]:
    """Total and text of each file that counts."""
    for folder in ("map4", "tests", "lab", "examples", "tools"):
        for path in sorted((root / folder).rglob("*.*")):
            relative = path.relative_to(root)
            if (total := total_of(PurePosixPath(relative.as_posix()))) and path.is_file():
                yield total, path.read_text(encoding="utf-8", errors="replace")


def measured(root: Path) -> Counter[str]:
    """Lines by total; imports inside functions; long functions; names that extras import from the core; riddles among
    test names."""
    count = Counter(names_of_core_in_extras=sum(map(len, uses.door(root).values())))
    for total, text in _files(root):
        count[total] += text.count("\n")
        if total in ("core", "extras"):
            count["code"] += text.count("\n")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    count["late_imports"] += sum(isinstance(line, (ast.Import, ast.ImportFrom)) for line in node.body)
                    count["long_functions"] += _length(node) > LONGEST_FUNCTION
        elif total == "tests":
            count["odd_test_names"] += sum(bool(ODD_NAME.search(name)) for name in re.findall(r"def (test_\w+)", text))
    return count


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = ast.get_docstring(function, clean=False)
    lines = (function.end_lineno or 0) - function.lineno + 1
    return lines if docstring is None else lines - docstring.count("\n") - 1


def excess(root: Path, count: Counter[str]) -> dict[str, int]:
    """What exceeds `[tool.map4.size]`, by how much."""
    size = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["map4"]["size"]
    return {name: count[name] - most for name, most in size.items() if count[name] > most}


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    count = measured(root)
    print("; ".join(f"{name} {number:,}" for name, number in count.items()))
    over = excess(root, count)
    for name, number in over.items():
        print(f"{name}: {number} above [tool.map4.size] in pyproject.toml", file=sys.stderr)
    return bool(over)


if __name__ == "__main__":
    sys.exit(main())
