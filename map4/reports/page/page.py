"""The page's script: its modules as one, since a page that is one file has no other to import from."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

MODULES = ("data", "query", "table", "sorting", "player", "tooltip", "map", "figures", "explorer", "report")
"""Each may import from those before it."""

_IMPORT = re.compile(r'^import \{[^}\n]*\} from "\./([a-z]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|function|class) )", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


@cache
def modules() -> tuple[str, ...]:
    """The modules as they stand in one script, one behind the other; nothing in them ends the element it stands in."""
    return tuple(joined_module(name, text(f"{name}.js")) for name in MODULES)


@cache
def text(name: str) -> str:
    """A file of the page."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def joined_module(name: str, source: str) -> str:
    """A module as it stands behind those that it imports from: without its `import` and `export`.

    Raises
    ------
    ValueError
        If it imports from a module behind it, or otherwise than `import { a, b } from "./name.js";`.
    """
    before = MODULES[: MODULES.index(name)]
    for imported in _IMPORT.findall(source):
        if imported not in before:
            raise ValueError(f"{name}.js imports from {imported}.js, which does not stand before it")
    joined = _EXPORT.sub("", _IMPORT.sub("", source))
    if found := _LEFT.search(joined):
        raise ValueError(f"{name}.js: can't join '{found[0]}'")
    return joined
