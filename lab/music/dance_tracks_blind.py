"""BLIND: who works on map4's bars, phrases or cues does not read this file, render it, or look at its tracks.

Made dance tracks with other styles, forms, sounds and rules than `dance_tracks.py`. They say how a detector does on
what its author has not seen; `inside.py` renders them, asks, and prints the shares alone. What counts as which cue is
said in `made_track.py`. Whoever has looked replaces the forms, sounds and `SEED` before measuring again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

import soxr
from dance_desk import Desk, noise, riser, swept
from made_track import Samples, Stretch, Truth, place
from midi_file import DRUM_CHANNEL, Note
from sound_fonts import FLUID
from studio import SAMPLE_RATE_HZ as FONT_RATE_HZ
from studio import synthesised

SEED = 77
RATE_HZ = 44_100
LENGTHS_S = (105.0, 285.0)
TAIL_S = 3.5
ENERGY = {"kick": 0.2, "snare": 0.14, "hat": 0.08, "shaker": 0.05, "bass": 0.22, "choir": 0.06, "pluck": 0.09,
          "chords": 0.07, "lead": 0.09}  # fmt: skip
PULSED = frozenset(ENERGY) - {"choir"}
BEATS = frozenset({"kick", "snare"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Tempi, form and patterns of a style: sixteenths of one bar or of two, `.` nothing, `1`-`9` louder and louder."""

    bpm: tuple[float, float]
    form: str
    kick: str
    snare: str
    hat: tuple[str, ...]
    bass: tuple[str, ...]
    sound: str
    kit: int | None = None


