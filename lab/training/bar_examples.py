"""What the bar scorer learns from: clips whose bars are known, heard as map4 hears them, and variants of them.

Rendered clips are kept as spectra in a folder (a quarter of a megabyte each); the evidence of their beats is made anew
from these. Each clip is heard on the beats that map4 finds and on the true ones, as it is and as other rooms, mixing
desks and players would have made it (`mel_treatments`), now and then at half or twice its tempo.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from bar_clips import BarClip, make_bar_clip
from bar_pieces import DANCE_TRACKS, make_dance_pieces, make_drummer_piece, make_song_piece, song_archives
from chamber_clips import make_chamber
from combo_clips import make_combo
from many import compute_once, make_missing
from mel_treatments import estranged, treated
from sound_fonts import sound_fonts
from studio import Clip
from tempo_clips import make_clip
from tempo_examples import ROUNDS

from map4.core.dsp.inside.bar_evidence import beat_evidence, first_sound_s
from map4.core.dsp.inside.bar_scorer import FIRST_PLACE, METRES, OFF
from map4.core.dsp.rhythm.onsets import onset_envelopes
from map4.core.dsp.rhythm.rhythm import estimate_rhythm, halfway
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.semitones import all_semitones, prominent
from map4.core.dsp.spectrum.spectral_pass import SpectralPass
from map4.extras.demo.music import SPECS, beat_times, render_track

Array = np.ndarray[Any, np.dtype[np.float32]]
Times = np.ndarray[Any, np.dtype[np.float64]]
Places = np.ndarray[Any, np.dtype[np.int64]]

SOURCES = (
    "bars", "songs", "drummers", "bars", "dance", "clips", "bars", "songs", "drummers", "bars", "dance", "sessions",
    "bars", "songs", "combos", "bars", "dance", "records", "bars", "chamber",
)  # fmt: skip
"""In turn; `bars` are `bar_clips`, `songs`, `drummers` and `dance` are `bar_pieces`, the others the tempo scorer's."""
METRES_EVERY, OTHER_METRES = 4, (3, 6, 3, 2, 3, 5, 3, 7)
"""One more clip for so many, in these metres: most music is in four, and so are most of the other clips."""
DOUBTFUL = 30
"""Pieces of songs whose bars are in doubt; they never teach."""
CUT_SHARE, MOST_CUT = 0.75, 0.35
"""Of the clips, which begin on a first beat, how many are cut, and how much of them at most."""
LEAST_BEATS = 12
RATIO_TOLERANCE = 0.12
NEAR = 0.2
"""Beats; an estimated beat further from a true one has no place."""
VARIANTS = 5
HALVES, THIRDS, DOUBLES, TRIPLES = 2.0, 3.0, 0.5, 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One clip on one set of beats: evidence (b, 58), column of each beat's place or -1, and whence it comes.

    `sound_from_s`: from `first_sound_s`, of the clip as it is.
    """

    evidence: Array
    target: Places
    beats_s: Times
    downbeats_s: Times
    metre: int
    duration_s: float
    sound_from_s: float | None
    source: str
    style: str
    group: str
    name: str
    as_found: bool


def placed(found_s: Times, beats_s: Times, places: Places, metre: int) -> Places:
    """Column of the place of each beat that was found, -1 where none can be told, `OFF` halfway between two.

    At half or twice the true tempo bars have half or twice the beats; four in eight count as two bars.
    """
    columns = np.full(found_s.size, -1)
    if found_s.size < 2 or beats_s.size < 2:
        return columns
    number = np.interp(found_s, beats_s, np.arange(beats_s.size))
    inside = (found_s >= beats_s[0] - 0.1) & (found_s <= beats_s[-1] + 0.1)
    ratio = np.median(np.diff(number)[inside[1:]]) if inside[1:].any() else 0.0
    nearest = np.rint(number).astype(int)
    for wanted in (1.0, HALVES, THIRDS, DOUBLES, TRIPLES):
        if abs(ratio / wanted - 1.0) > RATIO_TOLERANCE:
            continue
        if wanted >= 1.0:
            step = int(wanted)
            now = metre // step
            if metre % step or now not in METRES:
                return columns
            place = places[nearest]
            good = inside & (np.abs(number - nearest) < NEAR) & (place % step == 0) & (place < metre)
            columns[good] = FIRST_PLACE[now] + place[good] // step
            if step == 1:
                off = inside & (np.abs(number - nearest) > 0.5 - NEAR) & (place < metre)
            elif step == HALVES:
                off = inside & (np.abs(number - nearest) < NEAR) & (place % step == 1) & (place < metre)
            else:
                continue
            columns[off] = OFF
        else:
            parts = round(1.0 / wanted)
            now = {(2, 2): 4, (3, 2): 6, (4, 2): 4, (2, 3): 6}.get((metre, parts), 0)
            if not now:
                return columns
            fine = np.rint(number * parts).astype(int)
            whole = np.minimum(fine // parts, places.size - 1)
            place = places[whole] * parts + fine % parts
            good = inside & (np.abs(number * parts - fine) < NEAR * parts) & (places[whole] < metre)
            columns[good] = FIRST_PLACE[now] + place[good] % now
    return columns


def render(pop909: str, grooves: str, folder: str, count: int) -> None:
    """Make the clips that are not kept yet, and the demo's tracks."""
    songs, doubtful = song_archives(pop909, folder)
    dance_turn = -1
    makers: dict[str, Any] = {}
    for number in range(count):
        source = SOURCES[number % len(SOURCES)]
        dance_turn += source == "dance"
        if source == "dance" and dance_turn >= DANCE_TRACKS:
            continue
        makers[f"{source}-{number:05d}"] = {
            "dance": partial(make_dance_pieces, dance_turn),
            "drummers": partial(make_drummer_piece, grooves, number),
            "songs": partial(make_song_piece, songs, grooves, number),
            "bars": partial(make_bar_clip, songs, grooves, number),
        }.get(source, partial(_of_tempo_scorer, source, songs, number))
    for number in range(count // METRES_EVERY):
        metre = OTHER_METRES[number % len(OTHER_METRES)]
        makers[f"metres-{number:05d}"] = partial(make_bar_clip, songs, grooves, 600_000 + number, metre=metre)
    for number in range(DOUBTFUL):
        makers[f"doubtful-{number:05d}"] = partial(make_song_piece, doubtful, grooves, 500_000 + number)
    for number, spec in enumerate(SPECS):
        if spec.bpm is not None:
            makers[f"demo-{number:05d}"] = partial(_of_demo, number)
    sound_fonts()  # Unpacked once, before there are several processes.
    make_missing({os.path.join(folder, f"{name}.npz"): maker for name, maker in makers.items()}, _make)


def _make(maker: Callable[[], BarClip | list[BarClip]], path: str) -> None:
    """Keep what is made; the first clip last: it says that all of them are there."""
    clips = maker()
    source = os.path.basename(path).partition("-")[0]
    for turn, clip in reversed([*enumerate(clips if isinstance(clips, list) else [clips])]):
        _keep(path.replace(".npz", f"-{turn}.npz") if turn else path, clip, source)


def _of_demo(number: int) -> BarClip:
    spec = SPECS[number]
    beats = beat_times(spec)
    y = render_track(spec, ShortWindow.SAMPLE_RATE_HZ).mean(axis=1)
    places = np.arange(beats.size) % spec.metre
    return BarClip(y=y, beats_s=beats, places=places, metre=spec.metre, style=spec.style, group=spec.style)


def _of_tempo_scorer(source: str, songs: str, number: int) -> BarClip:
    """A clip that the tempo scorer would learn from, often without its first beats."""
    clip: Clip
    if source == "chamber":
        clip = make_chamber(np.random.default_rng(ROUNDS[source] + number), str(number))
    elif source == "combos":
        clip = make_combo(songs, np.random.default_rng(ROUNDS[source] + number))
    else:
        clip = make_clip(songs, ROUNDS[source] + number)
    rng = np.random.default_rng((5, number))
    most = min(120.0 * clip.metre / clip.bpm, MOST_CUT * clip.y.size / ShortWindow.SAMPLE_RATE_HZ)
    cut_s = float(rng.uniform(0.0, most)) if rng.random() < CUT_SHARE else 0.0
    beats = clip.beats_s - cut_s
    kept, places = beats >= 0.0, np.arange(beats.size) % clip.metre
    y = clip.y[round(cut_s * ShortWindow.SAMPLE_RATE_HZ) :]
    return BarClip(y=y, beats_s=beats[kept], places=places[kept], metre=clip.metre, style=clip.style, group=clip.group)


def _keep(path: str, clip: BarClip, source: str) -> None:
    """What map4 hears of a clip, beside the truth."""
    spectral_pass = SpectralPass()
    spectral_pass.feed(np.asarray(clip.y, dtype=np.float32))
    spectra = spectral_pass.finish()
    np.savez(
        path + ".tmp.npz",
        mel=np.log10(spectra.mel_power[:] + 1e-12).astype(np.float16),
        semi=all_semitones(spectra.pitch, spectra.tuning_semitones).astype(np.float16),
        est=np.array(estimate_rhythm(spectra).beats_s),
        beats=clip.beats_s,
        places=clip.places,
        metre=clip.metre,
        duration=spectra.duration_s,
        source=source,
        style=clip.style,
        group=clip.group,
    )
    os.replace(path + ".tmp.npz", path)


def read_clips(folder: str) -> list[str]:
    """Paths of the clips that are kept."""
    return sorted(
        os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".npz") and ".tmp" not in name
    )


