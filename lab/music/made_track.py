"""What is true of a made piece of music: beats, bars, phrases, and where a DJ would set cues; as records and as JSON.

The cues are defined here, in plain words, for all material that has them. Each one lies on the first beat of a bar at
which a phrase begins. *Drums play* means: a kick, a snare or a clap on a regular pattern; hats alone and rolls do not
count.

- `first_beat`: the first bar in which something with a pulse plays. A pick-up before it, noise and held pads do not
  count; a beatless intro has its first beat where drums, or chords and notes with a pulse, come in.
- `mix_in`: the first phrase from which drums play for at least eight bars. Often the same bar as `first_beat`.
- `drop`: a phrase at full energy, with bass, that follows a build or a break. A track has none, one or several; a drop
  in two parts counts once, at its beginning.
- `break`: a phrase in which the drums or the bass stop after they played, for at least eight bars, before the outro.
- `outro`: the phrase from which parts only leave, to the end.
- `mix_out`: where to begin to leave: the outro where drums play on in it for at least eight bars; otherwise the last
  phrase before it with at least eight bars of drums from there on.

A cue that a careful listener may set or leave out (the first full phrase after an intro of drums: a drop or not?) is
there with `is_needed` false: found or not, it does not count.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

ROLES = ("intro", "build", "drop", "break", "outro")
CUE_KINDS = ("first_beat", "mix_in", "drop", "break", "mix_out", "outro")
LEAST_BARS = 8
"""As long as drums play on where a DJ mixes, and as a break lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruePhrase:
    """A stretch with the same parts.

    start_s, end_s: seconds
    bars: its length; with .5 where half a bar was put in
    group: the same letter where the same music returns
    role: of `ROLES`, or None for what has none of these names
    energy: 0-1, from the parts that play
    """

    start_s: float
    end_s: float
    bars: float
    group: str
    role: str | None
    energy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueCue:
    """A place for a cue, of `CUE_KINDS`; `is_needed` is False where leaving it out is as good."""

    kind: str
    at_s: float
    is_needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """All that is known of a piece.

    name: unlike all others of its material
    style: what it was drawn from
    bpm: median
    metre: beats a bar
    beats_s, downbeats_s: seconds, ascending, from the first bar to the last sound; each downbeat is a beat
    phrases: in order, without gaps
    cues: in order; empty where the material has none
    other_boundaries_s: where a second person has phrases begin; empty where nobody was asked
    """

    name: str
    style: str
    bpm: float
    metre: int
    beats_s: tuple[float, ...]
    downbeats_s: tuple[float, ...]
    phrases: tuple[TruePhrase, ...] = ()
    cues: tuple[TrueCue, ...] = ()
    other_boundaries_s: tuple[float, ...] = ()

    @property
    def boundaries_s(self) -> tuple[float, ...]:
        """Where phrases begin, and the last one ends."""
        return (*(each.start_s for each in self.phrases), self.phrases[-1].end_s) if self.phrases else ()

    def to_record(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Truth:
        """What `to_record` wrote."""
        lists = {name: tuple(record[name]) for name in ("beats_s", "downbeats_s", "other_boundaries_s")}
        return cls(**{**record, **lists, "phrases": tuple(TruePhrase(**each) for each in record["phrases"]),
                      "cues": tuple(TrueCue(**each) for each in record["cues"])})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A phrase while it is being written, in bars and parts.

    bars: int > 0
    role: of `ROLES`, or None
    drums, bass, pulse: whether drums (a regular pattern), bass, and anything with a pulse play
    energy: 0-1
    group: the same for the same music
    half_bar: beats put in (positive) or cut out (negative) at its end, mostly 0
    """

    bars: int
    role: str | None
    drums: bool
    bass: bool
    pulse: bool
    energy: float
    group: str
    half_bar: int = 0


def cues_of(stretches: Sequence[Stretch]) -> list[tuple[str, int, bool]]:
    """(kind, number of the phrase, whether it is needed) by the definitions above."""
    count = len(stretches)
    outro = next((at for at, each in enumerate(stretches) if each.role == "outro"), count)
    found = []
    for kind, plays in (("first_beat", [each.pulse for each in stretches]), ("mix_in", _drum_runs(stretches))):
        if True in plays:
            found.append((kind, plays.index(True), True))
    for at in range(1, outro):
        here, before = stretches[at], stretches[at - 1]
        if here.role == "drop" and before.role != "drop":
            found.append(("drop", at, before.role in ("build", "break")))
        elif here.role is None and here.bass and not before.bass and before.role == "intro":
            found.append(("drop", at, False))
        if here.role == "break" and before.role not in ("break", "build"):
            found.append(("break", at, here.bars >= LEAST_BARS))
    if outro < count:
        found.append(("outro", outro, True))
    places = [at for at in range(min(outro + 1, count)) if _drum_runs(stretches)[at]]
    if places:
        found.append(("mix_out", places[-1], outro < count))
    return sorted(found, key=lambda each: (each[1], CUE_KINDS.index(each[0])))


def _drum_runs(stretches: Sequence[Stretch]) -> list[bool]:
    """Of each phrase, whether drums play from its beginning for at least eight bars."""
    runs, left = [], 0
    for each in reversed(stretches):
        left = left + each.bars if each.drums else 0
        runs.append(left >= LEAST_BARS)
    return runs[::-1]


def place(
    stretches: Sequence[Stretch], *, name: str, style: str, bpm: float, first_s: float, duration_s: float
) -> Truth:  # fmt: skip
    """Put phrases in four at an even tempo onto the clock.

    stretches: the whole form
    name, style, bpm: of the piece
    first_s: where its first bar begins, seconds
    duration_s: of the audio; beats stop there
    """
    beat_s = 60.0 / bpm
    downbeats, starts, beat = [], [], 0
    for each in stretches:
        starts.append(beat)
        downbeats += [beat + 4 * bar for bar in range(each.bars)]
        beat += 4 * each.bars + each.half_bar
        # A cut that swallows the whole last bar but two beats leaves that bar's first beat; one put in begins a bar.
        if each.half_bar > 0:
            downbeats.append(beat - each.half_bar)
    ends = [*starts[1:], beat]

    def seconds(beats: int) -> float:
        return round(first_s + beats * beat_s, 6)

    letters: dict[str, str] = {}
    for each in stretches:
        letters.setdefault(each.group, chr(ord("A") + len(letters)))
    return Truth(
        name=name,
        style=style,
        bpm=bpm,
        metre=4,
        beats_s=tuple(seconds(at) for at in range(beat) if seconds(at) < duration_s),
        downbeats_s=tuple(seconds(at) for at in downbeats if seconds(at) < duration_s),
        phrases=tuple(
            TruePhrase(start_s=seconds(start), end_s=seconds(end), bars=(end - start) / 4, group=letters[each.group],
                       role=each.role, energy=round(each.energy, 3))
            for each, start, end in zip(stretches, starts, ends, strict=True)
        ),
        cues=tuple(TrueCue(kind=kind, at_s=seconds(starts[at]), is_needed=needed)
                   for kind, at, needed in cues_of(stretches)),
    )  # fmt: skip


def write_piece(folder: Path, truth: Truth, y: Samples, rate_hz: int) -> Path:
    """Write NAME.flac and NAME.json into a folder, and return the path of the sound."""
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{truth.name}.flac"
    soundfile.write(path, y, rate_hz, subtype="PCM_16")
    path.with_suffix(".json").write_text(json.dumps(truth.to_record()) + "\n", encoding="utf-8")
    return path
