"""Tempo and key by another program, compared with map4's measurement and the tags."""

from __future__ import annotations

from dataclasses import dataclass

from map4.core.music.analysis.key import Key
from map4.core.music.track.observations import SAME_TEMPO
from map4.core.music.track.track import Track
from map4.doctor import KeyAgreement, OpinionBeside, TempoAgreement


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """Tempo (BPM) and key by another program; None if not detected."""

    bpm: float | None = None
    key: Key | None = None

    def beside(self, track: Track) -> OpinionBeside:
        """The opinion, with the values of the track that it agrees with."""
        return OpinionBeside(
            bpm=self.bpm,
            key=self.key,
            tempo_agrees_with=tempo_agreements(track, self.bpm),
            key_agrees_with=key_agreements(track, self.key),
        )


def tempo_agreements(track: Track, bpm: float | None) -> tuple[TempoAgreement, ...]:
    """Which known tempi of a track are within 4 % of this tempo; the alternative is the measured runner-up."""
    analysis = track.analysis
    tempo = None if analysis is None else analysis.tempo
    known: dict[TempoAgreement, float | None] = {
        "measured": None if tempo is None else tempo.bpm,
        "alternative": None if tempo is None or not tempo.alternatives else tempo.alternatives[0].bpm,
        "tag": track.tags.bpm,
    }
    if bpm is None:
        return ()
    return tuple(name for name, value in known.items() if value and abs(bpm / value - 1.0) <= SAME_TEMPO)


def key_agreements(track: Track, key: Key | None) -> tuple[KeyAgreement, ...]:
    """Which known keys of a track equal this key."""
    analysis = track.analysis
    measured = None if analysis is None else analysis.key
    runner_up = None if measured is None else measured.runner_up
    known: dict[KeyAgreement, Key | None] = {
        "measured": None if measured is None else measured.key,
        "runner_up": None if runner_up is None else runner_up.key,
        "tag": Key.readable(track.tags.key),
    }
    return tuple(name for name, value in known.items() if value is not None and value == key)