def hear(path: str, *, variants: int = VARIANTS, later: bool = False) -> list[Heard]:
    """A clip on the beats that map4 found, or half a beat later, and variants of it."""
    rng = np.random.default_rng(zlib.crc32(os.path.basename(path).encode()))
    with np.load(path) as kept:
        power = np.power(10.0, kept["mel"].astype(np.float32)) - np.float32(1e-12)
        power = np.maximum(power, 0.0)
        semitones = kept["semi"].astype(np.float32)
        found, beats, places, metre = kept["est"], kept["beats"], kept["places"], int(kept["metre"])
        duration = float(kept["duration"])
        words = {name: str(kept[name]) for name in ("source", "style", "group")}
    true = beats[beats < duration - 0.2]
    downbeats = true[places[: true.size] == 0]
    sound_from_s = first_sound_s(Packed.of(power))
    out: list[Heard] = []

    def add(on: Times, mel: Array, notes: Array, as_found: bool) -> None:
        if on.size < LEAST_BEATS:
            return
        evidence = beat_evidence(on, Packed.of(mel), onset_envelopes(Packed.of(mel)).bands, prominent(notes))
        out.append(
            Heard(
                evidence=evidence.astype(np.float16),
                target=placed(on, beats, places, metre),
                beats_s=on,
                downbeats_s=downbeats,
                metre=metre,
                duration_s=duration,
                sound_from_s=sound_from_s,
                name=os.path.basename(path),
                as_found=as_found,
                **words,
            )
        )

    if later and found.size > 1:
        found = halfway(found, duration)
    add(found, power, semitones, True)
    for turn in range(variants):
        mel, notes, on = power, semitones, found
        if turn:
            strange = estranged(power, rng) if rng.random() < 0.6 else power
            mel = treated(strange.astype(np.float64), rng, None)
            notes = _other_notes(semitones, rng)
        if turn in (0, 2) or found.size < LEAST_BEATS:
            on = true
            if on.size > 3:
                on = np.sort(on + rng.normal(0.0, 0.004, on.size)).clip(0.0)
        draw = rng.random()
        if turn == 3 and draw < 0.35:
            on = true[int(rng.integers(2)) :: 2]
        elif turn == 3 and draw < 0.55 and true.size > 3:
            on = np.sort(np.concatenate([true, 0.5 * (true[1:] + true[:-1])]))
        elif turn == 4 and true.size > 3:
            on = 0.5 * (true[1:] + true[:-1])
        add(on, mel, notes, False)
    return out


def _other_notes(semitones: Array, rng: np.random.Generator) -> Array:
    """The notes in another room, with other overtones and noise between them."""
    gain = np.exp(np.interp(np.arange(72), np.linspace(0, 71, 6), rng.normal(0.0, 0.6, 6)))
    notes = semitones * gain.astype(np.float32)
    if rng.random() < 0.4:
        keep = rng.uniform(0.2, 0.6)
        for frame in range(1, notes.shape[0]):
            notes[frame] += keep * 0.5 * notes[frame - 1]
    if rng.random() < 0.5:
        overtone = rng.uniform(0.1, 0.5)
        notes[:, 12:] += overtone * semitones[:, :-12]
        notes[:, 19:] += 0.5 * overtone * semitones[:, :-19]
    if rng.random() < 0.6:
        noise = rng.exponential(1.0, notes.shape).astype(np.float32)
        notes = notes + noise * np.float32(notes.mean() * rng.uniform(0.1, 1.5))
    return notes.astype(np.float32)


def hear_all(folder: str, kept: str) -> list[Heard]:
    """All clips of a folder; what was heard before is read from a file."""
    return [heard for clip in compute_once(read_clips(folder), hear, kept) for heard in clip]
