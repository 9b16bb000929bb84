"""Finds declarations, map4's own by listing its folders, those of other packages by entry points; and calls hooks."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any, Generic, ParamSpec, TypeVar

import map4
from map4.core.base.declaration import Declaration, Hook, IsWord, QueryField, Right, load
from map4.core.base.regular_files import OnDisk

Row = TypeVar("Row", bound=Any)
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
ENTRY_POINTS = "map4.extras.v1"  # group of entry points; each names the `Declaration` of an installed package
_MOST_BYTES = 100_000
_ROOT = os.path.dirname(os.path.abspath(map4.__file__))


@cache
def built_in() -> tuple[Declaration, ...]:
    """The declarations of map4's own subjects, then of its extras that have their programs, each by name."""
    programs, extras = _folders("map4.formats"), declared_in("map4.extras")
    return (*declared_in("map4"), *(extra for extra in extras if programs.issuperset(extra.programs)))


@cache
def declared_in(package: str) -> tuple[Declaration, ...]:
    """The declarations of the folders of a package, by name."""
    names = sorted(_folders(package) - {"base"})
    return tuple(import_module(f"{package}.{name}.declaration").DECLARATION for name in names)


def _folders(package: str) -> set[str]:
    with os.scandir(os.path.join(_ROOT, *package.split(".")[1:])) as entries:
        return {entry.name for entry in entries if os.path.exists(os.path.join(entry.path, "declaration.py"))}


@cache
def declarations() -> tuple[Declaration, ...]:
    """The built-in declarations, then those of installed packages."""
    return (*built_in(), *_installed()[0])


def in_order(kind: Callable[[Declaration], Iterable[Row]]) -> list[Row]:
    """The rows of a kind in all declarations, by their `order`."""
    return sorted((row for declaration in declarations() for row in kind(declaration)), key=lambda row: row.order)


class DeclaredHook(Hook):
    """A hook with what is declared for it."""

    def targets(self) -> Iterator[Any]:
        """The declared functions or classes, imported now."""
        return (load(declaration.hooks[self]) for declaration in declarations() if self in declaration.hooks)

    def names(self) -> list[str]:
        """The keys for which something is declared."""
        names = (hook.name for declaration in declarations() for hook in declaration.hooks)
        return [name.removeprefix(f"{self.name}:") for name in names if name.startswith(f"{self.name}:")]


class FunctionHook(DeclaredHook, Generic[P, R]):
    """A hook for functions of the same signature."""

    def __init__(self, spec: Callable[P, R], key: str = "") -> None:
        super().__init__(f"{spec.__name__}:{key}" if key else spec.__name__, spec.__doc__)
        self.spec = spec

    def __getitem__(self, key: str) -> FunctionHook[P, R]:
        return FunctionHook(self.spec, key)

    def __call__(self, *args: P.args, **given: P.kwargs) -> Iterator[R]:
        """Call each function when its result is wanted."""
        return (function(*args, **given) for function in self.targets())

    def call_each(self, *args: P.args, **given: P.kwargs) -> None:
        """Call each function now."""
        for function in self.targets():
            function(*args, **given)

    def implementation(self, function: Callable[P, R]) -> Callable[P, R]:
        """Mark a function that is declared for the hook: its signature is checked, and editors lead from hook to it."""
        return function


class ClassHook(DeclaredHook, Generic[T]):
    """A hook that a class is declared for: the core makes the object."""

    def __init__(self, name: str, about: str, key: str = "") -> None:
        super().__init__(f"{name}:{key}" if key else name, about)

    def __getitem__(self, key: str) -> ClassHook[T]:
        return ClassHook(self.name, self.__doc__ or "", key)

    def declared(self) -> type[T] | None:
        """The class; None if no extra declares one."""
        return next(self.targets(), None)

    def required(self) -> type[T]:
        """The class that a subject of the core declares."""
        target: type[T] = next(self.targets())
        return target


def with_declared(names: Sequence[str], declared: Iterable[QueryField | IsWord | Right]) -> tuple[str, ...]:
    """All names in order: each declared name follows the name in its `after`."""
    ordered, left = list(names), list(declared)
    while left:
        following = next((declaration for declaration in left if declaration.after in ordered), left[0])
        left.remove(following)
        after = following.after
        ordered.insert(ordered.index(after) + 1 if after in ordered else len(ordered), following.name)
    return tuple(ordered)


def problems() -> tuple[str, ...]:
    """Why installed extras were left out, a sentence each."""
    return _installed()[1]


@cache
def _installed() -> tuple[tuple[Declaration, ...], tuple[str, ...]]:
    loaded: list[Declaration] = []
    left_out: list[str] = []
    if _is_any_installed():
        from importlib.metadata import entry_points  # takes longer than all of `map4 --help`

        taken = {name for declaration in built_in() for name in _names(declaration)}
        for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
            try:
                declaration = entry.load()
                if not isinstance(declaration, Declaration):
                    raise TypeError("it is not a Declaration")
                names = _names(declaration)
                if names & taken:
                    raise ValueError(f"{min(names & taken)} already exists")
                if not all(tables.extra for tables in declaration.tables):
                    raise ValueError("its tables name no extra")
            except Exception as error:  # any code of another package
                left_out.append(f"the extra {entry.name} ({entry.value}) can't be loaded: {error}")
            else:
                loaded.append(declaration)
                taken |= names
    return tuple(loaded), tuple(left_out)


def _names(declaration: Declaration) -> set[str]:
    """What no other declaration may name, too."""
    kinds: dict[str, tuple[Any, ...]] = {
        "command": declaration.commands,
        "topic": declaration.topics,
        "setting": declaration.settings,
        "query field": declaration.query_fields,
        "word of is:": declaration.is_words,
        "block of tracks": declaration.track_blocks,
        "scope": declaration.rights,
    }
    aliases = {f"the command '{alias}'" for command in declaration.commands for alias in command.aliases}
    return aliases | {f"the {kind} '{declared.name}'" for kind, some in kinds.items() for declared in some}


def _is_any_installed() -> bool:
    """Whether a package on the path names the group of entry points: a millisecond for 200 packages."""
    for folder in filter(os.path.isdir, sys.path):
        for entry in os.scandir(folder):
            if entry.name.endswith((".dist-info", ".egg-info")):
                with suppress(OSError):
                    names = OnDisk(os.path.join(entry.path, "entry_points.txt")).read(most_bytes=_MOST_BYTES)
                    if ENTRY_POINTS.encode() in names:
                        return True
    return False


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
