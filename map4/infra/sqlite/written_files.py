"""The files that map4 wrote, so that one changed since is known as the user's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from map4.domain.track import path_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A file that map4 wrote: a list, an export, or a report of a check.

    Parameters
    ----------
    path : absolute, links followed
    format : its name
    written_at : UTC, ISO 8601
    """

    path: str
    format: str
    tracks: int
    size_bytes: int
    written_at: str

    def to_record(self) -> dict[str, Any]:
        """One of the `exports` of a history: JSON values only."""
        return {
            **path_fields(self.path),
            "format": self.format,
            "tracks": self.tracks,
            "size_bytes": self.size_bytes,
            "written_at": self.written_at,
        }
