"""Names of a file, for matching."""

from __future__ import annotations

from dataclasses import dataclass


# Slots without frozen: 100,000 of these are made at once, and a frozen __init__ costs three times more.
@dataclass(slots=True)
class KnownName:
    """What a file of the library is called: by its path and by its tags."""

    path: str
    audio_id: str | None = None
    size_bytes: int | None = None
    artist: str | None = None
    title: str | None = None
    duration_s: float | None = None
    is_missing: bool = False
    own_name: tuple[str | None, str] | None = None
    """Artist and title where the user set one of them; lists may name it by these or by its tags."""
    album: str | None = None
