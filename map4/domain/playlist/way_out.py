"""A way out of the weak steps of a list: other options with which it was made, and kept all limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from map4.domain.records import Ordinal, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut(Record, members="options arguments tracks"):
    """Options that were tried in place of those a list was made with, and with which all limits are kept.

    options: as the call takes them
    arguments: as the command line takes them, after those that were given
    tracks: how many the list has then
    """

    options: Mapping[str, Any]
    arguments: str
    tracks: Ordinal

    @property
    def text(self) -> str:
        """For people: `3 tracks keep all limits: -n 3`."""
        return f"{self.tracks} tracks keep all limits: {self.arguments}"
