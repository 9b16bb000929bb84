"""What another program finds for tempo and key, held against what map4 measured and what the tags say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from map4.domain.analysis.key import Key
from map4.domain.checks.diagnosis import SAME_TEMPO
from map4.domain.track.track import Track, key_fields, readable_key

TempoAgreement = Literal["measured", "alternative", "tag"]
KeyAgreement = Literal["measured", "runner_up", "tag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """Tempo (BPM) and key by another program; None where it finds none."""

    bpm: float | None = None
    key: Key | None = None

    def to_record(self, track: Track) -> dict[str, Any]:
        """JSON values, with what of the track it agrees with."""
        return {
            "bpm": None if self.bpm is None else round(self.bpm, 2),
            "key": None if self.key is None else key_fields(self.key),
            "tempo_agrees_with": list(tempo_agreements(track, self.bpm)),
            "key_agrees_with": list(key_agreements(track, self.key)),
        }


def tempo_agreements(track: Track, bpm: float | None) -> tuple[TempoAgreement, ...]:
    """Which known tempi of a track are within 4 % of this one; the alternative is the measured runner-up."""
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
    """Which known keys of a track are this one."""
    analysis = track.analysis
    measured = None if analysis is None else analysis.key
    runner_up = None if measured is None else measured.runner_up
    known: dict[KeyAgreement, Key | None] = {
        "measured": None if measured is None else measured.key,
        "runner_up": None if runner_up is None else runner_up.key,
        "tag": readable_key(track.tags.key),
    }
    return tuple(name for name, value in known.items() if value is not None and value == key)
