"""Synthesise the demo tracks, whose tempo, first beat and key are known exactly.

`render_track` makes a track, `write_audio` stores it in any of the formats that map4 reads. Everything follows from the
specs and fixed seeds: the same call gives the same samples.
"""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any

import av
import numpy as np
import soundfile

from map4.extras.demo.sound import Samples as Samples
from map4.extras.demo.sound import drum, note
from map4.extras.demo.tracks import SPECS as SPECS
from map4.extras.demo.tracks import TrackSpec as TrackSpec

_SOUNDFILE = {"mp3": ("MP3", "MPEG_LAYER_III"), "flac": ("FLAC", "PCM_"), "ogg": ("OGG", "VORBIS"),
              "opus": ("OGG", "OPUS"), "wav": ("WAV", "PCM_"), "aiff": ("AIFF", "PCM_")}  # fmt: skip
WRITE_BLOCK = 16384
"""Frames a write: libsndfile's Vorbis encoder puts whole buffers on the stack and crashes on long ones."""
AAC_FRAME, AAC_BIT_RATE = 1024, 160_000


def write_audio(path: str, samples: Samples, sr: int, *, bits: int = 16) -> None:
    """Encode samples, the format chosen by the suffix.

    path: ends with .mp3, .flac, .ogg (Vorbis), .opus, .m4a (AAC), .wav or .aiff
    samples: shape=(frames,) or (frames, channels)
    sr: samples per second; Opus takes 48000 and its fractions
    bits: 16 or 24, where the format has them

    ValueError
        If the suffix is unknown.
    """
    y = samples[:, None] if samples.ndim == 1 else samples
    suffix = path.rpartition(".")[2].lower()
    if suffix == "m4a":
        _write_aac(path, y, sr)
        return
    if suffix not in _SOUNDFILE:
        raise ValueError(f"can't write '.{suffix}'; know {', '.join((*_SOUNDFILE, 'm4a'))}")
    container, subtype = _SOUNDFILE[suffix]
    subtype += str(bits) if subtype.endswith("_") else ""
    with soundfile.SoundFile(path, "w", sr, y.shape[1], subtype=subtype, format=container) as file:
        for start in range(0, y.shape[0], WRITE_BLOCK):
            file.write(y[start : start + WRITE_BLOCK])


