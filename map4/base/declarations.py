"""Finds declarations: map4's own by listing its folders, those of other packages by entry points."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from map4.base.declaration import Declaration, IsWord, QueryField, Right, load
from map4.base.regular_files import read_regular

Row = TypeVar("Row", bound=Any)
ENTRY_POINTS = "map4.extras.v1"
"""Group of entry points; each names the `Declaration` of an installed package."""
_MOST_BYTES = 100_000
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


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


HOOKS = {
    "cover": "(path, store) -> EmbeddedPicture | None: a cover for a file that has none",
    "ask-option": "(lists) -> decorator that adds `--ask` to `map4 search`, or to `map4 playlist`",
    "has-covers": "() -> bool: whether there are any of these covers",
    "written-files": "class of the record of files that map4 wrote (`WrittenFiles`)",
    "genre-words": "(words) -> FileIds: further files whose genre has these words",
    "preferred-sources": "class of the first source of each field (`all` returns `Preferred`)",
    "copies": "class of the copies of a library (`Copies`)",
    "duplicates-command": "() -> AddedToCommand: further options of `map4 duplicates`",
    "mix-command": "() -> AddedToCommand: the words of `map4 mix`, and further options",
    "waiting-command": "() -> AddedToCommand: further options of `map4 import waiting`",
    "own-libraries": "(importer, path, store, earlier) -> Importer: reads what others changed where map4 wrote",
    "chosen-files": "(store) -> (wanted) -> str | None: audio chosen by hand for what an import looks for",
    "unused-files": "() -> size of each file of older versions that nothing reads: `map4 library prune` deletes them",
    "prune-command": "() -> AddedToCommand: options of `map4 library prune`, with None or (session, yes) -> None",
    "warm": "(store) -> None: compute what a large library caches, after a large scan",
    "library-command": "a sub-command of `map4 library`",
    "query-of-keywords": "(keywords) -> str | None: the query that keywords with names of its fields were meant as",
    "store:SCHEME": "class of the store behind an address such as postgresql://…",
    "care:SCHEME": "class of the care (`SqlCare`) of such a store, which copies libraries from and to files",
    "jobs:SCHEME": "class of the jobs (`SqlJobs`) in such a store",
    "histories-changed": "(connection, audio_ids, path) -> None: derive again what counts plays in histories",
    "listener:SETTING": "class, made with the store: adds a listener to the decoder of scans if SETTING is on",
    "after-scan": "(session, library, files, options, as_lines) -> bool: follows `map4 scan`; whether a file failed",
    "analyze-command": "adds options to `map4 analyze`, which gets an `AddedToTracks` or None as `added`",
    "set:NAME": "(library, tracks, text) -> str: `map4 set FILE NAME=TEXT`; returns what it did",
    "two-voices": "(a, b) -> (leave_s, until_s, enter_s, until_s) -> seconds of two voices; None if unknown",
    "cues": "(track) -> DetectedCue: further suggested cue points",
    "track-bands": "(track) -> (name, (start_s, end_s, labels, strength) of its parts) of each band below a waveform",
    "is-media": "(path) -> bool: a page of another host may show or play this address without an Origin header",
    "page-columns": "() -> names of the columns of the page's first rows",
    "place-sounds": "(vectors) -> (places, share of kept neighbours) | None: the map of a report",
    "unfinished": "(report) -> None: complete what a killed command left half done, and report it",
    "executor:NAME": "(scheduler, maps, most) -> lanes: workers of `--executor NAME`",
}
"""Places where the core calls what a subject or an extra declares, with the form of each."""


def hooks(name: str) -> Iterator[Any]:
    """What extras declare for a hook, imported now."""
    return (load(declaration.hooks[name]) for declaration in declarations() if name in declaration.hooks)


def with_declared(names: Sequence[str], declared: Iterable[QueryField | IsWord | Right]) -> tuple[str, ...]:
    """All names in order: each declared name follows the name in its `after`."""
    ordered, left = list(names), list(declared)
    while left:
        following = next((declaration for declaration in left if declaration.after in ordered), left[0])
        left.remove(following)
        after = following.after
        ordered.insert(ordered.index(after) + 1 if after in ordered else len(ordered), following.name)
    return tuple(ordered)


def hook_names(prefix: str) -> list[str]:
    """Names of declared hooks that begin so, without the beginning."""
    names = (name for declaration in declarations() for name in declaration.hooks)
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]


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
                    names = read_regular(os.path.join(entry.path, "entry_points.txt"), most_bytes=_MOST_BYTES)
                    if ENTRY_POINTS.encode() in names:
                        return True
    return False
