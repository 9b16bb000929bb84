"""How a watch learns of changes: from the system, or by polling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

WatchMethod = Literal["events", "polling", "absent"]
"""How a folder is followed: by system events, by polling, or not at all because it is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How a folder is followed from now on.

    path: the folder
    method: see `WatchMethod`
    every_s: polling interval in seconds, if it is polled
    reason: why it is polled although polling was not requested: the end of a sentence
    """

    path: str
    method: WatchMethod
    every_s: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanges:
    """Possible changes.

    paths: files that may be new, changed or gone, and folders that are gone
    folders: watched folders in which anything may have changed
    followed: watched folders that are now followed in another way
    """

    paths: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    followed: tuple[Followed, ...] = ()


class ChangeSource(Protocol):
    """Reports changes in folders; a false report costs time, a missed change is noticed an hour later."""

    def start(self, folders: Mapping[str, bool]) -> tuple[Followed, ...]:
        """Start following folders (folder -> whether its sub-folders count); all later changes are reported."""
        ...

    def wait(self, at_most_s: float) -> FileChanges:
        """Wait for changes and return those since the last call; empty on timeout."""
        ...

    def close(self) -> None:
        """End; does nothing if it has ended."""
        ...
