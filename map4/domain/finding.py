"""What a check of a track looks for, and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from map4.domain.track import Track, path_fields

Subject = Literal["tempo", "key", "sound", "tags", "file", "analysis"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is looked for.

    Parameters
    ----------
    name : stable, snake_case
    subject : what it is about
    title : heading over the tracks that have it
    advice : what to do about it, in a sentence
    """

    name: str
    subject: Subject
    title: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check that a track did not pass.

    Parameters
    ----------
    check : which
    track : whose
    detail : the numbers behind it, for a person
    command : the command that helps, as text for a shell; the path is quoted
    """

    check: Check
    track: Track
    detail: str
    command: str

    def to_record(self) -> dict[str, Any]:
        """The `map4/finding/1` record."""
        return {
            "schema": "map4/finding/1",
            "check": self.check.name,
            "subject": self.check.subject,
            **path_fields(self.track.path),
            "audio_id": self.track.audio_id,
            "artist": self.track.tags.artist,
            "title": self.track.tags.title,
            "detail": self.detail,
            "command": self.command,
        }
