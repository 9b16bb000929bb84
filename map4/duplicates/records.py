"""Records of copies: groups of files, the copy to keep, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, get_args

from map4.core.base.records import Count, Fraction3, Json, Record
from map4.core.music.track.track import Track

GroupKind = Literal["same_audio", "same_recording", "likely", "versions"]
"""same_audio: the same audio id; same_recording: matched by sound; likely: matched by names or numbers, and sound does
not contradict; versions: remixes, live takes, edits, clean and explicit, which are different recordings."""

GROUP_KINDS: tuple[GroupKind, ...] = get_args(GroupKind)


class Member(Record, members="path=track.path audio_id=track.audio_id size_bytes=track.size_bytes *"):
    """One file of a group.

    track: the file
    quality: 0-100, how good its sound can be: FLAC 16/44 90, WAV 85, 320 kbit/s 75, 128 kbit/s 55
    is_upscaled: whether it was made from a lossy file with fewer bits; None if unknown
    certainty: 0-1, that the kind of the group applies to it and the kept file; 1 for the kept file
    remarks: advantages and disadvantages in plain words: "lossless", "6 cue points", "in 2 lists"
    """

    track: Track
    quality: Annotated[int, Json(minimum=0, maximum=100)]
    is_upscaled: bool | None = None
    certainty: Fraction3 = 1.0
    remarks: tuple[str, ...] = ()


class DuplicateGroup(
    Record, kind="duplicate-group", is_bare=True, members="kind keep why certainty spare_bytes members"
):
    """Files with the same recording, or versions of a song.

    kind: what they have in common
    members: at least two; the copy to keep first, then by quality
    why: why the first is the copy to keep, a sentence for a person
    certainty: 0-1, the lowest of its members
    """

    REMOVABLE: ClassVar[tuple[GroupKind, ...]] = ("same_audio", "same_recording")
    """Kinds whose copies, except the kept file, can be removed; `is:copy` matches these."""

    kind: GroupKind
    members: Annotated[tuple[Member, ...], Json(minItems=2)]
    why: str
    certainty: Fraction3

    @property
    def kept(self) -> Member:
        """The copy to keep."""
        return self.members[0]

    @property
    def keep(self) -> str:
        """The path of the copy to keep, the first member."""
        return self.kept.track.shown_path

    @property
    def copies(self) -> tuple[Member, ...]:
        """All other files."""
        return self.members[1:]

    @property
    def spare_bytes(self) -> Count:
        """Total size of the copies, without the kept file."""
        return sum(copy.track.size_bytes or 0 for copy in self.copies)


class Duplicates(Record, kind="duplicates"):
    """Files with the same recording, the output of 'map4 duplicates --json'."""

    groups: Iterable[DuplicateGroup]
