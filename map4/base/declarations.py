"""Finds declarations: map4's own by listing its folders, those of other packages by entry points."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module

from map4.base.declaration import Declaration

ENTRY_POINTS = "map4.extras.v1"
"""Group of entry points; each names the `Declaration` of an installed package."""
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@cache
def built_in() -> tuple[Declaration, ...]:
    """The declarations of map4's own subjects, then of its extras, each by name."""
    return tuple(import_module(f"{package}.declaration").DECLARATION for package in _packages())


@cache
def declarations() -> tuple[Declaration, ...]:
    """The built-in declarations, then those of installed packages."""
    return (*built_in(), *_installed()[0])


def problems() -> tuple[str, ...]:
    """Why installed extras were left out, a sentence each."""
    return _installed()[1]


def _packages() -> Iterator[str]:
    for folder, package in ((_ROOT, "map4"), (os.path.join(_ROOT, "extras"), "map4.extras")):
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name for entry in entries if os.path.exists(os.path.join(entry.path, "declaration.py"))
            )
        yield from (f"{package}.{name}" for name in names if name != "base")


@cache
def _installed() -> tuple[tuple[Declaration, ...], tuple[str, ...]]:
    loaded: list[Declaration] = []
    left_out: list[str] = []
    if _is_any_installed():
        from importlib.metadata import entry_points  # takes longer than all of `map4 --help`

        taken = {command.name for declaration in built_in() for command in declaration.commands}
        for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
            try:
                declaration = entry.load()
                if not isinstance(declaration, Declaration):
                    raise TypeError("it is not a Declaration")
                names = {command.name for command in declaration.commands}
                if names & taken:
                    raise ValueError(f"the command '{min(names & taken)}' already exists")
                if not all(tables.extra for tables in declaration.tables):
                    raise ValueError("its tables name no extra")
            except Exception as error:  # any code of another package
                left_out.append(f"the extra {entry.name} ({entry.value}) can't be loaded: {error}")
            else:
                loaded.append(declaration)
                taken |= names
    return tuple(loaded), tuple(left_out)


def _is_any_installed() -> bool:
    """Whether a package on the path names the group of entry points: a millisecond for 200 packages."""
    for folder in filter(os.path.isdir, sys.path):
        for entry in os.scandir(folder):
            if entry.name.endswith((".dist-info", ".egg-info")):
                with suppress(OSError), open(os.path.join(entry.path, "entry_points.txt"), encoding="utf-8") as file:
                    if ENTRY_POINTS in file.read():
                        return True
    return False