STYLES: dict[str, Style] = {
    "dubstep": Style(bpm=(138, 146), form="halftime", kick="9.........6.....9..6............", snare="........9.......",
                     hat=("4...4...4...4.4.", "4.24.24.4.24.24."), bass=("9.....9...9.....", "9...9.9.....9..."),
                     sound="wobble"),
    "psytrance": Style(bpm=(140, 149), form="journey", kick="9...9...9...9...", snare="....3.......3...",
                       hat=("..6...6...6...6.",), bass=(".999.999.999.999",), sound="rolling"),
    "hardstyle": Style(bpm=(148, 158), form="halftime", kick="9...9...9...9...", snare="....7.......7...",
                       hat=("..5...5...5...5.", "2.5.2.5.2.5.2.5."), bass=("..9...9...9...9.",), sound="rolling"),
    "amapiano": Style(bpm=(108, 116), form="progressive", kick="7...7...7...7...", snare="......5.....5...",
                      hat=("3434343434343434", "3.343.343.343.34"), bass=("9..7..9.....7...", "...9..9..7......"),
                      sound="log"),
    "melodic": Style(bpm=(119, 125), form="progressive", kick="9...9...9...9...", snare="....5.......5..3",
                     hat=("..5...5...5...5.", "..5..25...5..25."), bass=("..9..9....9..9..", "9.......9.......",),
                     sound="round"),
    "jungle": Style(bpm=(158, 168), form="journey", kick="9.9.......99....9.........9.....",
                    snare="....9..5.5..9..5....9..5.5....95", hat=("5.5.5.5.5.5.5.5.",),
                    bass=("9.........7.....", "9.....7........."), sound="round", kit=0),
    "synthwave": Style(bpm=(84, 112), form="cold", kick="9.......9.......", snare="....9.......9...",
                       hat=("5.3.5.3.5.3.5.3.",), bass=("7.7.7.7.7.7.7.7.", "7777777777777777"), sound="round", kit=24),
    "electro": Style(bpm=(124, 134), form="cold", kick="9.....9...6.....", snare="....9.......9...",
                     hat=("4.4.4.4.4.4.4.4.", "4.444.4.4.444.4."), bass=("9.9..9....9.9...", "9..9..9...9....."),
                     sound="wobble", kit=25),
}  # fmt: skip
ROWS = ((0, 8, 3, 10), (0, 3, 10, 5), (8, 10, 0, 0), (0, 0, 8, 7), (0, 5, 8, 10))
"""Roots in semitones above the tonic, a bar or two each."""
CHOIRS, KEYS, LEADS = (52, 53, 54, 92, 93, 95, 49), (5, 6, 17, 18, 26, 63), (85, 86, 66, 70, 79, 105)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A phrase; `turn` is how it ends, `wash` a filter over all of it, `solo` what of its last two bars is left."""

    role: str | None
    bars: int
    parts: frozenset[str]
    music: int = 0
    turn: str = ""
    wash: str = ""
    solo: bool = False
    edit: int = 0

    @property
    def stretch(self) -> Stretch:
        """What the truth needs of it."""
        return Stretch(bars=self.bars, role=self.role, drums=bool(self.parts & BEATS), bass="bass" in self.parts,
                       pulse=bool(self.parts & PULSED), energy=sum(ENERGY[part] for part in self.parts),
                       group=f"{self.music} {sorted(self.parts)}", half_bar=self.edit)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindTrack:
    """One drawn track."""

    number: int
    style: str
    bpm: float
    first_s: float
    pick_up: bool
    scenes: tuple[Scene, ...]

    @property
    def duration_s(self) -> float:
        """Length of the audio."""
        return self.first_s + sum(4 * one.bars + one.edit for one in self.scenes) * 60.0 / self.bpm + TAIL_S

    @property
    def truth(self) -> Truth:
        """Its beats, phrases and cues."""
        return place([one.stretch for one in self.scenes], name=f"blind-{self.number:03d}", style=self.style,
                     bpm=self.bpm, first_s=self.first_s, duration_s=self.duration_s)  # fmt: skip


def draw_track(number: int) -> BlindTrack:
    """The track of that number; the same one each time."""
    rng = np.random.default_rng([SEED, number])
    name = list(STYLES)[number % len(STYLES)]
    style = STYLES[name]
    bpm = round(float(rng.uniform(*style.bpm)), int(rng.choice((0, 0, 1, 3))))
    scenes: list[Scene] = []
    while not LENGTHS_S[0] < sum(one.bars for one in scenes) * 240.0 / bpm < LENGTHS_S[1]:
        scenes = FORMS[style.form](rng)
    scenes = [replace(one, turn=one.turn or _turn(rng, one)) for one in scenes]
    if rng.random() < 0.15:
        at = int(rng.integers(1, len(scenes)))
        scenes[at] = replace(scenes[at], edit=2 if rng.random() < 0.6 else -2)
    first_s = float(rng.choice((0.0, rng.uniform(0.05, 1.0), rng.uniform(1.0, 6.0))))
    pick_up = first_s > 1.0 and rng.random() < 0.5
    return BlindTrack(number=number, style=name, bpm=bpm, first_s=round(first_s, 5), pick_up=pick_up,
                      scenes=tuple(scenes))  # fmt: skip


def _turn(rng: np.random.Generator, scene: Scene) -> str:
    if scene.role == "build":
        return str(rng.choice(("gap", "gap", "wash", "long gap", "")))
    return str(rng.choice(("", "", "", "roll", "stutter", "wash", "swell")))


# ---- forms ---------------------------------------------------------------------------------------


def _some(rng: np.random.Generator, *of: str, least: int = 1) -> frozenset[str]:
    chosen = frozenset(part for part in of if rng.random() < 0.6)
    return chosen if len(chosen) >= least else frozenset(of)


def _progressive(rng: np.random.Generator) -> list[Scene]:
    """One part after the other over long phrases; a break with a build or without; parts leave as they came."""
    order = ["kick", "hat", *rng.permutation(["bass", "shaker", "snare", "pluck", "chords"])]
    here: frozenset[str] = frozenset({"kick", str(order[1])})
    scenes = [Scene(role="intro", bars=int(rng.choice((8, 16, 16))), parts=here)]
    for part in order[2:]:
        here |= {str(part)}
        if rng.random() < 0.55 or (part == "bass" and scenes[-1].role == "intro"):
            role = "intro" if "bass" not in here and len(scenes) < 3 else None
            scenes.append(Scene(role=role, bars=int(rng.choice((8, 8, 16))), parts=here, music=1))
    here |= {"bass", "snare"}
    long_break = frozenset({"choir"}) | _some(rng, "pluck", "chords")
    scenes.append(Scene(role="break", bars=int(rng.choice((8, 16, 24))), parts=long_break, music=2))
    if rng.random() < 0.6:
        scenes.append(Scene(role="build", bars=int(rng.choice((8, 8, 16))), parts=long_break | {"shaker"}, music=2,
                            wash="open"))  # fmt: skip
    scenes.append(Scene(role="drop", bars=int(rng.choice((16, 16, 32))), parts=here | {"lead", "pluck"}, music=1))
    if rng.random() < 0.6:
        scenes.append(Scene(role=None, bars=int(rng.choice((8, 16))), parts=here - {"chords"}, music=1))
    scenes += [Scene(role="outro", bars=int(rng.choice((8, 8, 16))), parts=frozenset(left), music=1)
               for left in ({"kick", "hat", "bass", "shaker"}, {"kick", "hat"})]  # fmt: skip
    return _distinct(scenes)


def _halftime(rng: np.random.Generator) -> list[Scene]:
    """A short musical intro, build, drop and its answer, a calm verse, the same again, an end without much ado."""
    calm = frozenset({"choir", "chords"}) | _some(rng, "pluck", least=0)
    full = frozenset({"kick", "snare", "hat", "bass"})
    scenes = [Scene(role="intro", bars=int(rng.choice((4, 8, 8, 16))), parts=calm,
                    wash="open" if rng.random() < 0.3 else "")]  # fmt: skip
    if rng.random() < 0.5:
        scenes.append(Scene(role="intro", bars=8, parts=calm | {"hat"}))
    for again in range(2):
        scenes.append(Scene(role="build", bars=int(rng.choice((4, 8, 8))), parts=frozenset({"pluck", "shaker"}),
                            music=3, wash="open" if rng.random() < 0.5 else ""))  # fmt: skip
        length = int(rng.choice((8, 16, 16)))
        scenes.append(Scene(role="drop", bars=length, parts=full | {"lead"}, music=4))
        if rng.random() < 0.6:
            scenes.append(Scene(role="drop", bars=length, parts=full | {"chords", "shaker"}, music=4))
        if not again:
            scenes.append(Scene(role="break", bars=int(rng.choice((8, 16))), parts=calm, music=5))
            if rng.random() < 0.4:
                scenes.append(Scene(role="break", bars=8, parts=calm | {"lead"}, music=5))
    kind = rng.choice(("drums", "calm", "none"))
    if kind == "drums":
        scenes.append(Scene(role="outro", bars=int(rng.choice((8, 16))), parts=frozenset({"kick", "hat"})))
    elif kind == "calm":
        scenes.append(Scene(role="outro", bars=int(rng.choice((4, 8))), parts=frozenset({"choir"}), wash="close"))
    return scenes


def _journey(rng: np.random.Generator) -> list[Scene]:
    """A long beginning without drums but with a pulse, drums and bass together, a stretch of drums alone, the end."""
    scenes = []
    if rng.random() < 0.6:
        scenes.append(Scene(role="intro", bars=int(rng.choice((4, 8))), parts=frozenset({"choir"}), wash="open"))
    scenes.append(Scene(role="intro", bars=int(rng.choice((8, 16, 16))), parts=frozenset({"choir", "pluck"})))
    groove = frozenset({"kick", "snare", "hat", "bass"})
    scenes.append(Scene(role=None, bars=int(rng.choice((16, 16, 32))), parts=groove, music=1))
    scenes.append(Scene(role=None, bars=int(rng.choice((8, 16))), parts=groove | {"pluck"}, music=1))
    drums_alone = rng.random() < 0.5
    rest = frozenset({"kick", "hat", "shaker"}) if drums_alone else frozenset({"choir", "chords"})
    scenes.append(Scene(role="break", bars=int(rng.choice((8, 16))), parts=rest, music=2))
    if rng.random() < 0.7:
        scenes.append(Scene(role="build", bars=int(rng.choice((8, 16))), parts=frozenset({"hat", "pluck"}), music=2,
                            wash=str(rng.choice(("", "open")))))  # fmt: skip
    top = groove | {"lead", "shaker", "pluck"}
    scenes.append(Scene(role="drop", bars=int(rng.choice((16, 32))), parts=top, music=1))
    if rng.random() < 0.5:
        scenes.append(Scene(role="break", bars=8, parts=frozenset({"choir", "lead"}), music=2))
        scenes.append(Scene(role="drop", bars=16, parts=top, music=1))
    scenes.append(Scene(role="outro", bars=int(rng.choice((8, 16, 16))), parts=frozenset({"kick", "hat", "shaker"})))
    if rng.random() < 0.4:
        scenes.append(Scene(role="outro", bars=4, parts=frozenset({"choir"}), wash="close"))
    return scenes


def _cold(rng: np.random.Generator) -> list[Scene]:
    """All at once from the first bar, verses and hooks, a middle without drums, a fade or a stop."""
    verse = frozenset({"kick", "snare", "hat", "bass"}) | _some(rng, "chords", "pluck")
    hook = verse | {"lead", "choir"}
    scenes = [Scene(role="intro", bars=int(rng.choice((2, 4, 4, 8))), parts=verse - {"bass"})]
    for _ in range(2):
        scenes.append(Scene(role=None, bars=int(rng.choice((8, 16, 16))), parts=verse, music=1))
        scenes.append(Scene(role=None, bars=int(rng.choice((8, 8, 16))), parts=hook, music=2, solo=rng.random() < 0.3))
    calm = frozenset({"choir", "pluck"})
    scenes.append(Scene(role="break", bars=int(rng.choice((4, 8, 8, 16))), parts=calm, music=3))
    if rng.random() < 0.4:
        scenes.append(Scene(role="build", bars=4, parts=frozenset({"shaker", "pluck"}), music=3))
    scenes.append(Scene(role="drop", bars=int(rng.choice((8, 16))), parts=hook | {"shaker"}, music=2))
    scenes.append(Scene(role="outro", bars=int(rng.choice((4, 8, 16))), parts=verse - {"chords", "pluck"}, music=1,
                        wash=str(rng.choice(("close", "")))))  # fmt: skip
    return scenes


FORMS: dict[str, Callable[[np.random.Generator], list[Scene]]] = {
    "progressive": _progressive, "halftime": _halftime, "journey": _journey, "cold": _cold,
}  # fmt: skip


def _distinct(scenes: list[Scene]) -> list[Scene]:
    return [one for at, one in enumerate(scenes) if not at or one.parts != scenes[at - 1].parts]


# ---- playing -------------------------------------------------------------------------------------


def render(track: BlindTrack, *, rate_hz: int = RATE_HZ) -> Samples:
    """Play a track: mono float32 within -1 to 1."""
    return _Studio(track, rate_hz).play()


class _Studio:
    def __init__(self, track: BlindTrack, rate_hz: int) -> None:
        self.track, self.style, self.rate_hz = track, STYLES[track.style], rate_hz
        self.rng = rng = np.random.default_rng([SEED, track.number, 1])
        self.beat_s = 60.0 / track.bpm
        self.desk = Desk(track.duration_s, rate_hz)
        self.tonic = int(rng.integers(0, 12))
        self.row = ROWS[int(rng.integers(len(ROWS)))]
        self.row_bars = int(rng.choice((1, 2)))
        self.third = int(rng.choice((3, 3, 4)))
        self.kit = _kit(rate_hz, int(rng.integers(1 << 30)))
        self.hat, self.bass = str(rng.choice(self.style.hat)), str(rng.choice(self.style.bass))
        self.fonts = {"choir": int(rng.choice(CHOIRS)), "chords": int(rng.choice(KEYS)), "lead": int(rng.choice(LEADS))}
        self.notes: dict[str, list[Note]] = {name: [] for name in (*self.fonts, "kit")}
        self.cells = [rng.choice((0, 2, 3, 5, 7, 10, 12), size=8) for _ in range(6)]
        self.rhythm = [rng.random(16) < 0.35 for _ in range(6)]
        self.kicks_s: list[float] = []
        self.gain = {name: float(rng.uniform(0.7, 1.3)) for name in ENERGY}

    def play(self) -> Samples:
        rng, at, washes = self.rng, 0, []
        for scene in self.track.scenes:
            length = 4 * scene.bars + scene.edit
            self._scene(scene, at, length)
            if scene.wash or scene.turn == "wash":
                washes.append((scene, self._s(at), self._s(at + length)))
            at += length
        if self.track.pick_up:
            for beat in (-1.0, -0.75, -0.5, -0.25)[int(rng.integers(3)) :]:
                self._drum("snare", beat, 0.7)
        self._fonts()
        for bus, depth in (("bass", 0.5), ("music", 0.7)):
            self.desk.duck(bus, self.kicks_s, depth * float(rng.uniform(0.2, 1.0)), 0.6 * self.beat_s)
        for scene, start_s, end_s in washes:
            for bus in ("music", "drums"):
                if scene.wash == "open":
                    self.desk.sweep(bus, start_s, end_s, 350.0, 12_000.0, high=False)
                elif scene.wash == "close":
                    self.desk.level(bus, start_s, end_s, 1.0, 0.05)
                    self.desk.level(bus, end_s, self.track.duration_s, 0.05, 0.0)
                else:
                    self.desk.sweep(bus, end_s - 8 * self.beat_s, end_s, 30.0, 1500.0, high=True)
        self.desk.echo("music", float(rng.choice((0.5, 0.75, 1.5))) * self.beat_s, 0.4, 0.3)
        self.desk.hit("air", 0.004 * noise(self.track.duration_s, self.rate_hz, rng), 0.0, float(rng.uniform(0.0, 1.0)))
        return self.desk.mixed(float(rng.uniform(0.6, 2.2)))

    def _s(self, beat: float) -> float:
        return self.track.first_s + beat * self.beat_s

    def _scene(self, scene: Scene, start: int, length: int) -> None:
        rng = self.rng
        until = length - {"gap": int(rng.choice((1, 2))), "long gap": 4}.get(scene.turn, 0)
        roll_from = length - 2 if scene.turn == "roll" and scene.parts & BEATS else length
        solo_from = length - 8 if scene.solo else length
        for step in range(4 * until):
            beat = step / 4
            for part, pattern in (("kick", self.style.kick), ("snare", self.style.snare), ("hat", self.hat),
                                  ("shaker", "3131313131313131")):  # fmt: skip
                symbol = pattern[step % len(pattern)]
                if part not in scene.parts or symbol == "." or (part in BEATS and beat >= roll_from):
                    continue
                if beat >= solo_from and part != "hat":
                    continue
                if scene.turn == "stutter" and beat >= length - 1 and part == "kick":
                    continue
                self._drum(part, start + beat, int(symbol) / 9)
            if "bass" in scene.parts and beat < solo_from and self.bass[step % len(self.bass)] != ".":
                self._bass(start + beat, step, int(self.bass[step % len(self.bass)]) / 9)
            self._tones(scene, start, beat, step)
        for step in range(int(4 * (length - roll_from))):
            self._drum("snare", start + roll_from + step / 4, 0.3 + 0.08 * step)
        if scene.turn == "stutter":
            for step in range(8):
                self._drum("hat", start + length - 1 + step / 8, 0.9)
        if scene.role == "build":
            self._tension(start, length, until)
        if scene.turn == "swell":
            y = riser(4 * self.beat_s, self.rate_hz, rng, low_hz=3000.0, top_hz=500.0)
            self.desk.hit("air", y, self._s(start + length - 4), 0.3)
        if scene.role == "drop" or rng.random() < 0.25:
            boom = swept(noise(1.5, self.rate_hz, rng), self.rate_hz, 9000.0, 200.0, high=False)
            self.desk.hit("air", boom * np.linspace(1.0, 0.0, boom.size, dtype=np.float32) ** 3, self._s(start), 0.4)

    def _tension(self, start: int, length: int, until: int) -> None:
        """Claps that double, and a tone that glides up."""
        for step in range(4 * until):
            every = 4 if step < 2 * length else 2 if step < 3 * length else 1
            if step % every == 0:
                self._drum("clap", start + step / 4, 0.3 + 0.6 * step / (4 * length))
        seconds = until * self.beat_s
        t = np.arange(round(seconds * self.rate_hz)) / self.rate_hz
        glide = np.sin(2 * np.pi * np.cumsum(220.0 * 2.0 ** (2.0 * t / seconds)) / self.rate_hz)
        self.desk.hit("air", (np.sign(glide) * (t / seconds) ** 2).astype(np.float32), self._s(start), 0.06)

    def _drum(self, name: str, beat: float, level: float) -> None:
        level *= self.gain.get(name, 1.0)
        if name == "kick":
            self.kicks_s.append(self._s(beat))
        if self.style.kit is not None and name in KIT_NOTES:
            start = max(0.0, self._s(beat))
            loud = int(np.clip(115 * level, 15, 127))
            self.notes["kit"].append(Note(start=start, end=start + 0.1, pitch=KIT_NOTES[name], velocity=loud))
        else:
            self.desk.hit("drums", self.kit[name], self._s(beat), level * DRUM_GAIN[name])

    def _root(self, beat: float) -> int:
        return self.tonic + self.row[int(beat // (4 * self.row_bars)) % len(self.row)]

    def _bass(self, beat: float, step: int, level: float) -> None:
        gap = next((n for n in range(1, 16) if self.bass[(step + n) % len(self.bass)] != "."), 8)
        seconds = round(0.23 * min(gap, 6) * self.beat_s, 4)
        pitch = 28 + (self._root(beat) - 4) % 12
        self.desk.hit("bass", bass_note(self.style.sound, pitch, seconds, self.rate_hz, round(self.track.bpm)),
                      self._s(beat), 0.4 * level)  # fmt: skip

    def _tones(self, scene: Scene, start: int, beat: float, step: int) -> None:
        at = start + beat
        root = self._root(beat)
        if "choir" in scene.parts and step % 16 == 0:
            for interval in (0, self.third, 7):
                self._font("choir", at, 3.9, 55 + (root + interval - 55) % 12, 62)
        if "chords" in scene.parts and step % 16 in (0, 6, 12):
            for interval in (0, self.third, 7, 10):
                self._font("chords", at, 0.8, 58 + (root + interval - 58) % 12, 74)
        if "pluck" in scene.parts and step % 2 == 0:
            cell = self.cells[scene.music]
            pitch = 62 + (root + int(cell[step // 2 % 8]) - 62) % 12 + 12 * (step // 2 % 3 == 2)
            self.desk.hit("music", plucked(pitch, 0.4, self.rate_hz), self._s(at), 0.3)
        if "lead" in scene.parts and self.rhythm[scene.music][step % 16]:
            pitch = 67 + (root + int(self.cells[scene.music][step % 8]) - 67) % 12
            self._font("lead", at, 0.45, pitch, 88)

    def _font(self, name: str, beat: float, length: float, pitch: int, velocity: int) -> None:
        start = self._s(beat)
        self.notes[name].append(Note(start=start, end=start + length * self.beat_s, pitch=pitch, velocity=velocity))

    def _fonts(self) -> None:
        parts = {name: notes for name, notes in self.notes.items() if notes}
        for bus, names in (("music", tuple(self.fonts)), ("drums", ("kit",))):
            played = [(channel, self.fonts[name], parts[name]) for channel, name in enumerate(names)
                      if name in parts and name != "kit"]  # fmt: skip
            if bus == "drums" and "kit" in parts:
                played = [(DRUM_CHANNEL, self.style.kit or 0, parts["kit"])]
            if played:
                y = soxr.resample(synthesised(played, font=FLUID, room=bus == "music", gain=0.6), FONT_RATE_HZ,
                                  self.rate_hz)  # fmt: skip
                self.desk.hit(bus, y, 0.0, (0.35 if bus == "music" else 0.9) / (np.percentile(np.abs(y), 99.7) + 1e-6))


KIT_NOTES = {"kick": 36, "snare": 40, "hat": 42}
DRUM_GAIN = {"kick": 1.0, "snare": 0.6, "clap": 0.5, "hat": 0.22, "shaker": 0.18}


def _kit(rate_hz: int, seed: int) -> dict[str, Samples]:
    """Drums of its own: a driven kick, a snare of two resonances, metal from ring modulation, grains."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(0.45 * rate_hz)) / rate_hz
    low, top = rng.uniform(42, 58), rng.uniform(140, 420)
    phase = 2 * np.pi * np.cumsum(low + top * np.exp(-t / rng.uniform(0.012, 0.045))) / rate_hz
    kick = np.tanh(rng.uniform(1.0, 4.0) * np.sin(phase) * np.exp(-t / rng.uniform(0.09, 0.2)))
    hiss = noise(0.45, rate_hz, rng)[: t.size]
    body = np.sin(2 * np.pi * rng.uniform(160, 240) * t) * np.exp(-t / 0.05)
    snare = 0.7 * body + swept(hiss, rate_hz, 900.0, 900.0, high=True) * np.exp(-t / rng.uniform(0.06, 0.16))
    clap = swept(hiss, rate_hz, 1200.0, 1200.0, high=True) * np.exp(-t / 0.07) * (1 + np.sign(np.sin(540 * t)))
    ring = np.sign(np.sin(2 * np.pi * rng.uniform(4000, 5200) * t) * np.sin(2 * np.pi * rng.uniform(6100, 7900) * t))
    hat = (0.5 * ring + np.diff(hiss, prepend=0.0)) * np.exp(-t / rng.uniform(0.012, 0.05))
    shaker = np.diff(hiss, prepend=0.0) * np.exp(-((t - 0.012) ** 2) / 2e-4)
    return {name: np.asarray(y / (np.abs(y).max() + 1e-9), dtype=np.float32) for name, y in
            (("kick", kick), ("snare", snare), ("clap", clap), ("hat", hat), ("shaker", shaker))}  # fmt: skip


