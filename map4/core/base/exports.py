"""Public names of a package or module, imported when first used (PEP 562).

lazy_loader takes no stub with names of other packages, and parses each when it is imported: 7 % more for `map4 --help`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

_IMPORT = re.compile(r"^from (\S+) import (\([^)]*\)|.+)$", re.MULTILINE)
_NAME = re.compile(r"(\w+) as \w+")


def exports(package: str) -> Callable[[str], Any]:
    """The `__getattr__` of a package or module: imports each name from the module that its stub (`.pyi`) lists."""

    def attribute(name: str) -> Any:
        if name == "__all__":
            return sorted(_listed(package))
        module = _listed(package).get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)
        home = import_module(module)
        return getattr(home, name) if hasattr(home, name) else import_module(f"{module}.{name}")

    return attribute


@cache
def _listed(package: str) -> dict[str, str]:
    module: Any = sys.modules[package]
    stub = module.__loader__.get_data(f"{module.__file__}i").decode()
    return {name: module for module, names in _IMPORT.findall(stub) for name in _NAME.findall(names)}
