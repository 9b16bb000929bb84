"""Play a planned set as blocks of samples, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from map4.audio.decoding import Decoder
from map4.audio.mixdown.excerpt import Stereo
from map4.audio.mixdown.mixdown import cross_faded
from map4.base.text import clock
from map4.errors import FileError
from map4.extras.mixed.records import MixedSet, SetJoint, SetTrack
from map4.extras.mixed.sources import RATE_HZ, TrackVoice

UNPLANNED_FADE_S = 6.0
"""Fade around an unreadable track."""
_LEAST_GAP_S = 1.0
"""Files that end earlier than this before their planned end are reported."""


@dataclass(slots=True)
class SetPlayer:
    """Plays a planned set once.

    starts_s: when each track that played so far began, by position; later than planned never, earlier after a gap
    gaps: what could not be played as planned, a sentence each
    frames: yielded so far
    """

    made: MixedSet
    open_audio: Decoder
    starts_s: dict[int, float] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    frames: int = 0

    def blocks(self) -> Iterator[Stereo]:
        """Yield the samples, shape=(2, n), at `RATE_HZ`; n is up to ten seconds, or a whole overlap."""
        end = round(self.made.lasts_s * RATE_HZ)
        fade = round(self.made.fade_out_s * RATE_HZ)
        for block, lost in self._played():
            left = end - lost - self.frames
            block = block[:, :left]
            if fade and left - block.shape[1] < fade:
                after = np.arange(left, left - block.shape[1], -1, dtype=np.float32)
                block = block * np.clip(after / fade, 0.0, 1.0)
            self.frames += block.shape[1]
            yield block

    def _played(self) -> Iterator[tuple[Stereo, int]]:
        """Yield blocks, each with the number of planned frames that were lost before it."""
        tracks = self.made.tracks
        place, voice = self._first(0)
        if voice is None:
            return
        lost = planned = round(tracks[place].start_s * RATE_HZ)  # the frame of the plan that plays next
        self.starts_s[tracks[place].position] = 0.0
        other: TrackVoice | None = None
        try:
            while True:
                following, other = self._first(place + 1)
                joint = None if other is None else self._joint(place, following)
                until = round((tracks[place].end_s if joint is None else joint.at_s) * RATE_HZ)
                while planned < until and (block := voice.next(until - planned)).shape[1]:
                    planned += block.shape[1]
                    yield block, lost
                lost += max(0, until - planned)
                self._note_end(tracks[place], until - planned)
                if joint is None or other is None:
                    return
                self.starts_s[tracks[following].position] = (until - lost) / RATE_HZ
                count = round((joint.at_s + joint.lasts_s) * RATE_HZ) - until
                swap_s = None if joint.swap_at_s is None else joint.swap_at_s - joint.at_s
                mixed = cross_faded(
                    voice.read(count), other.read(count), begin_s=0.0, lasts_s=joint.lasts_s, swap_s=swap_s,
                    rate_hz=RATE_HZ,
                )  # fmt: skip
                yield mixed, lost
                begin = round(tracks[following].start_s * RATE_HZ)
                lost, planned = lost + begin - until, begin + count
                voice.close()
                place, voice, other = following, other, None
        finally:
            voice.close()
            if other is not None:
                other.close()

    def _joint(self, place: int, following: int) -> SetJoint:
        """The planned joint of two tracks; a fade if tracks between them are unreadable."""
        joint = self.made.joints[place]
        if following == place + 1:
            return joint
        lasts_s = min(UNPLANNED_FADE_S, self.made.tracks[following].lasts_s / 2)
        return SetJoint(of=joint.of, kind="fade", at_s=joint.at_s, lasts_s=lasts_s, why="a track is unreadable")

    def _note_end(self, track: SetTrack, missing: int) -> None:
        if missing > _LEAST_GAP_S * RATE_HZ:
            self.gaps.append(f"{track.name} ended {clock(missing / RATE_HZ)} early: its file is damaged or cut off")

    def _first(self, place: int) -> tuple[int, TrackVoice | None]:
        """The first track from a place on that can be read."""
        for index in range(place, len(self.made.tracks)):
            track = self.made.tracks[index]
            try:
                return index, TrackVoice(track, self.open_audio)
            except FileError as error:
                self.gaps.append(f"{track.name} was skipped: it {error.message}")
        return len(self.made.tracks), None
