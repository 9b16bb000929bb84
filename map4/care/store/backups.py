"""Dated backups of a library in a folder; the newest are kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from map4.base.records import Count, Record
from map4.errors import UsageError

USUAL_KEPT = 7
_DATED = re.compile(r"map4-\d{4}-\d\d-\d\d\.map4")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupOptions:
    """Where dated backups go.

    folder: path on the machine of the library
    keep: number of backups to keep, one per day
    """

    folder: str
    keep: int = USUAL_KEPT

    def __post_init__(self) -> None:
        if self.keep < 1:
            raise UsageError("'keep' must be at least 1")

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self | None:
        """The options of the settings; None if no folder is set."""
        folder = config.get("backup.folder")
        return None if folder is None else cls(folder=folder, keep=config["backup.keep"])


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade(Record, kind="backup", members="path bytes=size_bytes dropped"):
    """A backup that was made ('map4 library backup --json').

    dropped: names of older backups that were deleted
    """

    path: str
    size_bytes: Count
    dropped: tuple[str, ...] = ()


def dated_backup(day: date) -> str:
    """The name of a day's backup."""
    return f"map4-{day:%Y-%m-%d}.map4"


def superseded(names: Iterable[str], newest: str, keep: int) -> list[str]:
    """Names of the dated backups in a folder to delete, oldest first; never the backup just made.

    Backups are ordered by name: after a clock was set back, only those with an earlier date are deleted.
    """
    others = sorted(name for name in names if _DATED.fullmatch(name) and name != newest)
    return others[: max(0, len(others) - (keep - 1))]
