"""The same recording more than once: groups of files, which one to keep, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from map4.domain.track.track import Track, path_fields

GroupKind = Literal["same_audio", "same_recording", "likely", "versions"]
"""same_audio: the same audio id; same_recording: told by sound; likely: told by names or numbers, where sound does not
speak against it; versions: remixes, live takes, edits, clean and explicit, which are different recordings."""

GROUP_KINDS: tuple[GroupKind, ...] = get_args(GroupKind)
REMOVABLE_KINDS: tuple[GroupKind, ...] = ("same_audio", "same_recording")
"""Kinds of which all but the copy to keep can be spared; `is:copy` finds these."""
DUPLICATES_SCHEMA = "map4/duplicates/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of a group.

    track: the file
    quality: 0-100, how good its sound can be: FLAC 16/44 90, WAV 85, 320 kbit/s 75, 128 kbit/s 55
    is_upscaled: whether it was made from a lossy file with fewer bits; None where that is not known
    certainty: 0-1, that it is what the group says, beside the kept one; 1 for the kept one
    remarks: what speaks for or against it, in plain words: "lossless", "6 cue points", "in 2 lists"
    """

    track: Track
    quality: int
    is_upscaled: bool | None = None
    certainty: float = 1.0
    remarks: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """A member of `map4/duplicates/1`."""
        return {
            **path_fields(self.track.path),
            "audio_id": self.track.audio_id,
            "size_bytes": self.track.size_bytes,
            "quality": self.quality,
            "is_upscaled": self.is_upscaled,
            "certainty": round(self.certainty, 3),
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateGroup:
    """Files that hold the same recording, or versions of one.

    kind: what they have in common
    members: at least two; the one to keep first, then by quality
    why: why the first is the one to keep, a sentence for a person
    certainty: 0-1, the least of its members
    """

    kind: GroupKind
    members: tuple[Member, ...]
    why: str
    certainty: float

    @property
    def kept(self) -> Member:
        """The copy to keep."""
        return self.members[0]

    @property
    def copies(self) -> tuple[Member, ...]:
        """All others."""
        return self.members[1:]

    @property
    def spare_bytes(self) -> int:
        """What the copies weigh."""
        return sum(copy.track.size_bytes or 0 for copy in self.copies)

    def to_record(self) -> dict[str, Any]:
        """A group of `map4/duplicates/1`."""
        return {
            "kind": self.kind,
            "keep": path_fields(self.kept.track.path)["path"],
            "why": self.why,
            "certainty": round(self.certainty, 3),
            "spare_bytes": self.spare_bytes,
            "members": [member.to_record() for member in self.members],
        }
