"""Render a planned mix to listen to: some bars of A, the mix, some bars of B."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from map4.core.audio.decoder import Decoder
from map4.core.audio.mixdown.mixdown import CrossFade, mix_down, wav_bytes
from map4.core.audio.mixdown.stretch import Stereo, TimeStretch, read_excerpt
from map4.core.base.paths import absolute_path, display_path
from map4.core.base.records import Count, Json, Record, Seconds
from map4.core.music.mixing.mix_plan import MixPlan
from map4.core.music.track.track import Track
from map4.core.store.output import OutputFiles
from map4.errors import FileError, Map4Error
from map4.transitions.planning.plan import MixPair
from map4.transitions.planning.side import MixSide

RENDER_RATE_HZ = 44_100
RENDERED_BARS = 16
"""Bars rendered before and after the mix, limited to `MOST_SOLO_S` each."""
MOST_SOLO_S = 60.0
MOST_GAIN_DB = 6.0
"""Maximum change of B's level to match A's."""
_BEATS_A_BAR = 4
_ROUNDING_S = 1e-6


class RenderedMix(Record):
    """A rendered transition.

    path: absolute
    lasts_s: length
    mix_at_s: start of the second track
    keeps_pitch: false if the pitch of the second track changes with its speed
    size_bytes: None if written to a pipe
    """

    path: str
    lasts_s: Annotated[float, Json(3, exclusiveMinimum=0)]
    mix_at_s: Seconds
    keeps_pitch: bool
    size_bytes: Count | None


class MixRendering:
    """One transition being written to a file. Times are those of A, from the first rendered bar of A."""

    def __init__(self, plan: MixPlan, pair: MixPair, *, open_audio: Decoder) -> None:
        self._plan = plan
        self._sides = a, b = pair.a, pair.b
        self._open_audio = open_audio
        solo_s = min(MOST_SOLO_S, RENDERED_BARS * (a.metre or _BEATS_A_BAR) * 60.0 / plan.bpm)
        self._before_s = min(solo_s, plan.leave.at_s)
        self._end_of_mix_s = self._before_s + plan.lasts_s
        self._lasts_s = self._end_of_mix_s + min(solo_s, max(0.0, b.end_s - plan.enter.until_s) / plan.speed)

    def write(self, target: str, output: OutputFiles, *, with_clicks: bool) -> RenderedMix:
        """Render to a WAV file, which is replaced atomically like all output."""
        plan = self._plan
        start_s = self._plan.leave.at_s - self._before_s
        sound = self._read(self._sides[0], start_s, self._plan.leave.until_s)
        swap_s = self._before_s + plan.bass_swap_at_s - plan.leave.at_s
        fade = CrossFade(begin_s=self._before_s, lasts_s=plan.lasts_s, swap_s=swap_s, rate_hz=RENDER_RATE_HZ)
        clicks = [*self._clicks()] if with_clicks else ()
        mixed = mix_down(self._place_samples(sound, 0), self._render_b(), fade, clicks=clicks)
        keeps_pitch = TimeStretch.can_keep_pitch() or abs(plan.speed - 1.0) <= TimeStretch.SAME_SPEED
        return _written(mixed, target, output, mix_at_s=self._before_s, keeps_pitch=keeps_pitch)

    def _render_b(self) -> Stereo:
        plan, side = self._plan, self._sides[1]
        plays_s = (self._lasts_s - self._before_s) * plan.speed
        sound = self._read(
            side, plan.enter.at_s - TimeStretch.SETTLES_S, plan.enter.at_s + plays_s + TimeStretch.SETTLES_S
        )
        played = TimeStretch.at_speed(sound, plan.speed, rate_hz=RENDER_RATE_HZ)
        return self._place_samples(
            played[:, round(TimeStretch.SETTLES_S / plan.speed * RENDER_RATE_HZ) :] * self._gain(), self._before_s
        )

    def _read(self, side: MixSide, start_s: float, end_s: float) -> Stereo:
        return _excerpt(side.track, start_s, end_s, self._open_audio)

    def _place_samples(self, samples: Stereo, begin_s: float) -> Stereo:
        """Put samples at their place in the whole."""
        begin, count = round(begin_s * RENDER_RATE_HZ), round(self._lasts_s * RENDER_RATE_HZ)
        whole = np.zeros((2, count), dtype=np.float32)
        part = samples[:, : count - begin]
        whole[:, begin : begin + part.shape[1]] = part
        return whole

    def _gain(self) -> np.float32:
        """The gain that makes B as loud as A."""
        levels = [side.analysis.loudness.integrated_lufs for side in self._sides]
        if levels[0] is None or levels[1] is None:
            return np.float32(1.0)
        return np.float32(10.0 ** (min(MOST_GAIN_DB, max(-MOST_GAIN_DB, levels[0] - levels[1])) / 20.0))

    def _clicks(self) -> Iterator[tuple[float, bool]]:
        """Beats of A to the end of the mix, and of B from its start: two clicks are heard if they differ."""
        plan, (a, b) = self._plan, self._sides
        for side, place, speed, from_s, until_s in (
            (a, plan.leave, 1.0, 0.0, self._end_of_mix_s),
            (b, plan.enter, plan.speed, self._before_s, self._lasts_s),
        ):
            ones = frozenset(() if side.bar_beats is None else side.bar_beats.tolist())
            for beat, at_s in enumerate(side.beats_s.tolist()):
                heard_s = self._before_s + (at_s - place.at_s) / speed
                if from_s - _ROUNDING_S <= heard_s < until_s - _ROUNDING_S:
                    yield heard_s, beat in ones


def write_segue(
    plan: MixPlan, a: Track, b: Track, target: str, output: OutputFiles, *, open_audio: Decoder
) -> RenderedMix:
    """Write the end of A and the beginning of B to a WAV file, joined to the sample."""
    before_s = min(MOST_SOLO_S, plan.leave.at_s)
    after_s = min(MOST_SOLO_S, b.end_s() - plan.enter.at_s)
    sounds = (
        _excerpt(a, plan.leave.at_s - before_s, plan.leave.at_s, open_audio),
        _excerpt(b, plan.enter.at_s, plan.enter.at_s + after_s, open_audio),
    )
    return _written(np.concatenate(sounds, axis=1), target, output, mix_at_s=before_s, keeps_pitch=True)


def _excerpt(track: Track, start_s: float, end_s: float, open_audio: Decoder) -> Stereo:
    try:
        return read_excerpt(track.path, start_s, end_s, rate_hz=RENDER_RATE_HZ, open_audio=open_audio)
    except FileError as error:
        raise Map4Error(f"{display_path(track.path)} can't be rendered: {error.message}") from None


def _written(mixed: Stereo, target: str, output: OutputFiles, *, mix_at_s: float, keeps_pitch: bool) -> RenderedMix:
    written = output.write(
        target, lambda file: file.write(wav_bytes(mixed, rate_hz=RENDER_RATE_HZ)), format_name="mix",
        tracks=lambda _: 2, is_sound=True,
    )  # fmt: skip
    return RenderedMix(
        path=absolute_path(target),
        lasts_s=mixed.shape[1] / RENDER_RATE_HZ,
        mix_at_s=mix_at_s,
        keeps_pitch=keeps_pitch,
        size_bytes=written.size_bytes,
    )
