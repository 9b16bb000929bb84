"""Places that a DJ would mark, suggested from phrases and bars."""

from __future__ import annotations

from map4.domain.inside import Bars, DetectedCue, DetectedCueKind, Phrase, Structure
from map4.features.rhythm.rhythm import Rhythm

MOST_CUES = 8
"""As many as the programs have hot cues on their pads."""
MOST_DROPS = 3
LEAST_FIRST_BEAT = 0.9
"""What the first beat counts with a tempo that is certain."""
EARLY_S = 0.1
"""A beat this much before the first sound still begins with it."""
LEAST_LEAD_BARS = 4
"""A mix needs this many bars: an outro with fewer is too short to mix in."""


def suggest_cues(
    structure: Structure | None,
    bars: Bars | None,
    rhythm: Rhythm,
    cue_in_s: float | None,
    cue_out_s: float | None,
) -> tuple[DetectedCue, ...]:
    """Suggest at most eight cue points.

    Parameters
    ----------
    structure, bars, rhythm : of the track
    cue_in_s, cue_out_s : first and last sound

    Returns
    -------
    Cue points, ascending; without a structure only the first beat, without beats none.
    """
    found = _first_beat(rhythm, cue_in_s)
    if structure is not None and bars is not None:
        end_s = structure.phrases[-1].end_s if cue_out_s is None else cue_out_s
        found += _of_phrases(structure.phrases, bars, end_s)
    return tuple(sorted(found, key=lambda cue: cue.position_s))


def _first_beat(rhythm: Rhythm, cue_in_s: float | None) -> list[DetectedCue]:
    if not rhythm.beats_s or rhythm.tempo is None:
        return []
    from_s = 0.0 if cue_in_s is None else cue_in_s - EARLY_S
    beat_s = next((beat for beat in rhythm.beats_s if beat >= from_s), None)
    if beat_s is None:
        return []
    return [
        DetectedCue(
            kind="first_beat",
            position_s=max(0.0, beat_s),
            reason="first beat of the music",
            confidence=LEAST_FIRST_BEAT * rhythm.tempo.confidence,
        )
    ]


def _of_phrases(phrases: tuple[Phrase, ...], bars: Bars, end_s: float) -> list[DetectedCue]:
    """All but the first beat."""
    number = _bar_numbers(phrases)
    found = [_mix_in(phrases, bars, number), _mix_out(phrases, number)]
    drops: list[DetectedCue] = []
    breaks: list[DetectedCue] = []
    for place, phrase in enumerate(phrases):
        before = phrases[place - 1] if place else None
        if phrase.role == "drop" and before is not None and before.role != "drop":
            drops.append(_cue("drop", phrase, number[place], _why_drop(phrases, place)))
        if phrase.role == "break" and before is not None and before.role not in ("break", "build"):
            breaks.append(_cue("break", phrase, number[place], "drums or bass stop"))
        if phrase.role == "outro" and (before is None or before.role != "outro") and phrase.start_s < end_s:
            found.append(_cue("outro", phrase, number[place], "the music thins out to the end"))
    found += drops[:MOST_DROPS]
    found += breaks[: MOST_CUES - 1 - len(found)]
    return found


def _bar_numbers(phrases: tuple[Phrase, ...]) -> list[int]:
    """Number of the bar that each phrase begins with; the first is 1."""
    numbers, bar = [], 1
    for phrase in phrases:
        numbers.append(bar)
        bar += phrase.bars
    return numbers


def _cue(kind: DetectedCueKind, phrase: Phrase, bar: int, reason: str) -> DetectedCue:
    return DetectedCue(
        kind=kind, position_s=phrase.start_s, reason=f"bar {bar}: {reason}", confidence=phrase.confidence
    )


def _why_drop(phrases: tuple[Phrase, ...], place: int) -> str:
    """How long there was less before."""
    bars, at = 0, place - 1
    while at >= 0 and phrases[at].role in ("break", "build", "intro"):
        bars += phrases[at].bars
        at -= 1
    return f"drums and bass come in after {bars} bars with less" if bars else "drums and bass come in"


def _mix_in(phrases: tuple[Phrase, ...], bars: Bars, number: list[int]) -> DetectedCue:
    """The first downbeat of the phrases: nothing comes before it that a mix could lie over."""
    first = phrases[0]
    at_s = next((downbeat for downbeat in bars.downbeats_s if downbeat >= first.start_s), first.start_s)
    reason = "bar 1: the intro begins" if first.role == "intro" else "bar 1: the music begins at once"
    return DetectedCue(kind="mix_in", position_s=at_s, reason=reason, confidence=first.confidence)


def _mix_out(phrases: tuple[Phrase, ...], number: list[int]) -> DetectedCue:
    """Where the outro begins; without one, the last phrase that is long enough to mix over."""
    outro = next((place for place, phrase in enumerate(phrases) if phrase.role == "outro"), None)
    if outro is not None:
        return _cue("mix_out", phrases[outro], number[outro], "the outro begins")
    last = next((p for p in range(len(phrases) - 1, 0, -1) if phrases[p].bars >= LEAST_LEAD_BARS), len(phrases) - 1)
    return _cue("mix_out", phrases[last], number[last], "the last phrase begins")
