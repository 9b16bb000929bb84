"""Public names of a package, imported when first used (PEP 562)."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

_IMPORT = re.compile(r"^from (\S+) import (\([^)]*\)|.+)$", re.MULTILINE)
_NAME = re.compile(r"(\w+) as \w+")


def exports(package: str) -> Callable[[str], Any]:
    """The `__getattr__` of a package: imports each name from the module that its `__init__.pyi` lists.

    raises AttributeError: for a name that is not listed
    """

    def attribute(name: str) -> Any:
        module = _listed(package).get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)
        return getattr(import_module(module), name)

    return attribute


@cache
def _listed(package: str) -> dict[str, str]:
    module: Any = sys.modules[package]
    stub = module.__loader__.get_data(os.path.join(module.__path__[0], "__init__.pyi")).decode()
    return {name: module for module, names in _IMPORT.findall(stub) for name in _NAME.findall(names)}
