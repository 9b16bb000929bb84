"""How many names cross files and rooms of map4, and their ceilings: `[tool.map4.waist]` in pyproject.toml.

usage: waist.py [ROOT]     print the counts of a checkout

A room is a folder of `map4/`; an extra and folders of `map4/core` and `map4/formats` are rooms of their own. A crossing
name is one that a file imports from another, or reads as an attribute of an imported module: the form of an import
moves no count.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path


def modules_of(root: Path) -> dict[str, Path]:
    """The files of the package, by module."""
    names = {path: [*path.relative_to(root).with_suffix("").parts] for path in (root / "map4").rglob("*.py")}
    return {".".join(parts[:-1] if parts[-1] == "__init__" else parts): path for path, parts in names.items()}


def room_of(module: str) -> str:
    """The room of a module: `lists`, `core.music`, `extras.unmix`."""
    package, *parts = module.split(".")
    depth = 2 if parts[:1] in (["core"], ["extras"], ["formats"]) and len(parts) > 2 else 1
    return ".".join(parts[:depth]) or package


def names_read(tree: ast.Module, modules: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Module and name of each import from the package, and of each attribute of an imported module."""
    known: dict[str, str] = {}
    attributes = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "map4":
            for alias in node.names:
                if (whole := f"{node.module}.{alias.name}") in modules:
                    known[alias.asname or alias.name] = whole
                elif node.module in modules:
                    yield node.module, alias.name
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            attributes.add((node.value.id, node.attr))
    yield from ((known[of], name) for of, name in attributes if of in known)


def measured(root: Path) -> dict[str, int]:
    """Each count by its name in `[tool.map4.waist]`."""
    modules, lines, imported = modules_of(root), 0, 0
    importers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for module, path in modules.items():
        text = path.read_text(encoding="utf-8")
        lines += text.count("\n")
        for name in names_read(ast.parse(text), modules):
            importers[name].add(module)
            imported += 1
    users: dict[str, set[str]] = defaultdict(set)
    for (module, _), by in importers.items():
        users[module] |= by
    offered = [name for name, by in importers.items() if {*map(room_of, by)} != {room_of(name[0])}]
    alone = [of for of, by in users.items() if len(by) == 1 and {*map(room_of, by)} == {room_of(of)}]
    return {
        "crossing_names": len(importers),
        "crossing_names_of_one_file": sum(len(by) == 1 for by in importers.values()),
        "names_offered_to_rooms": len(offered),
        "modules_of_one_user": len(alone),
        "imported_names_per_10_000_lines": 10_000 * imported // lines,
    }


def excess(root: Path) -> dict[str, int]:
    """What exceeds `[tool.map4.waist]`, by how much."""
    most = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["map4"]["waist"]
    return {name: count - most[name] for name, count in measured(root).items() if count > most[name]}


if __name__ == "__main__":
    print("; ".join(f"{name} {count:,}" for name, count in measured(Path(*sys.argv[1:])).items()))
