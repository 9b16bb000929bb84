"""rekordbox's analysis of a track: the files `ANLZ0000.DAT` and `.EXT` beside its database, and on USB sticks.

Both are a sequence of tags with a name, the length of the head and the total length; numbers are big-endian. Reads
beats (PQTZ), cue points (PCOB, and PCO2 with names and colours) and phrases (PSSI). The layout is from Deep Symmetry's
"DJ Link Ecosystem Analysis" and `rekordbox_anlz.ksy`, the table of colours from rekordcrate, the mask of phrases from
pyrekordbox. Does not read waveforms, nor vocals (PVDI), a row of bytes whose times are unknown. pyrekordbox also reads
these files, but completely and field by field: 8 ms for a file of 700 beats, a quarter of an hour for 100,000 files.
Reading only the needed tags takes a twentieth of that.
"""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.inside import Role
from map4.core.music.analysis.plausible import MOST_SECONDS
from map4.core.music.palette import Colour
from map4.core.music.track.cues import CuePoint, GridMark, ImportedPhrase
from map4.formats.beat_grid import BeatGrid
from map4.formats.fields import unreadable as unreadable_of
from map4.formats.values import UNREADABLE_GRIDS

_FILE_TAG, _GRID_TAG, _OLD_CUES_TAG, _CUES_TAG, _PHRASES_TAG = b"PMAI", b"PQTZ", b"PCOB", b"PCO2", b"PSSI"
_WANTED = frozenset({_GRID_TAG, _OLD_CUES_TAG, _CUES_TAG, _PHRASES_TAG})
_HEAD = struct.Struct(">4sII")
_COUNT_AT = 20
_BEATS = np.dtype([("number", ">u2"), ("bpm", ">u2"), ("time_ms", ">u4")])
_NO_BEATS = np.empty(0, _BEATS)
_OLD_CUE = struct.Struct(">12xI12xB3xII")
_CUE = struct.Struct(">12xIB3xIIB11xI")
_PHRASE = struct.Struct(">2xHH18x")
_BPM_SCALE, _MS = 100.0, 1000.0
_MOST_MS = MOST_SECONDS * _MS
# Beats are rounded to whole milliseconds, including the first beat of a run.
_TOLERANCE_S = 0.0015
_METRE = 4
_MOST_BYTES = 64_000_000
_MOST_TAGS = 1000

COLORS = tuple(Colour.EIGHT.values())
"""Colours of tracks and memory cues, from number 1, like `djmdColor.ID` of the master database."""
_HOT_COLORS = bytes.fromhex(
    "305aff5073ff508cff50a0ff50b4ff50b0f250aee845acdb00e0ff19daf032d2e621b4b920aaa01fa39219a08c14a58414aa7d10b17630d26e"
    "37de5a3ceb5028e2147dc13d8cc8329bd723a5e116a5dc0aaad208b4c805b4be04bab404c3af04e1aa00ffa000ff9600ff8c00ff7500e0641b"
    "e0461ee0301ee02823e62828ff376fff2d6fff127bf51e8ceb2da0e637b4de44cfde448de630b4e619dce600ffdc00ffcc00ffb432ffb93cff"
    "c542ffaa5affaa72ff8272ff6473ff"
)
"""Colours of hot cues, from number 1, as rekordbox shows them and writes them into its XML."""

_LOOP = 2
_MOODS = {
    1: {1: "Intro", 2: "Up", 3: "Down", 5: "Chorus", 6: "Outro"},
    2: {1: "Intro", **{kind: f"Verse {kind - 1}" for kind in range(2, 8)}, 8: "Bridge", 9: "Chorus", 10: "Outro"},
    3: {1: "Intro", **{kind: f"Verse {1 + kind // 5}" for kind in range(2, 8)}, 8: "Bridge", 9: "Chorus", 10: "Outro"},
}
"""rekordbox's words for phrases, by the mood of the track: high, mid, low."""
_GROUPS = "ABCDEFGHIJK"
_ROLES: dict[str, Role] = {"Intro": "intro", "Outro": "outro"}
_ROLES_HIGH: dict[str, Role] = {**_ROLES, "Up": "build", "Down": "break", "Chorus": "drop"}
_MASK_FROM = 18
_MASK = bytes.fromhex("cbe1eefae5eeadeee9d2e9ebe1e9f3e8e9f4e1")

