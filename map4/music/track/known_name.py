"""The names of a file, for matching."""

from __future__ import annotations

from dataclasses import dataclass


# Slots without frozen: 100,000 are created at once, and a frozen __init__ is three times as expensive.
@dataclass(slots=True)
class KnownName:
    """The names of a file in the library, from its path and its tags."""

    path: str
    audio_id: str | None = None
    size_bytes: int | None = None
    artist: str | None = None
    title: str | None = None
    duration_s: float | None = None
    is_missing: bool = False
    own_name: tuple[str | None, str] | None = None
    """Artist and title if the user set either; lists may use these or the tags."""
    album: str | None = None
