"""Write map4/library/keywords.pyi anew: the keywords of calls that take options, for editors and type checkers.

    python tools/keywords.py

They come from the records of options (`@takes`); a text is accepted wherever the record converts one.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from map4.core.base.call_options import declared_options  # noqa: E402

FILE = REPOSITORY / "map4" / "library" / "keywords.pyi"


def keywords_text(root: Path = REPOSITORY) -> str:
    """The content of the file."""
    texts = (path.read_text("utf-8") for path in sorted((root / "map4").rglob("*.py")) if "extras" not in path.parts)
    targets = sorted({target for text in texts for target in re.findall(r'@takes\("([\w.]+:\w+)"\)', text)})
    imports = defaultdict(set, {"typing": {"TypedDict"}})
    classes = []
    for target in targets:
        module, name = target.split(":")
        fields = _hints(getattr(import_module(module), name), imports)
        classes.append("\n".join([f"class {keywords_of(name)}(TypedDict, total=False):", *fields]))
    head = '"""Keywords of calls that take options. Written by tools/keywords.py."""'
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(imports.items())]
    own = [line for line in lines if line.startswith("from map4.")]
    others = ["import os", *(line for line in lines if line not in own)]
    return "\n\n".join([head, "\n".join(others), "\n".join(own), *classes]) + "\n"


def keywords_of(record: str) -> str:
    """The name of the keywords of a record: `ScanKeywords` of `ScanOptions`."""
    return f"{record.removesuffix('Options').removesuffix('Request')}Keywords"


def _hints(record: Any, imports: defaultdict[str, set[str]]) -> list[str]:
    """A line for each option of a record; what its type needs is added to the imports."""
    lines = []
    for name, option in declared_options(record).items():
        owner = next(owner for owner in record.__mro__ if name in vars(owner).get("__annotations__", {}))
        hint = owner.__annotations__[name].replace("'", '"')
        if option.reads is not None and not re.search(r"\bstr\b", hint):
            hint = f"str | {hint}"
        sources = _sources(owner.__module__)
        names = {node.id for node in ast.walk(ast.parse(hint)) if isinstance(node, ast.Name)}
        for each in names - vars(builtins).keys() - {"os"}:
            imports[sources.get(each, owner.__module__)].add(each)
        lines.append(f"    {name}: {hint}")
    return lines


def _sources(module: str) -> dict[str, str]:
    """The module that each imported name of a module comes from."""
    tree = ast.parse(inspect.getsource(import_module(module)))
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {alias.asname or alias.name: node.module or "" for node in nodes for alias in node.names}


if __name__ == "__main__":
    FILE.write_text(keywords_text(), encoding="utf-8")