LOST_CUES = "cue points that can't be read"
LOST_PHRASES = "phrases that can't be read"
NO_ANALYSIS = "beat grids whose file is missing"


@dataclass(frozen=True, slots=True)
class TrackAnalysis:
    """The data of the files, on rekordbox's time scale; bars of four."""

    grid: tuple[GridMark, ...] = ()
    cues: tuple[CuePoint, ...] = ()
    structure: tuple[ImportedPhrase, ...] = ()

    @staticmethod
    def tags(root: str, path: str, wanted: Container[bytes] | None = None) -> list[tuple[bytes, bytes]]:
        """Return name and bytes of tags, in order, complete.

        wanted: names; None for all tags of a file that contains nothing else
        """
        inside = os.path.normpath(path.replace("\\", "/").lstrip("/"))
        if inside.startswith("..") or os.path.isabs(inside):
            raise ValueError("a path that leads out of the library")
        fields: list[tuple[bytes, bytes]] = []
        try:
            with OnDisk(os.path.join(root, inside)).open() as file:
                name, at, end = _HEAD.unpack(file.read(_HEAD.size))
                if name != _FILE_TAG:
                    raise ValueError("it is not an analysis file of rekordbox")
                for _ in range(_MOST_TAGS):
                    file.seek(at)
                    head = file.read(_HEAD.size)
                    if at >= end or not head:
                        break
                    name, _, size = _HEAD.unpack(head)
                    if size < _HEAD.size:
                        raise ValueError("a tag without a length")
                    if wanted is None or name in wanted:
                        data = head + file.read(min(size, _MOST_BYTES) - _HEAD.size)
                        if len(data) < size:
                            raise ValueError("it ends too soon")
                        fields.append((name, data))
                    at += size
                if wanted is None and at != end:
                    raise ValueError("it is cut off")
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ValueError(f"it can't be opened: {error.strerror}") from None
        except struct.error as error:
            raise ValueError(f"it ends too soon: {error}") from None
        return fields

    @staticmethod
    def cue(entry: bytes, offset_s: float) -> CuePoint:
        """Read an entry of PCO2, which has a name and a colour."""
        button, kind, time_ms, end_ms, color, length = _CUE.unpack_from(entry)
        behind = entry[_CUE.size + length :]
        name = entry[_CUE.size : _CUE.size + length].decode("utf-16-be", "replace").rstrip("\0")
        if not button:
            shown = COLORS[color - 1] if 0 < color <= len(COLORS) else None
        else:
            at = 3 * behind[0] - 3 if behind else -1
            rgb = (_HOT_COLORS[at : at + 3] if at >= 0 else b"") or behind[1:4]
            shown = "#" + rgb.hex() if len(rgb) == 3 and any(rgb) else None
        return _cue_point(offset_s, button, kind, time_ms, end_ms, name or None, shown)

    @staticmethod
    def masked(data: bytes, version: int, count: int) -> bytes:
        """Apply or remove rekordbox's mask of phrases, from their mood on."""
        mask = bytes(byte + count & 0xFF for byte in _MASK)
        first = version % len(mask)
        long = (mask * (len(data) // len(mask) + 2))[first : first + len(data)]
        return (int.from_bytes(data) ^ int.from_bytes(long)).to_bytes(len(data))


def rekordbox_analysis(root: str, analysis_path: str, left_out: Counter[str], offset_s: float = 0.0) -> TrackAnalysis:
    """Read the analysis files of a track.

    root: the folder that contains PIONEER: of a stick, or "share" of a library
    analysis_path: of the .DAT in it, such as "/PIONEER/USBANLZ/…/ANLZ0000.DAT"; the .EXT is beside it
    left_out: counts unreadable items
    offset_s: subtracted from all times
    """
    tags: list[tuple[bytes, bytes]] = []
    for path, unreadable in (
        (analysis_path, UNREADABLE_GRIDS),
        (os.path.splitext(analysis_path)[0] + ".EXT", "analysis files (.EXT) that can't be read"),
    ):
        try:
            tags += TrackAnalysis.tags(root, path, _WANTED)
        except FileNotFoundError:
            if path is analysis_path:
                left_out[NO_ANALYSIS] += 1
        except ValueError:
            left_out[unreadable] += 1
    beats = _NO_BEATS
    grid: tuple[GridMark, ...] = ()
    try:
        beats = _beats(tags)
        grid = _marks(beats, offset_s)
    except ValueError:
        left_out[UNREADABLE_GRIDS] += 1
    try:
        structure = _phrases(tags, beats, offset_s)
    except (ValueError, struct.error):
        left_out[LOST_PHRASES] += 1
        structure = ()
    return TrackAnalysis(grid, _cues(tags, left_out, offset_s), structure)


def _beats(tags: Iterable[tuple[bytes, bytes]]) -> np.ndarray:
    """Return number in the bar, hundredths of BPM and milliseconds of each beat."""
    for name, tag in tags:
        if name == _GRID_TAG and len(tag) >= _COUNT_AT + 4:
            (count,) = struct.unpack_from(">I", tag, _COUNT_AT)
            start = int.from_bytes(tag[4:8], "big")
            return np.frombuffer(tag, _BEATS, count, start) if count else _NO_BEATS
    return _NO_BEATS


def _marks(beats: np.ndarray, offset_s: float) -> tuple[GridMark, ...]:
    if not len(beats):
        return ()
    times_ms, first_ms = beats["time_ms"].astype(np.int64), int(beats["time_ms"][0])
    number, bpm = int(beats["number"][0]), int(beats["bpm"][0]) / _BPM_SCALE
    if bpm > 0 and _is_even(beats.tobytes()):
        drift_ms = times_ms - np.arange(len(beats)) * (60.0 * _MS / bpm)
        if max(first_ms - drift_ms.min(), drift_ms.max() - first_ms) <= _MS * _TOLERANCE_S:
            return (GridMark(position_s=_time(first_ms, offset_s), bpm=bpm, metre=_METRE, beat=number),)
    numbers = beats["number"].tolist()
    if not 1 <= min(numbers) <= max(numbers) <= _METRE:
        raise ValueError("a beat outside of its bar")
    return BeatGrid.of_beats((times_ms / _MS - offset_s).tolist(), tolerance_s=_TOLERANCE_S, numbers=numbers)


def _is_even(data: bytes) -> bool:
    """Return whether beats have a constant tempo and complete bars, as in most tracks, which then need no search."""
    # Compares bytes of the big-endian numbers: arrays are several times slower with this few beats.
    size = _BEATS.itemsize
    count, first, bars = len(data) // size, data[1], bytes(range(1, _METRE + 1))
    in_order = (bars * (count // _METRE + 2))[first - 1 : first - 1 + count]
    tempo = all(data[at::size] == data[at : at + 1] * count for at in (2, 3))
    return 1 <= first <= _METRE and not any(data[0::size]) and tempo and data[1::size] == in_order


def _time(time_ms: int, offset_s: float) -> float:
    return round(time_ms / _MS - offset_s, 6)


# ---- cue points ----------------------------------------------------------------------------------


def _cues(tags: Sequence[tuple[bytes, bytes]], left_out: Counter[str], offset_s: float) -> tuple[CuePoint, ...]:
    """Return the cue points by position; hot cues, or memory cues, in newer tags replace those in older tags."""
    newer = list(_cues_of(tags, _CUES_TAG, left_out, offset_s))
    older = _cues_of(tags, _OLD_CUES_TAG, left_out, offset_s, {cue.number is not None for cue in newer})
    cues = dict.fromkeys(sorted((*newer, *older), key=lambda cue: cue.number is None))
    return tuple(sorted(cues, key=lambda cue: cue.position_s))


def _cues_of(
    tags: Iterable[tuple[bytes, bytes]],
    wanted: bytes,
    left_out: Counter[str],
    offset_s: float,
    without: Container[bool] = (),
) -> Iterator[CuePoint]:
    """Yield the cue points of tags of one name; `without` skips cues with buttons (True) or without (False)."""
    is_new = wanted == _CUES_TAG
    for name, tag in tags:
        if name != wanted:
            continue
        try:
            _, at, _ = _HEAD.unpack_from(tag)
            (count,) = struct.unpack_from(">H", tag, 16 if is_new else 18)
            for _ in range(count):
                _, _, size = _HEAD.unpack_from(tag, at)
                entry = tag[at : at + size]
                at += size
                button, kind, time_ms, end_ms = _CUE.unpack_from(entry)[:4] if is_new else _OLD_CUE.unpack_from(entry)
                if (button > 0) in without:
                    continue
                if kind == _LOOP and not time_ms < end_ms <= _MOST_MS:
                    left_out[unreadable_of("cues.length_s")] += 1
                newer = TrackAnalysis.cue(entry, offset_s) if is_new else None
                yield newer or _cue_point(offset_s, button, kind, time_ms, end_ms)
        except (struct.error, ValueError):
            left_out[LOST_CUES] += 1


def _cue_point(
    offset_s: float,
    button: int,
    kind: int,
    time_ms: int,
    end_ms: int,
    name: str | None = None,
    color: str | None = None,
) -> CuePoint:
    if time_ms > _MOST_MS:
        raise ValueError("an impossible time")
    is_loop = kind == _LOOP and time_ms < end_ms <= _MOST_MS
    return CuePoint(
        position_s=_time(time_ms, offset_s),
        kind="loop" if is_loop else "cue",
        number=button - 1 if button else None,
        name=name,
        length_s=(end_ms - time_ms) / _MS if is_loop else None,
        color=color,
    )


# ---- phrases -------------------------------------------------------------------------------------


def _phrases(tags: Iterable[tuple[bytes, bytes]], beats: np.ndarray, offset_s: float) -> tuple[ImportedPhrase, ...]:
    tag = next((tag for name, tag in tags if name == _PHRASES_TAG), None)
    if tag is None or not len(beats):
        return ()
    (_, start, _), (version, _, count, mood) = _HEAD.unpack_from(tag), struct.unpack_from(">HHHH", tag, 12)
    if mood not in _MOODS:  # rekordbox 6 and 7 mask exported phrases
        tag = tag[:_MASK_FROM] + TrackAnalysis.masked(tag[_MASK_FROM:], version, count)
        (mood,) = struct.unpack_from(">H", tag, _MASK_FROM)
    (last,) = struct.unpack_from(">H", tag, 26)
    words, roles = _MOODS.get(mood), _ROLES_HIGH if mood == 1 else _ROLES
    phrases = list(_PHRASE.iter_unpack(tag[start : start + count * _PHRASE.size]))
    if words is None or len(phrases) < count:
        raise ValueError("no phrases")
    names = [words.get(kind) for _, kind in phrases]
    groups = dict(zip(dict.fromkeys(names), _GROUPS, strict=False))
    firsts, most = [*(first for first, _ in phrases), last], len(beats)
    times_ms = beats["time_ms"]
    times_s = [_time(int(times_ms[min(max(first, 1), most) - 1]), offset_s) for first in firsts]
    return tuple(
        [
            ImportedPhrase(
                start_s=start_s,
                end_s=end_s,
                bars=(following - first) // _METRE,
                group=groups[name],
                role=roles.get(name or ""),
                name=name,
            )
            for name, first, following, start_s, end_s in zip(
                names, firsts, firsts[1:], times_s, times_s[1:], strict=False
            )
            if start_s < end_s
        ]
    )
