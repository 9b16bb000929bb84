"""How folders are scanned, and single files analysed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypedDict

from map4.errors import UsageError
from map4.infra.files.walk import AUDIO_EXTENSIONS
from map4.ports.scanning import WalkOptions

MOST_AGE = timedelta(days=36525)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def age_of(text: str) -> timedelta:
    """A span of time up to a century: 90m, 12h, 30d, 2w.

    Raises
    ------
    UsageError
        If it is none.
    """
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([mhdw])", text.strip().lower())
    if not found:
        raise UsageError(f"'{text}' is no span of time; write it as 12h, 30d or 2w")
    age = timedelta(**{_UNITS[found[2]]: float(found[1])})
    if age > MOST_AGE:
        raise UsageError(f"'{text}' is more than a hundred years")
    return age


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """How to scan folders.

    Parameters
    ----------
    jobs : worker processes; None takes a worker for each usable core
    recursive, extensions, exclude : which files of a folder count
    force, retry_failed, max_age : what to analyse again: everything, what failed, what was analysed longer ago
    max_files : end after so many files were worked on
    timeout_s : seconds a file may take; None grows with its size
    dry_run : only say what would be read
    report_unchanged : give events for unchanged files too, also those that failed before
    wait : wait for another scan of this library to end
    keep_roots : remember the folders, and note which of their files are gone
    """

    jobs: int | None = None
    recursive: bool = True
    extensions: Iterable[str] = AUDIO_EXTENSIONS
    exclude: Iterable[str] = ()
    force: bool = False
    retry_failed: bool = False
    max_files: int | None = None
    max_age: timedelta | None = None
    timeout_s: float | None = None
    dry_run: bool = False
    report_unchanged: bool = False
    wait: bool = False
    keep_roots: bool = True

    def of_walk(self) -> WalkOptions:
        """Which files of a folder count."""
        extensions = frozenset(extension.lower().lstrip(".") for extension in self.extensions)
        return WalkOptions(extensions=extensions, exclude=tuple(self.exclude))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings(ScanOptions):
    """Options of a scan as they are carried out.

    Parameters
    ----------
    walk : which files of a folder count
    flat : folders whose sub-folders do not count
    keep_depth : remember with the folders whether their sub-folders counted this time
    store : write the results into the library
    takes_ignored : take files too that scans leave out
    decoder : the decoder port, as `module:callable`
    lanes : so many to work in
    """

    walk: WalkOptions = field(default_factory=WalkOptions)
    flat: frozenset[str] = frozenset()
    keep_depth: bool = True
    store: bool = True
    takes_ignored: bool = False
    decoder: str
    lanes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzeOptions:
    """How to analyse single files.

    Parameters
    ----------
    jobs, force, timeout_s : as for a scan
    store : keep the results in the library
    beats : load beat times of known tracks too
    """

    jobs: int | None = None
    force: bool = False
    store: bool = True
    timeout_s: float | None = None
    beats: bool = False


class ScanKeywords(TypedDict, total=False):
    """`map4.app.scan.options.ScanOptions`."""

    jobs: int | None
    recursive: bool
    extensions: Iterable[str]
    exclude: Iterable[str]
    force: bool
    retry_failed: bool
    max_files: int | None
    max_age: timedelta | None
    timeout_s: float | None
    dry_run: bool
    report_unchanged: bool
    wait: bool
    keep_roots: bool


class AnalyzeKeywords(TypedDict, total=False):
    """`map4.app.scan.options.AnalyzeOptions`."""

    jobs: int | None
    force: bool
    store: bool
    timeout_s: float | None
    beats: bool
