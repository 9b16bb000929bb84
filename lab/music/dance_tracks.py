"""Made dance tracks whose beats, phrases and cues are known: the open two thirds, which a detector may be tried on.

    python lab/music/dance_tracks.py FOLDER [--count 60] [--first 0]

Forms are drawn after published statistics: phrases of 8 bars above all, then 16, 4 and 32, now and then another
number; changes are led up to by fills, risers and rolls, or come without a word. Half a bar is cut out or put in once
in a while. The sounds are the demo's (`map4/extras/demo/sound.py`) and, for chords and leads of every other track,
FluidSynth's with FluidR3. What counts as which cue is said in `made_track.py`. The other third has forms, sounds and
rules of its own, in `dance_tracks_blind.py`.

References
----------
.. [1] Nieto et al., "The Harmonix Set", ISMIR 2019: lengths of phrases.
.. [2] Kim et al., "A computational analysis of real-world DJ mixes", ISMIR 2020: multiples of 32 beats.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

import soxr
from dance_desk import Desk, riser, tuned
from dance_forms import FORMS, WEIGHTS, Section, led_over
from made_track import Samples, Truth, place, write_piece
from midi_file import Note
from sound_fonts import FLUID
from studio import SAMPLE_RATE_HZ as FONT_RATE_HZ
from studio import synthesised

from map4.extras.demo.sound import drum, note

RATE_HZ = 44_100
STEPS = 16
"""Of a bar."""
TAIL_S = 2.5
"""What still sounds after the last bar."""
LENGTHS_S = (110.0, 270.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DanceStyle:
    """How a style sounds. Patterns are a bar of sixteenths: `X` loud, `x` normal, `o` soft; bass notes are `r f o`."""

    bpm: tuple[float, float]
    form: str
    kick: tuple[str, ...]
    snare: tuple[str, ...]
    hat: tuple[str, ...] = ("x.o.x.o.x.o.x.o.", "xoxoxoxoxoxoxoxo", "..x...x...x...x.")
    open: tuple[str, ...] = ("..x...x...x...x.",)
    perc: tuple[str, ...] = ("...x..x....x..x.", "x..x..x...x.x...", "......x.......xx")
    bass: tuple[str, ...] = ("..r...r...r...r.", "r..r..r.r..r..o.", "rrrrrrrrrrrrrrrr")
    stab: tuple[str, ...] = ("..x...x...x...x.", "x..x..x.........", "...x..x....x..x.")
    kicks: tuple[str, ...] = ("kick", "softkick")
    snares: tuple[str, ...] = ("clap", "snare")
    basses: tuple[str, ...] = ("sawbass", "sub", "acid")
    chords: tuple[str, ...] = ("stab", "organ", "epiano", "piano")
    leads: tuple[str, ...] = ("pluck", "supersaw", "sawlead", "bell")
    swing: float = 0.0


FOUR, BACKBEAT = ("X...X...X...X...",), ("....X.......X...",)
STYLES: dict[str, DanceStyle] = {
    "house": DanceStyle(bpm=(118, 128), form="club", kick=FOUR, snare=BACKBEAT, swing=0.2),
    "techno": DanceStyle(bpm=(126, 142), form="tool", kick=FOUR, snare=("....x.......x...", "............x..."),
                         kicks=("hardkick", "kick", "boom"), basses=("acid", "sub", "reese")),
    "trance": DanceStyle(bpm=(132, 140), form="club", kick=FOUR, snare=BACKBEAT, bass=("..r...r...r...r.",
                         ".rr..rr..rr..rr."), chords=("supersaw", "strings"), leads=("supersaw", "pluck")),
    "drum & bass": DanceStyle(bpm=(170, 178), form="drops", kick=("X.........x.....", "X.....x...x....."),
                              snare=BACKBEAT, bass=("r.....r...f.....", "r...............", "r..r....f..r...."),
                              basses=("reese", "growl", "sub"), snares=("snare", "bigsnare"), chords=("strings",
                              "epiano")),
    "uk garage": DanceStyle(bpm=(128, 136), form="club", kick=("X.........x.....", "X.....x...x...x."), snare=BACKBEAT,
                            bass=("r..r....r.....o.", "r.....r...r..f.."), swing=0.45, snares=("clap", "rim")),
    "breaks": DanceStyle(bpm=(120, 136), form="drops", kick=("X.x.......x.....", "X..x......x..x.."),
                         snare=("....X..o....X..o", "....X.......X..x")),
    "hip-hop": DanceStyle(bpm=(84, 100), form="song", kick=("X.....x.x.......", "X..x...x..x....."), snare=BACKBEAT,
                          bass=("r.......r..r....", "r.....r...f....."), kicks=("boom", "kick"), swing=0.3,
                          chords=("epiano", "piano", "vibes"), leads=("flute", "bell", "vibes")),
    "disco": DanceStyle(bpm=(110, 124), form="song", kick=FOUR, snare=BACKBEAT, bass=("r.o.r.o.r.o.r.o.",
                        "r..or.o.r..or.o."), basses=("fingerbass",), chords=("strings", "guitar", "epiano"),
                        leads=("brass", "strings")),
}  # fmt: skip
CHORDS = ((0, 5, 3, 4), (0, 3, 5, 4), (5, 3, 0, 4), (0, 0, 5, 5), (0, 5, 0, 3), (0, 0, 0, 0))
"""Degrees of the minor scale, one or two bars each."""
MINOR = (0, 2, 3, 5, 7, 8, 10)
GM = {"pad": (88, 89, 90, 91, 94, 48, 50), "stab": (4, 16, 0, 81, 62, 2), "lead": (80, 81, 82, 84, 87, 73, 11),
      "arp": (80, 84, 46, 11, 99, 24)}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DanceTrack:
    """One drawn track, not yet played."""

    number: int
    style: str
    bpm: float
    first_s: float
    sections: tuple[Section, ...]

    @property
    def duration_s(self) -> float:
        """Length of the audio."""
        beats = sum(4 * each.bars + each.half_bar for each in self.sections)
        return self.first_s + beats * 60.0 / self.bpm + TAIL_S

    @property
    def truth(self) -> Truth:
        """Its beats, phrases and cues."""
        name = f"open-{self.number:03d}-{self.style.replace(' & ', '').replace(' ', '-')}"
        return place([each.stretch for each in self.sections], name=name, style=self.style, bpm=self.bpm,
                     first_s=self.first_s, duration_s=self.duration_s)  # fmt: skip


def draw_track(number: int) -> DanceTrack:
    """The track of that number: style, tempo and form; the same one each time."""
    rng = np.random.default_rng([18, number])
    name = list(STYLES)[number % len(STYLES)]
    style = STYLES[name]
    low, high = style.bpm
    exact = float(rng.uniform(low, high))
    bpm = round(exact) if rng.random() < 0.7 else round(exact, 2)
    least, most = (seconds * bpm / 240.0 for seconds in LENGTHS_S)
    sections: list[Section] = []
    while not least < sum(each.bars for each in sections) < most:
        sections = FORMS[style.form](rng)
    sections = [led_over(rng, here, after) for here, after in zip(sections, [*sections[1:], None], strict=True)]
    if rng.random() < 0.1:
        at = int(rng.integers(1, len(sections) - 1))
        sections[at] = replace(sections[at], half_bar=int(rng.choice((-2, 2))))
    first_s = 0.0 if rng.random() < 0.25 else float(rng.uniform(0.02, 2.5))
    return DanceTrack(number=number, style=name, bpm=float(bpm), first_s=round(first_s, 4), sections=tuple(sections))


# ---- playing -------------------------------------------------------------------------------------


def render(track: DanceTrack, *, rate_hz: int = RATE_HZ) -> Samples:
    """Play a track: mono float32 within -1 to 1."""
    return _Player(track, rate_hz).play()


class _Player:
    def __init__(self, track: DanceTrack, rate_hz: int) -> None:
        self.track, self.style = track, STYLES[track.style]
        self.rng = rng = np.random.default_rng([1_800, track.number])
        self.desk = Desk(track.duration_s, rate_hz)
        self.rate_hz, self.beat_s = rate_hz, 60.0 / track.bpm
        self.root = int(rng.integers(0, 12))
        self.progression = CHORDS[int(rng.integers(len(CHORDS)))]
        self.chord_bars = int(rng.choice((1, 1, 2)))
        self.swing = self.style.swing * float(rng.uniform(0.3, 1.0))
        self.patterns = {
            name: {part: str(rng.choice(getattr(self.style, part))) for part in
                   ("kick", "snare", "hat", "open", "perc", "bass", "stab")}
            for name in ("intro", "groove", "drop")
        }  # fmt: skip
        self.patterns["build"] = {**self.patterns["groove"], "kick": FOUR[0]}
        self.patterns["break"] = self.patterns["groove"]
        shift = float(rng.uniform(0.85, 1.2))
        self.kit = {
            "kick": tuned(drum(str(rng.choice(self.style.kicks)), rate_hz), float(rng.uniform(0.9, 1.12))),
            "snare": tuned(drum(str(rng.choice(self.style.snares)), rate_hz), shift),
            "hat": tuned(drum(str(rng.choice(("hat", "shaker"))), rate_hz), shift),
            "open": tuned(drum("openhat", rate_hz), shift),
            "perc": tuned(drum(str(rng.choice(("conga", "rim", "cowbell", "congahigh"))), rate_hz), shift),
            "toms": tuned(drum("tom", rate_hz), shift),
            "crash": drum("crash", rate_hz),
        }
        self.gains = {"kick": 1.0, "snare": 0.6, "hat": 0.25, "open": 0.25, "perc": 0.3, "toms": 0.7, "crash": 0.35}
        self.gains = {name: gain * float(rng.uniform(0.75, 1.25)) for name, gain in self.gains.items()}
        self.voices = {"bass": str(rng.choice(self.style.basses)), "stab": str(rng.choice(self.style.chords)),
                       "pad": str(rng.choice(("pad", "strings", "drift"))), "lead": str(rng.choice(self.style.leads)),
                       "arp": str(rng.choice(("pluck", "marimba", "chip", "bell")))}  # fmt: skip
        self.motifs = {name: self._motif() for name in ("groove", "drop", "break")}
        self.font = {part: int(rng.choice(programs)) for part, programs in GM.items()} if rng.random() < 0.5 else {}
        self.font_notes: dict[str, list[Note]] = {part: [] for part in self.font}
        self.kicks_s: list[float] = []

    def play(self) -> Samples:
        beat = 0
        spans = []
        for number, section in enumerate(self.track.sections):
            length = 4 * section.bars + section.half_bar
            self._section(section, beat, length, number)
            spans.append((section, self._at(beat), self._at(beat + length)))
            beat += length
        self._play_font()
        depth = float(self.rng.uniform(0.0, 0.8))
        for bus, share in (("bass", 0.6), ("music", 1.0)):
            self.desk.duck(bus, self.kicks_s, share * depth, 0.9 * self.beat_s)
        for section, start_s, end_s in spans:
            if section.opens:
                self.desk.sweep(section.opens, start_s, end_s, 250.0, 9000.0, high=False)
            if section.fade:
                for bus in ("drums", "bass", "music"):
                    self.desk.level(bus, start_s, end_s, *((0.02, 1.0) if section.fade == "in" else (1.0, 0.02)))
                if section.fade == "out":
                    for bus in ("drums", "bass", "music"):
                        self.desk.level(bus, end_s, self.track.duration_s, 0.02, 0.0)
        if self.rng.random() < 0.6:
            self.desk.echo("music", 0.75 * self.beat_s, 0.45, 0.25)
        return self.desk.mixed(float(self.rng.uniform(0.7, 1.6)))

    def _at(self, beat: float) -> float:
        """Seconds of a beat; the second of two sixteenths comes late where the style swings."""
        late = self.swing / 8.0 if round(4 * beat) % 2 and abs(4 * beat - round(4 * beat)) < 1e-6 else 0.0
        return self.track.first_s + (beat + late) * self.beat_s

    def _section(self, section: Section, start: int, length: int, number: int) -> None:
        patterns, rng = self.patterns[section.name], self.rng
        quiet_from = length - {"silence": int(rng.choice((1, 2, 4))), "kick out": int(rng.choice((2, 4)))}.get(
            section.end, 0)  # fmt: skip
        fill_from = length - int(rng.choice((2, 4))) if section.end in ("fill", "toms") else length
        mute = {"silence": frozenset(WEIGHTS), "kick out": frozenset({"kick", "bass"})}.get(section.end, frozenset())
        for part in ("kick", "snare", "hat", "open", "perc"):
            if part not in section.parts:
                continue
            for step in range(4 * length):
                symbol, beat = patterns[part][step % STEPS], step / 4
                if symbol == "." or (part in mute and beat >= quiet_from):
                    continue
                if beat >= fill_from and part in ("kick", "snare"):
                    continue
                self._drum(part, start + beat, {"X": 1.0, "x": 0.8, "o": 0.45}[symbol])
        for beat in np.arange(fill_from, length, 0.25):
            if rng.random() < 0.7:
                self._drum("snare" if section.end == "fill" else "toms", start + float(beat), 0.5 + 0.5 * rng.random())
        if section.crash:
            self._drum("crash", start, 1.0)
        if section.roll:
            self._roll(start, length, quiet_from if section.end == "silence" else length)
        if section.rise or section.end == "reverse":
            bars = section.rise or 1
            seconds = min(4 * bars, length) * self.beat_s
            y = riser(seconds, self.rate_hz, rng, low_hz=400.0, top_hz=float(rng.uniform(6000, 14000)))
            self.desk.hit("noise", y, self._at(start + length) - seconds, 0.25)
        silent = quiet_from if section.end == "silence" else length
        self._music(section, start, length, silent, quiet_from if "bass" in mute else length)

    def _drum(self, name: str, beat: float, level: float) -> None:
        if name == "kick":
            self.kicks_s.append(self._at(beat))
        self.desk.hit("drums", self.kit[name], self._at(beat), level * self.gains[name])

    def _roll(self, start: int, length: int, until: int) -> None:
        beat = 0.0
        while beat < until:
            done = beat / length
            self._drum("snare", start + beat, 0.25 + 0.65 * done)
            beat += 1.0 if done < 0.5 else 0.5 if done < 0.75 else 0.25

    def _music(self, section: Section, start: int, length: int, silent: int, bass_until: int) -> None:
        name = "drop" if section.name in ("drop", "build") else "break" if section.name == "break" else "groove"
        motif, patterns = self.motifs[name], self.patterns[section.name]
        for step in range(4 * length):
            beat = step / 4
            if beat >= silent:
                break
            tones = self._chord(int(beat // 4))
            if "bass" in section.parts and beat < bass_until and (symbol := patterns["bass"][step % STEPS]) != ".":
                gap = next((n for n in range(1, STEPS) if patterns["bass"][(step + n) % STEPS] != "."), STEPS)
                pitch = 24 + tones[0] % 12 + {"r": 0, "f": 7, "o": 12}[symbol]
                seconds = round(min(gap, 8) * 0.225 * self.beat_s, 4)
                y = note(self.voices["bass"], _hz(pitch + 12), seconds, self.rate_hz)
                self.desk.hit("bass", y, self._at(start + beat), 0.42)
            if "pad" in section.parts and step % STEPS == 0:
                held = min(4.0, silent - beat)
                for pitch in tones:
                    self._tone("pad", start + beat, held, pitch + 48, 0.12)
            if "stab" in section.parts and patterns["stab"][step % STEPS] != ".":
                for pitch in tones:
                    self._tone("stab", start + beat, 0.4, pitch + 48, 0.14)
            if "arp" in section.parts and step % 2 == 0:
                self._tone("arp", start + beat, 0.22, tones[step // 2 % 3] + 60, 0.14)
            if "lead" in section.parts:
                for at, held, degree in motif:
                    if at == beat % 8:
                        self._tone("lead", start + beat, held, self._degree(degree) + 60, 0.2)

    def _tone(self, part: str, beat: float, length: float, pitch: int, gain: float) -> None:
        start_s, seconds = self._at(beat), round(length * self.beat_s, 4)
        if part in self.font:
            loud = int(np.clip(gain * 600, 40, 120))
            self.font_notes[part].append(Note(start=start_s, end=start_s + seconds, pitch=pitch, velocity=loud))
        else:
            self.desk.hit("music", note(self.voices[part], _hz(pitch), seconds, self.rate_hz), start_s, gain)

    def _play_font(self) -> None:
        played = [(channel, self.font[part], notes) for channel, (part, notes) in enumerate(self.font_notes.items())]
        if not any(notes for _, _, notes in played):
            return
        y = synthesised(played, font=FLUID, room=True, gain=0.6)
        y = soxr.resample(y, FONT_RATE_HZ, self.rate_hz)
        y *= 0.35 / (np.percentile(np.abs(y[::16]), 99.5) + 1e-6)
        self.desk.hit("music", y, 0.0)

    def _motif(self) -> list[tuple[float, float, int]]:
        """(beat, length, degree of the scale) of a melody of two bars."""
        rng, beat, found, degree = self.rng, 0.0, [], int(self.rng.integers(0, 7))
        while beat < 8.0:
            held = float(rng.choice((0.5, 0.5, 0.75, 1.0, 1.5)))
            degree = int(np.clip(degree + rng.choice((-2, -1, 0, 1, 2, 3)), -2, 9))
            if rng.random() < 0.8:
                found.append((beat, 0.9 * held, degree))
            beat += held
        return found

    def _degree(self, degree: int) -> int:
        return (self.root - 6) % 12 - 6 + MINOR[degree % 7] + 12 * (degree // 7)

    def _chord(self, bar: int) -> tuple[int, int, int]:
        degree = self.progression[bar // self.chord_bars % len(self.progression)]
        return self._degree(degree), self._degree(degree + 2), self._degree(degree + 4)


def _hz(pitch: float) -> float:
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def main(arguments: Sequence[str] | None = None) -> None:
    """Write tracks and their truth into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where NAME.flac and NAME.json are written")
    parser.add_argument("--count", type=int, default=60, help="how many tracks")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    options = parser.parse_args(arguments)
    for number in range(options.first, options.first + options.count):
        track = draw_track(number)
        if not (options.folder / f"{track.truth.name}.json").exists():
            print(write_piece(options.folder, track.truth, render(track), RATE_HZ), flush=True)


if __name__ == "__main__":
    main()
