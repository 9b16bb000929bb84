"""The analysis files of a track: `ANLZ0000.DAT` for all players, `.EXT` from the nexus 2 on, `.2EX` for CDJ-3000.

Big-endian tags with a head each. Layouts are those of Deep Symmetry's "Analysis Files"; constants, and the two numbers
of PQT2, are those of rekordbox's own files: a beat of PQT2 has the microseconds that PQTZ leaves out, and its head the
sum of all numbers, tempi and times of PQTZ.

Phrases as players show them (`PSSI`), from map4's roles and energies.

The mood of a track selects the words. A track with a drop or a build is "high", whose words are about tension: Intro,
Up, Down, Chorus, Outro. Others are "mid" or, if their mean energy is below `LOW_ENERGY`, "low": Intro, Verse, Bridge,
Chorus, Outro.

| role | high | mid, low | reason |
|---|---|---|---|
| intro, outro | Intro, Outro | Intro, Outro | the same meaning |
| build | Up | – | tension rises |
| drop | Chorus | – | what a track leads to; players light it brightest |
| break | Down | Bridge | drums or bass are out |
| none, repeated and of the highest energy | Up | Chorus | songs repeat their chorus |
| none, else | Up or Down, by energy | Verse, numbered by group | phrases of a group sound alike |

A fill is the last bar, or a part of it, whose bass differs from that of the bars before; as in rekordbox, at the end of
Intro, Up and Chorus only.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from map4.core.music.analysis.inside import Strip
from map4.core.music.palette import Colour
from map4.core.music.track.cues import CuePoint, GridMark
from map4.extras.stick.names import shown
from map4.extras.stick.players import MEMORY_CUES
from map4.extras.stick.records import StickPhrase, StickTrack
from map4.formats import TrackAnalysis

HIGH, MID, LOW = 1, 2, 3
LOW_ENERGY = 0.35
_HIGH_KINDS = {"intro": 1, "build": 2, "drop": 5, "break": 3, "outro": 6}
_CALM_KINDS = {"intro": 1, "break": 8, "outro": 10}
_UP, _DOWN, _CHORUS = 2, 3, 9
_VERSES = {MID: (2, 3, 4, 5, 6, 7), LOW: (2, 5)}
"""Kinds of verses: in the low mood, three kinds each have the same name."""
_WITH_FILL = {HIGH: (1, 2, 5), MID: (1, 9), LOW: (1, 9)}
_BEATS_A_BAR = 4
_FILL_LEVELS = 48  # from this change of the bass, 9 dB of the strip's levels, a beat belongs to a fill

_HEAD = struct.Struct(">4H6xH2x2x")
_ENTRY = struct.Struct(">3HxB11xBxBH")
"""Number, beat and kind of a phrase, two marks of variants such as "Intro 2", whether it has a fill, and its beat."""
_MOST = 0xFFFF
_MASK_FROM = 6


def mood_of(phrases: Sequence[StickPhrase]) -> int:
    """The mood of a track: `HIGH`, `MID` or `LOW`."""
    if any(phrase.role in ("drop", "build") for phrase in phrases):
        return HIGH
    known = [(phrase.energy, phrase.end_s - phrase.start_s) for phrase in phrases if phrase.energy is not None]
    seconds = sum(length_s for _, length_s in known)
    energy = sum(energy * length_s for energy, length_s in known) / seconds if seconds else 1.0
    return MID if energy >= LOW_ENERGY else LOW


def kinds_of(phrases: Sequence[StickPhrase]) -> list[int]:
    """The kinds of phrases in the mood of their track."""
    mood = mood_of(phrases)
    if mood == HIGH:
        energies = [phrase.energy or 0.0 for phrase in phrases]
        usual = float(np.median(energies))
        plain = [_UP if energy >= usual else _DOWN for energy in energies]
        return [_HIGH_KINDS.get(phrase.role or "", kind) for phrase, kind in zip(phrases, plain, strict=True)]
    chorus, verses = _chorus_group(phrases), _VERSES[mood]
    groups = dict.fromkeys(phrase.group for phrase in phrases if phrase.role is None and phrase.group != chorus)
    kinds = {group: verses[min(place, len(verses) - 1)] for place, group in enumerate(groups)}
    if chorus is not None:
        kinds[chorus] = _CHORUS
    return [_CALM_KINDS.get(phrase.role or "") or kinds.get(phrase.group, verses[0]) for phrase in phrases]


def _chorus_group(phrases: Sequence[StickPhrase]) -> str | None:
    """The group with the highest energy among the groups that occur twice, if there are others."""
    plain = [phrase for phrase in phrases if phrase.role is None and phrase.group is not None]
    counts = Counter(phrase.group for phrase in plain)
    energies = {phrase.group: phrase.energy or 0.0 for phrase in reversed(plain) if counts[phrase.group] > 1}
    return max(energies, key=lambda group: energies[group]) if len(counts) > 1 and energies else None


def song_structure(track: StickTrack, times_s: np.ndarray) -> bytes | None:
    """The content of the tag `PSSI`; None without phrases or beats, whose times are `times_s`."""
    if not track.phrases or len(times_s) < _BEATS_A_BAR:
        return None
    in_order = sorted(track.phrases, key=lambda phrase: phrase.start_s)
    starts = {_beat(times_s, phrase.start_s + track.offset_s): phrase for phrase in in_order}
    firsts, phrases = list(starts), list(starts.values())
    kinds, mood = kinds_of(phrases), mood_of(phrases)
    end = max(_beat(times_s, phrases[-1].end_s + track.offset_s), firsts[-1] + 1)
    entries = b""
    for number, (first, following, phrase, kind) in enumerate(
        zip(firsts, [*firsts[1:], end], phrases, kinds, strict=True), 1
    ):
        is_usual = phrase.group == phrases[kinds.index(kind)].group
        fill = _fill_beat(track, times_s, first, following) if kind in _WITH_FILL[mood] else 0
        variants = (is_usual, kind == _UP and not is_usual) if mood == HIGH else (0, 0)
        entries += _ENTRY.pack(number, first, kind, *variants, fill > 0, fill)
    head = _HEAD.pack(0, _ENTRY.size, len(firsts), mood, min(end, _MOST))
    return head[:_MASK_FROM] + TrackAnalysis.masked(head[_MASK_FROM:] + entries, 0, len(firsts))


def _beat(times_s: np.ndarray, time_s: float) -> int:
    """The number, from 1, of the beat nearest to a time."""
    return int(np.abs(times_s - time_s).argmin()) + 1


def _fill_beat(track: StickTrack, times_s: np.ndarray, first: int, following: int) -> int:
    """The beat in the last bar of a phrase at which a fill begins; 0 without."""
    if following - first < 3 * _BEATS_A_BAR or following > len(times_s) or not track.strip:
        return 0
    low = np.frombuffer(track.strip, np.uint8).reshape(3, -1)[0]
    edges = np.rint((times_s[first - 1 : following] - track.offset_s) * Strip.RATE_HZ).astype(np.int64)
    edges = np.clip(edges, 0, len(low))
    means = np.array([low[a:b].mean() if b > a else 0.0 for a, b in pairwise(edges)])
    bars = means[len(means) % _BEATS_A_BAR :].reshape(-1, _BEATS_A_BAR)
    differs = np.abs(bars[-1] - np.median(bars[:-1], axis=0)) >= _FILL_LEVELS
    if not differs.any():
        return 0
    return following - _BEATS_A_BAR + int(differs.argmax())


FOLDER = "/PIONEER/USBANLZ"
_HASH_FACTORS, _HASH_MODULUS = (0x5BC9, 0x93B5), 0x30D43
_FOLDER_BITS = (0, 2, 6, 7, 9, 13, 16)  # the bits of the hash that make the number of the folder around

_TAG, _FILE_REST = struct.Struct(">4s2I"), struct.pack(">4I", 1, 0x10000, 0x10000, 0)
_FILE_HEAD_BYTES = 28
_BEATS = np.dtype([("number", ">u2"), ("bpm", ">u2"), ("time_ms", ">u4")])
_EXACT_BEATS = np.dtype([("number", np.int64), ("bpm", np.int64), ("time_us", np.int64)])
_MOST_BPM_X100 = 0xFFFF
_SEEK_BYTES = 1604
_NO_TIME, _NO_ORDER, _CUE_UNKNOWN, _CUE_STEP = 0xFFFFFFFF, 0xFFFF, 0x10000, 1000
_OLD_CUE = struct.Struct(">4s5I2HBxH2I16x")
_CUE = struct.Struct(">4s3IBxH2I2B6x2HI")
_CUE_TAIL_BYTES = 40
_MEMORY, _HOT = 0, 1
_OLD_HOT_CUES = 3  # the most that players before the nexus 2 have
_POINT, _LOOP = 1, 2
_MEMORY_STATUS = 4
_WAVES = {"PWV3": (1, 0x00960000), "PWV4": (6, 0), "PWV5": (2, 0x00960305), "PWV6": (3,), "PWV7": (3, 0x00960000)}
"""Bytes of an entry, and a constant."""
_WAVE_COLORS = struct.pack(">3H", 80, 95, 100)
_HOT_COLORS = {
    "pink": 0x31, "red": 0x2A, "orange": 0x26, "yellow": 0x20, "green": 0x16, "aqua": 0x05, "blue": 0x01,
    "purple": 0x38,
}  # fmt: skip
"""Numbers in rekordbox's palette of hot cues, for screens; buttons have any colour."""
POINTS_A_SECOND = 150
_RANGE_DB = 48.0
_BYTE, _MOST_7 = 255.0, 127
_TINY, _SMALL, _WIDE = 100, 400, 1200
_OVERVIEW_HEIGHT, _STACKED_HEIGHT = 25, 42
"""The most of an overview, and of each band where three are drawn on each other."""
_BAND_ROOTS = np.array([[0.5], [0.6], [0.8]])  # exponents of the bands' amplitudes: highs are drawn smaller
_LANES = np.array([[110.0], [72.0], [39.0]])  # the most of red, green and blue in PWV4
_MOST_BRIGHT = 120

