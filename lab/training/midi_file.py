"""Standard MIDI files: read the notes of a song in seconds, write notes for a synthesiser."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

WRITE_DIVISION = 10_000
WRITE_TEMPO_US = 1_000_000
"""Ten thousand ticks a quarter note of one second: times are kept to 0.1 ms, whatever the music's tempo is."""
DEFAULT_TEMPO_US = 500_000
DRUM_CHANNEL = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note: `start` and `end` in seconds or beats as the caller needs, `pitch` and `velocity` 0-127."""

    start: float
    end: float
    pitch: int
    velocity: int


def read_notes(content: bytes) -> dict[str, list[Note]]:
    """Read the notes of a format 1 file, times in seconds, by the name of their track.

    Raises
    ------
    ValueError
        If this is no MIDI file with a division in ticks.
    """
    if content[:4] != b"MThd":
        raise ValueError("not a MIDI file")
    _, n_tracks, division = struct.unpack(">HHH", content[8:14])
    if division & 0x8000:
        raise ValueError("time codes are not read")
    place, tempi, tracks = 14, [(0, DEFAULT_TEMPO_US)], []
    for _ in range(n_tracks):
        (length,) = struct.unpack(">I", content[place + 4 : place + 8])
        tracks.append(list(_events(content[place + 8 : place + 8 + length])))
        tempi += [(tick, int.from_bytes(data, "big")) for tick, kind, data in tracks[-1] if kind == 0x51]
        place += 8 + length
    tempi.sort(key=lambda pair: pair[0])
    ticks = np.array([tick for tick, _ in tempi], dtype=float)
    per_tick = np.array([tempo for _, tempo in tempi]) / 1e6 / division
    begin = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * per_tick[:-1])])

    def seconds(tick: int) -> float:
        index = int(np.searchsorted(ticks, tick, side="right")) - 1
        return float(begin[index] + (tick - ticks[index]) * per_tick[index])

    found: dict[str, list[Note]] = {}
    for events in tracks:
        name = next((data.decode("latin-1") for _, kind, data in events if kind == 0x03), "")
        sounding: dict[int, tuple[float, int]] = {}
        notes = found.setdefault(name.upper(), [])
        for tick, kind, data in events:
            if kind & 0xE0 != 0x80 or kind < 0x80:
                continue
            pitch, velocity = data[0], data[1]
            if pitch in sounding:
                start, loud = sounding.pop(pitch)
                notes.append(Note(start=start, end=seconds(tick), pitch=pitch, velocity=loud))
            if kind & 0xF0 == 0x90 and velocity:
                sounding[pitch] = (seconds(tick), velocity)
    return found


def write_notes(parts: Iterable[tuple[int, int, Iterable[Note]]]) -> bytes:
    """Write parts of (channel, program, notes with times in seconds) as a file of one track."""
    events = []
    for channel, program, notes in parts:
        events.append((0, 0, bytes([0xC0 | channel, program])))
        for note in notes:
            start, end = round(note.start * WRITE_DIVISION), round(note.end * WRITE_DIVISION)
            events.append((max(0, start), 2, bytes([0x90 | channel, note.pitch, note.velocity])))
            events.append((max(1, end), 1, bytes([0x80 | channel, note.pitch, 0])))
    events.sort(key=lambda event: event[:2])
    out, now = [b"\x00\xff\x51\x03" + WRITE_TEMPO_US.to_bytes(3, "big")], 0
    for tick, _, data in events:
        out.append(_variable(tick - now) + data)
        now = tick
    body = b"".join(out) + b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, WRITE_DIVISION) + b"MTrk" + struct.pack(">I", len(body)) + body


def _events(body: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(tick, kind, data) of one track; kind is the status byte, or the type of a meta event (below 0x80)."""
    place, tick, status = 0, 0, 0
    while place < len(body):
        delta, place = _read_variable(body, place)
        tick += delta
        if body[place] & 0x80:
            status = body[place]
            place += 1
        if status == 0xFF:
            kind = body[place]
            length, place = _read_variable(body, place + 1)
            yield tick, kind, body[place : place + length]
            place += length
        elif status in (0xF0, 0xF7):
            length, place = _read_variable(body, place)
            place += length
        else:
            size = 1 if status & 0xE0 == 0xC0 else 2
            yield tick, status, body[place : place + size]
            place += size


def _read_variable(body: bytes, place: int) -> tuple[int, int]:
    value = 0
    while True:
        value = value << 7 | body[place] & 0x7F
        place += 1
        if not body[place - 1] & 0x80:
            return value, place


def _variable(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(out[::-1])
