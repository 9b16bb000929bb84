"""What a check of a track looks for, and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from map4.domain.track.track import Track, path_fields

Subject = Literal["tempo", "grid", "key", "sound", "tags", "file", "analysis"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is looked for.

    name: stable, snake_case
    subject: what it is about
    title: heading over the tracks that have it
    advice: what to do about it, in a sentence
    """

    name: str
    subject: Subject
    title: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing that can be done: in words ("keep 116.0"), and as a command for a shell."""

    label: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check that a track did not pass.

    check: which
    track: whose
    detail: the numbers behind it, for a person
    command: the one command that helps and harms nothing, as text for a shell with the path quoted; None where there
        is none, or where a person has to choose
    choices: what there is to choose from where only a person can decide; empty else
    """

    check: Check
    track: Track
    detail: str
    command: str | None = None
    choices: tuple[Choice, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """The `map4/finding/1` record."""
        return {
            "schema": "map4/finding/1",
            "check": self.check.name,
            "subject": self.check.subject,
            **path_fields(self.track.path),
            "audio_id": self.track.audio_id,
            "artist": self.track.artist(),
            "title": self.track.title(),
            "detail": self.detail,
            "command": self.command,
            "choices": [{"label": choice.label, "command": choice.command} for choice in self.choices],
        }