Bands = npt.NDArray[np.float64]


def analysis_path(path: str, taken: Container[str] = ()) -> str:
    """The path of the .DAT on the stick, "/PIONEER/USBANLZ/P016/0000875E/ANLZ0000.DAT", which players derive too.

    path: of the audio file, from the root of the stick
    taken: paths of other tracks' .DAT, as two files may have the same hash
    """
    value, (first, second) = 0, _HASH_FACTORS
    for (unit,) in struct.iter_unpack("<H", path.encode("utf-16-le", "replace")):
        value = ((first * value + unit) * second + unit) & 0xFFFFFFFF
    value %= _HASH_MODULUS
    around = sum((value >> bit & 1) << place for place, bit in enumerate(_FOLDER_BITS))
    number = 0
    while (place := f"{FOLDER}/P{around:03X}/{value:08X}/ANLZ{number:04X}.DAT") in taken:
        number += 1
    return place


def analysis_files(track: StickTrack) -> dict[str, bytes]:
    """The files by suffix: ".DAT", ".EXT" and ".2EX"."""
    beats = beats_of(track)
    grid, fine_grid = grid_tags(beats)
    path = track.path.encode("utf-16-be", "replace") + b"\0\0"
    place = _tag(b"PPTH", struct.pack(">I", len(path)), path)
    waves = {name: _tag(name.encode(), _wave_head(name, len(data)), data) for name, data in waveforms(track).items()}
    hot = sorted((cue for cue in track.cues if cue.number is not None), key=_button)
    memory = sorted((cue for cue in track.cues if cue.number is None), key=lambda cue: cue.position_s)
    early = [cue for cue in hot if _button(cue) <= _OLD_HOT_CUES]
    structure = song_structure(track, beats["time_us"] / 1e6)
    return {
        ".DAT": _file(
            place,
            _tag(b"PVBR", bytes(4), bytes(_SEEK_BYTES)),
            grid,
            waves["PWAV"],
            waves["PWV2"],
            _old_cues(_HOT, early, track),
            _old_cues(_MEMORY, memory[:MEMORY_CUES], track),
        ),
        ".EXT": _file(
            place,
            waves["PWV3"],
            _old_cues(_HOT, hot[len(early) :], track),
            _old_cues(_MEMORY, (), track),
            _cues(_HOT, hot, track),
            _cues(_MEMORY, memory, track),
            fine_grid,
            waves["PWV5"],
            waves["PWV4"],
            b"" if structure is None else _tag(b"PSSI", structure[:20], structure[20:]),
        ),
        ".2EX": _file(place, waves["PWV7"], waves["PWV6"], _tag(b"PWVC", bytes(2), _WAVE_COLORS)),
    }


