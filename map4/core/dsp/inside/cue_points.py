"""Suggest cue points from phrases and bars."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from map4.core.dsp.inside.bar_pictures import bar_edges, low_levels_db, pulse_strength
from map4.core.dsp.rhythm.onsets import FULL_BAND
from map4.core.dsp.rhythm.rhythm import Rhythm
from map4.core.dsp.spectrum.spectral_pass import Spectra
from map4.core.music.analysis.inside import Bars, DetectedCue, DetectedCueKind, Phrase, Structure

MOST_CUES = 8
"""The number of hot cue pads in DJ programs."""
MOST_DROPS = 3
FIRST_BEAT_CONFIDENCE = 0.9
"""Confidence of the first beat if the tempo is certain."""
EARLY_S = 0.1
"""A beat this much before the first sound still belongs to it."""
KICK_DB = -10.5
"""Level of the lows, relative to a full bar, from which a kick plays. Pads, chords and snares have less."""
LEAST_STEP_DB = 0.6
"""With less variation of the lows in a bar, they are a held bass."""
FADED_SHARE_DB, FADED_DB = -3.0, -24.0
"""In a fade, which is in the second half, a kick is quieter, but its share of the total stays the same."""
LEAST_PULSE = 0.18
"""Relative to full bars: chords and notes on the beat have .25 and more, held pads and noise .13 and less."""
HALF_BARS = 8
"""Half of a phrase of sixteen bars, which may be split into two phrases."""
MIXED_BARS, MOST_WITHOUT = 8, 1
"""Drums play if at most one of eight bars has none: the length two tracks need to be mixed."""


def suggest_cues(
    structure: Structure | None, bars: Bars | None, rhythm: Rhythm, spectra: Spectra, cue_in_s: float | None
) -> tuple[DetectedCue, ...]:
    """Suggest at most eight cue points.

    cue_in_s: first sound
    returns: Cue points, ascending; without a structure only the first beat, without beats none. Reasons count bars from
        1, the first bar of the first phrase.
    """
    if not rhythm.beats_s or rhythm.tempo is None:
        return ()
    from_s, cues = 0.0 if cue_in_s is None else cue_in_s - EARLY_S, []
    if structure is not None and bars is not None:
        marks = _Marks(structure.phrases, bars, spectra, rhythm)
        from_s = max(from_s, marks.pulse_from_s - EARLY_S)
        cues = marks.all()
    beat_s = next((beat for beat in rhythm.beats_s if beat >= from_s), None)
    if beat_s is not None:
        confidence = FIRST_BEAT_CONFIDENCE * rhythm.tempo.confidence
        reason = "first beat of the music"
        cues.append(DetectedCue(kind="first_beat", position_s=beat_s, reason=reason, confidence=confidence))
    return tuple(sorted(cues, key=lambda cue: cue.position_s))


class _Marks:
    """The cue points of phrases on the bars of a track."""

    def __init__(self, phrases: tuple[Phrase, ...], bars: Bars, spectra: Spectra, rhythm: Rhythm) -> None:
        self.phrases = phrases
        self.bar = np.concatenate([[0], np.cumsum([phrase.bars for phrase in phrases])]).tolist()
        edges_s = bar_edges(np.asarray(bars.downbeats_s), spectra.duration_s)
        self.downbeats_s = edges_s[:-1]
        low_db, share_db, moved_db = low_levels_db(edges_s, bars.metre.beats_per_bar, spectra)
        may_fade = np.arange(len(low_db)) >= len(low_db) // 2
        faded = may_fade & (share_db >= FADED_SHARE_DB) & (low_db >= FADED_DB)
        self.has_kick = ((low_db >= KICK_DB) | faded) & (moved_db >= LEAST_STEP_DB)
        self.pulse = pulse_strength(edges_s, bars.metre.beats_per_bar, rhythm.envelopes.bands[FULL_BAND])

    def all(self) -> list[DetectedCue]:
        """All but the first beat, at most seven."""
        outro = next((place for place, phrase in enumerate(self.phrases) if phrase.role == "outro"), None)
        cues = [self._mix_in(), self._mix_out(outro)]
        if outro is not None:
            cues.append(self._cue("outro", outro, "parts leave one after the other from here to the end"))
        cues += self._drops()[:MOST_DROPS]
        cues += self._breaks()[: MOST_CUES - 1 - len(cues)]
        return cues

    @property
    def pulse_from_s(self) -> float:
        """Start of the first phrase with a pulse, or the first with drums."""
        first = 0
        while not self._drums_play(first) and first + 1 < len(self.phrases) and self._pulse(first) < LEAST_PULSE:
            first += 1
        return float(self.downbeats_s[self.bar[first]]) if first else 0.0

    def _pulse(self, place: int) -> float:
        return float(self.pulse[self.bar[place] : self.bar[place + 1]].mean())

    def _cue(self, kind: DetectedCueKind, place: int, reason: str) -> DetectedCue:
        bar = self.bar[place]
        return DetectedCue(
            kind=kind,
            position_s=float(self.downbeats_s[bar]),
            reason=f"bar {bar + 1}: {reason}",
            confidence=self.phrases[place].confidence,
        )

    def _drums_play(self, place: int) -> bool:
        """Whether drums play for at least eight bars from this phrase on."""
        bars: npt.NDArray[np.bool_] = self.has_kick[self.bar[place] : self.bar[place] + MIXED_BARS]
        return int(np.count_nonzero(bars)) >= MIXED_BARS - MOST_WITHOUT and bool(bars[0])

    def _mix_in(self) -> DetectedCue:
        place = next((place for place in range(len(self.phrases)) if self._drums_play(place)), 0)
        if place:
            return self._cue("mix_in", place, f"drums or bass enter after {self.bar[place]} bars")
        intro = self.phrases[0].role == "intro"
        return self._cue("mix_in", 0, "the intro begins" if intro else "the music begins without an intro")

    def _mix_out(self, outro: int | None) -> DetectedCue:
        if outro is not None and self._drums_play(outro):
            return self._cue("mix_out", outro, "the outro begins with drums")
        last = len(self.phrases) if outro is None else outro
        place = next((place for place in range(last - 1, 0, -1) if self._drums_play(place)), None)
        if place is not None:
            place = self._whole(place)
            return self._cue("mix_out", place, "the last section with drums begins")
        place = outro if outro is not None else max(0, last - 1)
        return self._cue("mix_out", place, "the last phrase begins" if outro is None else "the outro begins")

    def _whole(self, place: int) -> int:
        """The first half of a phrase that was split."""
        before, here = self.phrases[place - 1], self.phrases[place]
        halves = place > 1 and before.group == here.group and before.bars == here.bars == HALF_BARS
        return place - 1 if halves else place

    def _drops(self) -> list[DetectedCue]:
        cues = []
        for place, phrase in enumerate(self.phrases):
            if phrase.role != "drop" or (place and self.phrases[place - 1].role == "drop"):
                continue
            first = place
            while first and self.phrases[first - 1].role in ("break", "build"):
                first -= 1
            less = self.bar[place] - self.bar[first]
            cues.append(self._cue("drop", place, f"drums and bass return after {less} sparser bars"))
        return cues

    def _breaks(self) -> list[DetectedCue]:
        return [
            self._cue("break", place, "drums or bass stop")
            for place, phrase in enumerate(self.phrases)
            if phrase.role == "break" and self.phrases[place - 1].role not in ("break", "build")
        ]
