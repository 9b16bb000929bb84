"""Play a planned set as blocks of samples, in constant memory."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from map4.core.audio.decoder import Decoder
from map4.core.audio.mixdown.mixdown import CrossFade
from map4.core.audio.mixdown.stretch import Stereo
from map4.core.base.text import clock
from map4.errors import FileError
from map4.extras.list_mixes.records import ListMix, PlannedStep, SetJoint, SetTrack
from map4.extras.list_mixes.sources import RATE_HZ, TrackVoice

UNPLANNED_FADE_S = 6.0  # fade around an unreadable track
_LEAST_GAP_S = 1.0  # files that end earlier than this before their planned end are reported


class TakeOver(NamedTuple):
    """A track that plays, with the moment at which it takes over: in the middle of its overlap."""

    at_s: float
    track: SetTrack


class _Open(NamedTuple):
    """A track whose file is open, and whether it is the next of the plan: no track between is unreadable."""

    track: SetTrack
    joint: SetJoint | None
    voice: TrackVoice
    is_next: bool


@dataclass(slots=True)
class SetPlayer:
    """Plays a planned set once.

    planned: the tracks in order; each is taken shortly before it plays
    lasts_s, fade_out_s: length of the set, and of the fade at its end
    played: the tracks so far; after a gap earlier than planned
    gaps: what could not be played as planned, a sentence each
    frames: yielded so far
    """

    planned: Iterable[PlannedStep]
    open_audio: Decoder
    lasts_s: float
    fade_out_s: float
    played: list[TakeOver] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    frames: int = 0

    @classmethod
    def of(cls, planned: ListMix, open_audio: Decoder) -> SetPlayer:
        """A player of a whole set."""
        return cls(
            planned=planned.steps(), open_audio=open_audio, lasts_s=planned.lasts_s, fade_out_s=planned.fade_out_s
        )

    def blocks(self) -> Iterator[Stereo]:
        """Yield the samples, shape=(2, n), at `RATE_HZ`; n is up to ten seconds, or a whole overlap."""
        end = round(self.lasts_s * RATE_HZ)
        fade = round(self.fade_out_s * RATE_HZ)
        for block, lost in self._blocks():
            left = end - lost - self.frames
            block = block[:, :left]
            if fade and left - block.shape[1] < fade:
                after = np.arange(left, left - block.shape[1], -1, dtype=np.float32)
                block = block * np.clip(after / fade, 0.0, 1.0)
            self.frames += block.shape[1]
            yield block

    def _blocks(self) -> Iterator[tuple[Stereo, int]]:
        """Yield blocks, each with the number of planned frames that were lost before it."""
        steps = iter(self.planned)
        now = self._open(steps)
        if now is None:
            return
        lost = planned = round(now.track.start_s * RATE_HZ)  # the frame of the plan that plays next
        self.played.append(TakeOver(0.0, now.track))
        following: _Open | None = None
        try:
            while True:
                until = round((now.track.end_s if now.joint is None else now.joint.at_s) * RATE_HZ)
                planned = yield from _solo(now.voice, planned, until, lost)
                following = None if now.joint is None else self._open(steps)
                if following is None:
                    until = round(now.track.end_s * RATE_HZ)
                    planned = yield from _solo(now.voice, planned, until, lost)
                lost += max(0, until - planned)
                self._note_end(now.track, until - planned)
                if following is None or now.joint is None:
                    return
                joint = now.joint if following.is_next else _past_unreadable(now.joint, following.track)
                count = round((joint.at_s + joint.lasts_s) * RATE_HZ) - until
                swap_s = None if joint.swap_at_s is None else joint.swap_at_s - joint.at_s
                takes_over_s = (until - lost) / RATE_HZ + (swap_s or joint.lasts_s / 2)
                self.played.append(TakeOver(takes_over_s, following.track))
                if count:  # a segue has no overlap
                    fade = CrossFade(begin_s=0.0, lasts_s=joint.lasts_s, swap_s=swap_s, rate_hz=RATE_HZ)
                    yield fade.mixed(now.voice.read(count), following.voice.read(count)), lost
                begin = round(following.track.start_s * RATE_HZ)
                lost, planned = lost + begin - until, begin + count
                now.voice.close()
                now, following = following, None
        finally:
            now.voice.close()
            if following is not None:
                following.voice.close()

    def _note_end(self, track: SetTrack, missing: int) -> None:
        if missing > _LEAST_GAP_S * RATE_HZ:
            self.gaps.append(f"{track.name} ended {clock(missing / RATE_HZ)} early: its file is damaged or cut off")

    def _open(self, steps: Iterator[PlannedStep]) -> _Open | None:
        """The next track that can be read."""
        is_next = True
        for track, joint in steps:
            try:
                return _Open(track, joint, TrackVoice(track, self.open_audio), is_next)
            except FileError as error:
                self.gaps.append(f"{track.name} was skipped: it {error.message}")
            is_next = False
        return None


def _solo(voice: TrackVoice, planned: int, until: int, lost: int) -> Generator[tuple[Stereo, int], None, int]:
    """Yield a track between two overlaps, up to a planned frame; returns the frame at which its file ended."""
    while planned < until and (block := voice.next(until - planned)).shape[1]:
        planned += block.shape[1]
        yield block, lost
    return planned


def _past_unreadable(joint: SetJoint, following: SetTrack) -> SetJoint:
    """A fade that replaces a planned joint if tracks after it are unreadable."""
    lasts_s = min(UNPLANNED_FADE_S, following.lasts_s / 2)
    return SetJoint(of=joint.of, kind="fade", at_s=joint.at_s, lasts_s=lasts_s, why="a track is unreadable")