def _write_aac(path: str, y: Samples, sr: int) -> None:
    layout = "mono" if y.shape[1] == 1 else "stereo"
    with av.open(path, "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=sr, layout=layout)
        stream.bit_rate = AAC_BIT_RATE
        for start in range(0, y.shape[0], AAC_FRAME):
            planes = np.ascontiguousarray(y[start : start + AAC_FRAME].T, dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = sr, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


LIMITER_KNEE, LIMITER_CEILING = 0.6, 0.92
"""Below the knee nothing changes; no sample passes the ceiling, which leaves lossy codecs 0.7 dB to overshoot."""
TWO_CHANNELS_LU = 3.01  # BS.1770 adds up channels: the same signal on two channels has twice the power


def master(mixed: Samples, spec: TrackSpec, sr: int) -> Samples:
    """Bring the sum to the wanted loudness, fade the end, and limit or cut the peaks."""
    wanted_lufs = spec.lufs
    if spec.channels == 1:
        mixed = np.repeat(mixed.mean(axis=0, keepdims=True), 2, axis=0)
        wanted_lufs += TWO_CHANNELS_LU  # the file gets a single channel
    fade = round(0.5 * sr)
    mixed[:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    gain = 1.0
    for _ in range(3):
        # The limiter lowers the loudness, so adjust the gain in three rounds.
        out = _peaks_off(mixed * np.float32(gain), clip=spec.clip)
        gain *= 10.0 ** ((wanted_lufs - _loudness_lufs(out, sr)) / 20.0)
    return np.ascontiguousarray(_peaks_off(mixed * np.float32(gain), clip=spec.clip).T)


def _peaks_off(y: Samples, *, clip: bool) -> Samples:
    if clip:
        return np.clip(y, -1.0, 1.0)
    room = LIMITER_CEILING - LIMITER_KNEE
    over = np.abs(y) > LIMITER_KNEE
    peaks = y[over]
    y[over] = np.sign(peaks) * (LIMITER_KNEE + room * np.tanh((np.abs(peaks) - LIMITER_KNEE) / room))
    return y


def _loudness_lufs(y: Samples, sr: int) -> float:
    """Integrated loudness of shape=(2, n): ITU-R BS.1770, its filters applied to the spectra of 100 ms blocks."""
    block = sr // 10
    n = y.shape[1] // block
    spectra = np.fft.rfft(y[:, : n * block].reshape(2, n, block), axis=-1)
    power = (np.abs(spectra) ** 2 @ _k_weights(block, sr)).sum(axis=0) * 2.0 / block**2
    gating = np.convolve(power, np.full(4, 0.25), mode="valid") + 1e-12
    gating = gating[gating > 10.0 ** ((-70.0 + 0.691) / 10.0)]
    gating = gating[gating > 0.1 * gating.mean()]
    return float(-0.691 + 10.0 * np.log10(gating.mean()))


def _k_weights(block: int, sr: int) -> np.ndarray[Any, Any]:
    """Power gain of the K-weighting at the bins of a block; the coefficients of BS.1770 at 48 kHz."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(block, 1 / sr) / 48000.0)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1.0 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1.0 - 2.0 * z + z**2) / (1.0 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return np.asarray(np.abs(shelf * high_pass) ** 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One pitched part.

    voice: an instrument of `sound.VOICES`
    pattern: see `styles.toml`
    gain: before mastering; the kick is at 1
    wet: share sent to the echoes
    """

    voice: str
    pattern: str
    gain: float = 0.4
    wet: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One style of music.

    drums: pattern of each drum
    intro_drums: the drums that play where a section says `k` instead of `d`
    sections: equal parts of the track, each naming what plays: k or d, b, c, l
    duck: how far the kick pushes the chords and the bass down, 0-1
    humanise_s: standard deviation of the timing of everything but the kick and the bar's first step
    """

    sections: tuple[str, ...]
    drums: dict[str, str] = field(default_factory=dict)
    intro_drums: tuple[str, ...] = ()
    bass: Part | None = None
    chords: Part | None = None
    lead: Part | None = None
    duck: float = 0.0
    humanise_s: float = 0.0


def _style(values: Mapping[str, Any]) -> Style:
    read: dict[str, Callable[[Any], Any]] = {"sections": lambda text: tuple(text.split()), "intro_drums": tuple}
    read |= dict.fromkeys(("bass", "chords", "lead"), lambda part: Part(**part))
    return Style(**{name: read[name](value) if name in read else value for name, value in values.items()})


_STYLES = tomllib.loads(files(__package__).joinpath("styles.toml").read_text("utf-8"))
STYLES: dict[str, Style] = {name: _style(values) for name, values in _STYLES.items()}


ENDING_S = 2.0  # time after the last chord's onset in which it rings out
LEVEL = {"X": 1.0, "x": 0.72, "o": 0.38}
DRUM_GAIN = {
    "kick": 1.0, "hardkick": 0.9, "softkick": 0.9, "boom": 0.9, "tom": 0.6, "conga": 0.35, "congahigh": 0.35,
    "rim": 0.4, "snare": 0.6, "bigsnare": 0.6, "clap": 0.6, "hat": 0.3, "openhat": 0.26, "shaker": 0.22,
    "brush": 0.4, "crash": 0.3, "ride": 0.22, "cowbell": 0.2,
}  # fmt: skip
DRUM_PAN = {"hat": 0.25, "openhat": 0.25, "ride": -0.35, "shaker": -0.3, "conga": -0.4, "congahigh": 0.4, "rim": 0.15}
ECHOES = ((0.031, 0.5, 0), (0.043, 0.5, 1), (0.071, 0.4, 0), (0.083, 0.4, 1), (0.127, 0.3, 1), (0.139, 0.3, 0))
"""A small room: delay in seconds, gain, and channel."""
MAJOR_STEPS = (0, 2, 4, 5, 7, 9, 11)
MINOR_STEPS = (0, 2, 3, 5, 7, 8, 10)
NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
CHORD = re.compile(r"(b?)([IViv]+)(maj7|7|9|6|5|sus4)?")


class Mixer:
    """The stereo sum and what goes to the echoes, both shape=(2, n)."""

    def __init__(self, n: int, sr: int) -> None:
        self.sr = sr
        self.n = n
        self.drums = np.zeros((2, n), dtype=np.float32)
        self.music = np.zeros((2, n), dtype=np.float32)
        self.wet = np.zeros((2, n), dtype=np.float32)

    def add(self, bus: Samples, wave: Samples, at_s: float, gain: float, pan: float = 0.0, wet: float = 0.0) -> None:
        """Add one sound at the sample nearest to `at_s`; `pan` runs from -1 (left) to 1."""
        start = round(at_s * self.sr)
        wave = wave[: max(0, self.n - start)]
        for channel, side in enumerate((-pan, pan)):
            scaled = wave * np.float32(gain * np.sqrt(0.5 * (1.0 + side)) * np.sqrt(2.0))
            bus[channel, start : start + wave.size] += scaled
            if wet:
                self.wet[channel, start : start + wave.size] += np.float32(wet) * scaled

    def sum(self, echo_s: float) -> Samples:
        """Drums, music, the room, and two echoes `echo_s` apart that change sides."""
        out = self.drums + self.music
        for delay_s, gain, channel in (*ECHOES, (echo_s, 0.45, 0), (2 * echo_s, 0.25, 1)):
            shift = round(delay_s * self.sr)
            out[channel, shift:] += np.float32(gain) * self.wet[1 - channel, : self.n - shift]
        return out


def track_bars(spec: TrackSpec) -> int:
    """Bars before the ending: the nearest number to `spec.seconds` that divides by four."""
    if spec.bpm is None:
        return 0
    return max(4, 4 * round(spec.seconds * spec.bpm / 60.0 / spec.metre / 4.0))


def beat_times(spec: TrackSpec) -> np.ndarray[Any, Any]:
    """True beat times in seconds, the ending's downbeat last; empty without a beat."""
    if spec.bpm is None:
        return np.zeros(0)
    return spec.start_s + np.arange(track_bars(spec) * spec.metre + 1) * 60.0 / spec.bpm


def render_track(spec: TrackSpec, sr: int) -> Samples:
    """Play one track.

    spec: what to play
    sr: int > 0, samples per second

    returns: np.ndarray, shape=(frames, 2), float32, within -1 to 1. The first beat begins at sample
    round(spec.start_s * sr).

    KeyError
        If the style is unknown.
    """
    style = STYLES[spec.style]
    rng = np.random.Generator(np.random.PCG64(zlib.crc32(f"{spec.artist}/{spec.title}".encode())))
    bar_s = 0.0 if spec.bpm is None else spec.metre * 60.0 / spec.bpm
    end_s = spec.start_s + (track_bars(spec) * bar_s or spec.seconds)
    mixer = Mixer(int((end_s + ENDING_S) * sr), sr)
    harmony = _Harmony(spec)
    if spec.bpm is None:
        _play_drift(mixer, spec, style, harmony, rng)
    else:
        player = _Player(mixer, spec, style, harmony, rng, bar_s)
        player.play()
        _duck(mixer, player.kick_times_s, style.duck)
    mixed = mixer.sum(0.375 if spec.bpm is None else 45.0 / spec.bpm)
    note.cache_clear()
    return master(mixed, spec, sr)


class _Harmony:
    """The chords of a key, as MIDI notes."""

    def __init__(self, spec: TrackSpec) -> None:
        number, self.minor = int(spec.key[:-1]), spec.key[-1] == "A"
        # Camelot 8A is A minor and 8B C major; each number up is a fifth up.
        self.tonic = ((9 if self.minor else 0) + 7 * (number - 8)) % 12
        self.steps = MINOR_STEPS if self.minor else MAJOR_STEPS
        self.tuning_hz = spec.tuning_hz
        self.bars = [[self._chord(token) for token in bar.split(",")] for bar in spec.chords.split()]
        self.home = [self._chord("i" if self.minor else "I")]

    def _chord(self, token: str) -> tuple[int, int, tuple[int, ...]]:
        """(step 0-6, semitones above the tonic, intervals above the root) of a Roman numeral."""
        found = CHORD.fullmatch(token)
        if not found:
            raise ValueError(f"no chord: {token!r}")
        step = NUMERALS.index(found[2].lower())
        intervals: tuple[int, ...] = (0, 4, 7) if found[2].isupper() else (0, 3, 7)
        extra = {"7": (10,), "9": (10, 14), "maj7": (11,), "6": (9,)}.get(found[3], ())
        if found[3] == "sus4":
            intervals = (0, 5, 7)
        return step, self.steps[step] - len(found[1]), (*intervals, *extra)

    def chord(self, bar: int, share: float, last: bool) -> tuple[int, int, tuple[int, ...]]:
        """The chord at `share` (0-1) of a bar; the last bar is the tonic."""
        chords = self.home if last else self.bars[bar % len(self.bars)]
        return chords[int(share * len(chords))]

    def freq_hz(self, midi: int) -> float:
        return float(round(self.tuning_hz * 2.0 ** ((midi - 69) / 12.0), 4))

    def voicing(self, chord: tuple[int, int, tuple[int, ...]]) -> list[int]:
        """Chord notes between F3 and E4, so that neighbouring chords move little."""
        return sorted(53 + (self.tonic + chord[1] + interval - 53) % 12 for interval in chord[2])

    def bass(self, chord: tuple[int, int, tuple[int, ...]], symbol: str) -> int:
        root = 29 + (self.tonic + chord[1] - 29) % 12
        return root + {"r": 0, "o": 12, "f": 7, "t": chord[2][1]}[symbol]

    def melody(self, chord: tuple[int, int, tuple[int, ...]], digit: int) -> int:
        """Scale step `digit` above the chord's root; 1, 3, 5 and 8 are the chord's own notes."""
        step, root, intervals = chord
        low = 64 + (self.tonic - 64) % 12 + (root if root <= 6 else root - 12)
        if digit in (1, 3, 5, 8):
            return low + {1: 0, 3: intervals[1], 5: intervals[2], 8: 12}[digit]
        octave, index = divmod(step + digit - 1, 7)
        return low + 12 * octave + self.steps[index] - self.steps[step]


class _Player:
    """Plays a style bar by bar."""

    def __init__(
        self, mixer: Mixer, spec: TrackSpec, style: Style, harmony: _Harmony, rng: np.random.Generator, bar_s: float
    ) -> None:
        self.mixer, self.spec, self.style, self.harmony, self.rng, self.bar_s = mixer, spec, style, harmony, rng, bar_s
        self.kick_times_s: list[float] = []

    def play(self) -> None:
        n_bars, sections = track_bars(self.spec), self.style.sections
        # Sections begin on even bars, as dancers expect.
        starts = [2 * round(i * n_bars / len(sections) / 2) for i in range(len(sections))] + [n_bars]
        for index, playing in enumerate(sections):
            for bar in range(starts[index], starts[index + 1]):
                fill = bar == starts[index + 1] - 1 and "d" in playing
                self._drums(bar, playing, fill)
                for name in ("bass", "chords", "lead"):
                    part: Part | None = getattr(self.style, name)
                    if part and name[0] in playing:
                        self._part(name, part, bar, last=False)
            if index and "d" in playing and starts[index] < starts[index + 1]:
                self._hit("crash", self._time(starts[index], 0, 1), 0.8)
        self._ending(n_bars)

    def _ending(self, bar: int) -> None:
        at_s = self._time(bar, 0, 1)
        if self.style.drums:
            self._hit(next(iter(self.style.drums)), at_s, 1.0)
            self._hit("crash", at_s, 0.8)
        for name, part in (("chords", self.style.chords), ("bass", self.style.bass)):
            if part:
                held = replace(part, pattern="r---" if name == "bass" else "x---")
                self._part(name, held, bar, last=True)

    def _time(self, bar: int, step: int, steps: int) -> float:
        """Time of a step; odd ones come later by the swing."""
        late = self.spec.swing if step % 2 else 0.0
        return self.spec.start_s + (bar + (step + late) / steps) * self.bar_s

    def _hit(self, name: str, at_s: float, level: float) -> None:
        gain = level * DRUM_GAIN[name]
        wet = 0.15 if name in ("snare", "bigsnare", "clap") else 0.0
        self.mixer.add(self.mixer.drums, drum(name, self.mixer.sr), at_s, gain, DRUM_PAN.get(name, 0.0), wet)
        if "kick" in name or name == "boom":
            self.kick_times_s.append(at_s)

    def _drums(self, bar: int, playing: str, fill: bool) -> None:
        if "d" not in playing and "k" not in playing:
            return
        for name, pattern in self.style.drums.items():
            if "d" not in playing and name not in self.style.intro_drums:
                continue
            steps = _bar_of(pattern, bar)
            for step, symbol in enumerate(steps):
                if symbol == "." or (fill and name != "hardkick" and step >= len(steps) * (1 - 1 / self.spec.metre)):
                    continue
                late_s = self._jitter() if step and "kick" not in name else 0.0
                self._hit(name, self._time(bar, step, len(steps)) + late_s, LEVEL[symbol])
        if fill:
            first = 4 * (self.spec.metre - 1)
            for i, name in enumerate(("snare", "snare", "tom", "snare")):
                self._hit(name, self._time(bar, first + i, 4 * self.spec.metre), 0.5 + 0.15 * i)

    def _jitter(self) -> float:
        human_s = self.style.humanise_s
        return float(np.clip(self.rng.normal(0.0, human_s), -2 * human_s, 2 * human_s)) if human_s else 0.0

    def _part(self, name: str, part: Part, bar: int, *, last: bool) -> None:
        steps = _bar_of(part.pattern, bar)
        for found in re.finditer(r"[^.-]-*", steps):
            step, length = found.start(), len(found[0])
            chord = self.harmony.chord(bar, step / len(steps), last)
            at_s = self._time(bar, step, len(steps)) + (self._jitter() if step else 0.0)
            length_s = round(length / len(steps) * self.bar_s * (0.95 if not last else 1.0), 4)
            for midi, gain, pan in self._notes(name, found[0][0], chord):
                wave = note(part.voice, self.harmony.freq_hz(midi), length_s, self.mixer.sr)
                self.mixer.add(self.mixer.music, wave, at_s, gain * part.gain, pan, part.wet)

    def _notes(
        self, name: str, symbol: str, chord: tuple[int, int, tuple[int, ...]]
    ) -> Iterator[tuple[int, float, float]]:
        """(MIDI note, gain, pan) of each note of a pattern character."""
        if name == "bass":
            yield self.harmony.bass(chord, symbol), 1.0, 0.0
        elif name == "lead":
            yield self.harmony.melody(chord, int(symbol)), 1.0, 0.1
        else:
            voicing = self.harmony.voicing(chord)
            if symbol in "1234":
                octave, index = divmod(int(symbol) - 1, len(voicing))
                yield voicing[index] + 12 * octave, 1.0, 0.0
            else:
                for i, midi in enumerate(voicing):
                    yield midi, 1.0, (-0.5, 0.5, -0.15, 0.15, 0.0)[i]


def _bar_of(pattern: str, bar: int) -> str:
    bars = pattern.split("|")
    return bars[bar % len(bars)]


def _play_drift(mixer: Mixer, spec: TrackSpec, style: Style, harmony: _Harmony, rng: np.random.Generator) -> None:
    """Chords of uneven length that flow into each other, and a bell now and then: no beat to be found."""
    at_s, bar, end_s = spec.start_s, 0, spec.start_s + spec.seconds
    while at_s < end_s - 4.0 and style.chords and style.lead:
        chord = harmony.chord(bar, 0.0, last=at_s > end_s - 12.0)
        length_s = round(float(rng.uniform(5.0, 9.0)), 2)
        low = harmony.bass(chord, "o")
        for i, midi in enumerate((low, *harmony.voicing(chord))):
            wave = note(style.chords.voice, harmony.freq_hz(midi), length_s, mixer.sr)
            mixer.add(mixer.music, wave, at_s, style.chords.gain, (0.0, -0.6, 0.6, -0.3, 0.3)[i], style.chords.wet)
        for digit in rng.choice((1, 3, 5, 8), 2):
            wave = note(style.lead.voice, harmony.freq_hz(harmony.melody(chord, int(digit))), 1.5, mixer.sr)
            bell_s = at_s + 1.5 + float(rng.uniform(0.0, length_s - 2.0))
            mixer.add(mixer.music, wave, bell_s, style.lead.gain, float(rng.uniform(-0.7, 0.7)), style.lead.wet)
        at_s, bar = at_s + length_s, bar + 1


def _duck(mixer: Mixer, kick_times_s: Sequence[float], depth: float) -> None:
    """Push the music down for 180 ms after each kick, the pumping of club music."""
    if not depth:
        return
    t = np.arange(int(0.18 * mixer.sr)) / (0.18 * mixer.sr)
    # Down within 5 ms rather than at once, which would click.
    shape = (1.0 - depth * np.minimum(1.0, t / 0.03) * (1.0 - t) ** 1.5).astype(np.float32)
    for at_s in kick_times_s:
        start = round(at_s * mixer.sr)
        mixer.music[:, start : start + shape.size] *= shape[: max(0, mixer.n - start)]
