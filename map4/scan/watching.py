"""What a watch hears of changes, from the system or by looking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

WatchMethod = Literal["events", "polling", "absent"]
"""How changes of a folder become known: the system tells; map4 looks every so often; the folder is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How a folder is followed from now on.

    path: the folder
    method: see `WatchMethod`
    every_s: how often it is looked at, in seconds, where it is polled
    reason: why it is polled, where nobody asked for it: the end of a sentence
    """

    path: str
    method: WatchMethod
    every_s: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanges:
    """What may have changed.

    paths: files that may be new, changed or gone, and folders that are gone
    folders: watched folders in which anything may have changed
    followed: watched folders that are followed in another way than before
    """

    paths: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    followed: tuple[Followed, ...] = ()


class ChangeSource(Protocol):
    """Tells of changes in folders; a change too many costs time, one that is left out is found an hour later."""

    def start(self, folders: Mapping[str, bool]) -> tuple[Followed, ...]:
        """Begin to follow folders, each with whether its sub-folders count; what changes from now on is told."""
        ...

    def wait(self, at_most_s: float) -> FileChanges:
        """Wait for changes, and give those since the last call; nothing where the time is over."""
        ...

    def close(self) -> None:
        """End; does nothing where it has ended."""
        ...