@lru_cache(maxsize=256)
def bass_note(sound: str, pitch: int, seconds: float, rate_hz: int, bpm: int) -> Samples:
    """One bass note: a wobble, a short saw, a drum of logs that falls in pitch, or a round tone."""
    t = np.arange(round((seconds + 0.03) * rate_hz)) / rate_hz
    hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    fall = 1.0 + (0.7 * np.exp(-t / 0.03) if sound == "log" else 0.0)
    phase = 2 * np.pi * np.cumsum(hz * fall) / rate_hz
    if sound in ("wobble", "rolling"):
        slow = 0.5 + 0.5 * np.sin(2 * np.pi * bpm / 60.0 * 2 * t) if sound == "wobble" else np.exp(-t / 0.06)
        y = sum(np.sin(k * phase) / k * (1.0 if k < 3 else slow ** (0.3 * k)) for k in range(1, 16))
    elif sound == "log":
        y = np.tanh(2.5 * np.sin(phase + 1.2 * np.sin(2 * phase) * np.exp(-t / 0.05))) * np.exp(-t / 0.4)
    else:
        y = np.sin(phase) + 0.35 * np.sin(2 * phase) + 0.12 * np.sin(3 * phase)
    edge = np.minimum(1.0, t / 0.003) * np.clip((seconds + 0.03 - t) / 0.03, 0.0, 1.0)
    return np.asarray(0.6 * y * edge, dtype=np.float32)


@lru_cache(maxsize=128)
def plucked(pitch: int, seconds: float, rate_hz: int) -> Samples:
    """A plucked string: partials that die the faster the higher they are."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    partials = range(1, max(2, int(0.4 * rate_hz / hz)))
    y = sum(np.sin(2 * np.pi * hz * k * t) * np.exp(-t * (4.0 + 3.0 * k)) / k for k in partials if k < 24)
    return np.asarray(0.4 * y * np.minimum(1.0, t / 0.002), dtype=np.float32)