def _tag(name: bytes, head: bytes, content: bytes = b"") -> bytes:
    size = _TAG.size + len(head)
    return _TAG.pack(name, size, size + len(content)) + head + content


def _file(*tags: bytes) -> bytes:
    content = b"".join(tags)
    return _TAG.pack(b"PMAI", _FILE_HEAD_BYTES, _FILE_HEAD_BYTES + len(content)) + _FILE_REST + content


def _wave_head(name: str, length: int) -> bytes:
    """Bytes of an entry, number of entries, and a constant; length and constant for PWAV and PWV2."""
    if name not in _WAVES:
        return struct.pack(">2I", length, 0x10000)
    size, *constant = _WAVES[name]
    return struct.pack(f">{2 + len(constant)}I", size, length // size, *constant)


# ---- beats ---------------------------------------------------------------------------------------


def beats_of(track: StickTrack) -> npt.NDArray[np.void]:
    """All beats from the start of the track to its end, on rekordbox's time scale: `time_us`, `bpm` and `number`."""
    parts, following = [np.zeros(0, _EXACT_BEATS)], 0
    marks = sorted(track.grid, key=lambda mark: mark.position_s)
    for mark, end_s in zip(marks, [*(mark.position_s for mark in marks), math.inf][1:], strict=bool(marks)):
        period_s, start_s = 60.0 / mark.bpm, mark.position_s + track.offset_s
        before = 0 if len(parts) > 1 else max(0, math.floor(start_s / period_s))
        last_s = min(end_s + track.offset_s - period_s / 2, track.duration_s)
        steps = np.arange(-before, max(math.ceil((last_s - start_s) / period_s), 0))
        first = following if mark.beat is None else mark.beat - 1
        beats = np.empty(len(steps), _EXACT_BEATS)
        beats["time_us"] = np.rint(1e6 * (start_s + steps * period_s))
        beats["bpm"] = min(round(100 * mark.bpm), _MOST_BPM_X100)
        beats["number"] = (first + steps) % _BEATS_A_BAR + 1
        parts.append(beats)
        following = first + len(steps) - before
    joined = np.concatenate(parts)
    return np.asarray(joined[joined["time_us"] >= 0])


def grid_tags(beats: npt.NDArray[np.void]) -> tuple[bytes, bytes]:
    """PQTZ, and PQT2."""
    entries = np.empty(len(beats), _BEATS)
    entries["number"], entries["bpm"], entries["time_ms"] = beats["number"], beats["bpm"], beats["time_us"] // 1000
    ends = entries[[0, -1]].tobytes() if len(entries) else bytes(16)
    total = sum(int(entries[name].astype(np.int64).sum()) for name in ("number", "bpm", "time_ms"))
    head = struct.pack(">3I", 0, 0x01000002, 0) + ends + struct.pack(">4I", len(entries), total & 0xFFFFFFFF, 0, 0)
    return (
        _tag(b"PQTZ", struct.pack(">3I", 0, 0x80000, len(entries)), entries.tobytes()),
        _tag(b"PQT2", head, (beats["time_us"] % 1000).astype(">u2").tobytes()),
    )


# ---- cues ----------------------------------------------------------------------------------------


def _old_cues(kind: int, cues: Sequence[CuePoint], track: StickTrack) -> bytes:
    """PCOB: cue points without names and colours."""
    last = len(cues) - 1 if kind == _MEMORY else -1
    entries = b"".join(
        _OLD_CUE.pack(
            b"PCPT", 28, _OLD_CUE.size, _button(cue), 0 if kind == _HOT else _MEMORY_STATUS, _CUE_UNKNOWN, _NO_ORDER,
            _NO_ORDER, _LOOP if cue.length_s else _POINT, _CUE_STEP, *_times_ms(cue, track),
        )
        for cue in cues
    )  # fmt: skip
    return _tag(b"PCOB", struct.pack(">I2Hi", kind, 0, len(cues), last), entries)


def _cues(kind: int, cues: Sequence[CuePoint], track: StickTrack) -> bytes:
    """PCO2: cue points with names and colours."""
    return _tag(b"PCO2", struct.pack(">I2H", kind, len(cues), 0), b"".join(packed_cue(cue, track) for cue in cues))


def packed_cue(cue: CuePoint, track: StickTrack) -> bytes:
    """An entry of PCO2."""
    name = shown(cue.name or CuePoint.KIND_NAMES.get(cue.kind))
    comment = name.encode("utf-16-be") + b"\0\0" if name else b""
    color = Colour.nearest_of_eight(cue.color) if cue.color else None
    number = list(Colour.EIGHT).index(color) + 1 if color and cue.number is None else 0
    hot_color = f"{_HOT_COLORS[color]:02x}{(cue.color or '')[1:]}" if color and cue.number is not None else "00000000"
    size = _CUE.size + len(comment) + 4 + _CUE_TAIL_BYTES
    head = _CUE.pack(
        b"PCP2", 16, size, _button(cue), _LOOP if cue.length_s else _POINT, _CUE_STEP, *_times_ms(cue, track),
        number, 1, *_beats_of_loop(cue, track.grid), len(comment),
    )  # fmt: skip
    return head + comment + bytes.fromhex(hot_color) + bytes(_CUE_TAIL_BYTES)


def _button(cue: CuePoint) -> int:
    return 0 if cue.number is None else cue.number + 1


def _times_ms(cue: CuePoint, track: StickTrack) -> tuple[int, int]:
    start_s = max(cue.position_s + track.offset_s, 0.0)
    end_ms = round(1000 * (start_s + cue.length_s)) if cue.length_s else _NO_TIME
    return round(1000 * start_s), end_ms


def _beats_of_loop(cue: CuePoint, grid: Iterable[GridMark]) -> tuple[int, int]:
    """The length of a loop in beats as a fraction; zeros if it is no power of two."""
    marks = [mark for mark in grid if mark.position_s <= cue.position_s] or list(grid)[:1]
    if not cue.length_s or not marks:
        return 0, 0
    beats = cue.length_s * marks[-1].bpm / 60.0
    power = round(math.log2(beats))
    if abs(power) > 9 or abs(beats / 2.0**power - 1.0) > 0.01:
        return 0, 0
    return (2.0**power).as_integer_ratio()


def waveforms(track: StickTrack) -> dict[str, bytes]:
    """The entries of the waveforms by their tag; flat without a strip.

    Scales are fitted to the two demo tracks of rekordbox (rekordcrate's example export): heights of the details follow
    the amplitude, those of overviews its root. In PWV6 and PWV7 the bytes are low, mid and high: in these files the
    first follows the red of PWV5, and the third its blue.
    """
    bands = _amplitudes(track)
    small, tiny, wide = (_overview(bands, points) for points in (_SMALL, _TINY, _WIDE))
    bright = np.rint(_MOST_BRIGHT * np.sqrt(_total(wide)))
    loudest = bands.max(axis=0, initial=0.0)
    red, green, blue = np.rint(7 * bands / np.where(loudest > 0.0, loudest, 1.0)).astype(np.uint16)
    height = np.rint(31 * _total(bands)).astype(np.uint16)
    return {
        # Heights with whiteness.
        "PWAV": _heights(small, _OVERVIEW_HEIGHT, 0.5),
        "PWV3": _heights(bands, 31, 1.0),
        "PWV2": bytes(np.rint(15 * np.sqrt(_total(tiny))).astype(np.uint8)),
        # Brightness, its inverse, the height of the blue form, red, green and blue.
        "PWV4": _columns(bright, _BYTE - bright, bright, *(_LANES * np.sqrt(wide))),
        # Three bits each of red, green and blue, and a height of five bits.
        "PWV5": np.asarray(red << 13 | green << 10 | blue << 7 | height << 2).astype(">u2").tobytes(),
        # Low, mid and high; in the overview they are stacked.
        "PWV7": _columns(*(_MOST_7 * bands**_BAND_ROOTS)),
        "PWV6": _columns(*(_STACKED_HEIGHT * wide**_BAND_ROOTS)),
    }


def _overview(bands: Bands, points: int) -> Bands:
    """The bands at equal parts of the track, between their mean and their highest amplitude."""
    count = bands.shape[1]
    if not count:
        return np.zeros((3, points))
    starts = np.arange(points) * count // points
    ends = np.maximum(np.append(starts[1:], count), starts + 1)
    sums = np.concatenate([np.zeros((3, 1)), np.cumsum(bands, axis=1)], axis=1)
    means = (sums[:, ends] - sums[:, starts]) / (ends - starts)
    return np.asarray((means + np.maximum.reduceat(bands, starts, axis=1)) / 2)


def _amplitudes(track: StickTrack) -> Bands:
    """Amplitudes of the bands, 0-1, `POINTS_A_SECOND`, from time zero of rekordbox."""
    points = math.ceil(track.duration_s * POINTS_A_SECOND)
    levels = np.frombuffer(track.strip, np.uint8).reshape(3, -1)
    if not levels.shape[1]:
        return np.zeros((3, points))
    scale = np.where(np.arange(256) > 0, 10.0 ** (_RANGE_DB / 20.0 * (np.arange(256) / _BYTE - 1.0)), 0.0)
    amplitudes = np.pad(scale[levels], ((0, 0), (1, 2)))
    at = (np.arange(points) / POINTS_A_SECOND - track.offset_s) * Strip.RATE_HZ + 1
    first = np.clip(np.floor(at).astype(np.int64), 0, amplitudes.shape[1] - 2)
    return np.asarray(np.maximum(amplitudes[:, first], amplitudes[:, first + 1]))


def _total(bands: Bands) -> npt.NDArray[np.float64]:
    """The amplitude of the whole, 1 at the loudest point."""
    total = np.sqrt(np.square(bands).sum(axis=0))
    return np.asarray(total / max(1.0, total.max(initial=0.0)))


def _heights(bands: Bands, most: int, root: float) -> bytes:
    whole = bands.sum(axis=0)
    white = np.rint(7 * bands[2] / np.where(whole > 0.0, whole, 1.0)).astype(np.uint8)
    return bytes(white << 5 | np.rint(most * _total(bands) ** root).astype(np.uint8))


def _columns(*lanes: npt.NDArray[np.float64]) -> bytes:
    return np.rint(np.stack(lanes, axis=1)).astype(np.uint8).tobytes()
