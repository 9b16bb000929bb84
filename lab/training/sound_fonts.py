"""The sound fonts that clips are played with, in the form that loads in an instant.

FluidR3_GM (MIT; Debian: fluid-soundfont-gm) and MuseScore_General (MIT, its newer samples CC0 or in the public domain;
Debian: musescore-general-soundfont). The latter packs each sample as Ogg Vorbis (a *SoundFont 3*), and FluidSynth would
unpack hundreds of megabytes for every clip: here that is done once.
"""

from __future__ import annotations

import io
import os
import struct
import tempfile
from functools import cache

import numpy as np
import soundfile

FLUID = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
MUSESCORE = "/usr/share/sounds/sf3/MuseScore_General_Full.sf3"

SAMPLE_HEADER = struct.Struct("<20sIIIIIBbHH")
"""Name; start, end and both ends of the loop; rate, pitch, correction; linked sample; kind."""
PACKED = 0x10
"""In a sample's kind: its start and end count bytes of Ogg Vorbis, and its loop counts from its own start."""
GAP = 46
"""Zeros after each sample, as the format demands."""


@cache
def sound_fonts() -> tuple[str, str]:
    """Files of both fonts; the second one is unpacked into the folder for temporary files when it is not there yet."""
    plain = os.path.join(tempfile.gettempdir(), "map4-musescore-general.sf2")
    if not os.path.exists(plain):
        with open(MUSESCORE, "rb") as file:
            content = unpacked(file.read())
        # Under another name first: a program that was interrupted must not leave half a font.
        with open(plain + ".part", "wb") as file:
            file.write(content)
        os.replace(plain + ".part", plain)
    return FLUID, plain


def unpacked(content: bytes) -> bytes:
    """A SoundFont 3 as a SoundFont 2.

    Raises
    ------
    ValueError
        If this is no sound font.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"sfbk":
        raise ValueError("not a sound font")
    lists = {data[:4]: dict(_chunks(data[4:])) for _, data in _chunks(content[12:])}
    information, samples, presets = lists[b"INFO"], lists[b"sdta"][b"smpl"], lists[b"pdta"]
    parts, headers, place = [], [], 0
    for fields in SAMPLE_HEADER.iter_unpack(presets[b"shdr"]):
        name, start, end, loop_start, loop_end, *others, kind = fields
        if kind & PACKED:
            wave, _ = soundfile.read(io.BytesIO(samples[start:end]), dtype="int16")
        else:
            wave = np.frombuffer(samples[2 * start : 2 * end], dtype="<i2")
            loop_start, loop_end = loop_start - start, loop_end - start
        headers.append(
            SAMPLE_HEADER.pack(
                name, place, place + wave.size, place + loop_start, place + loop_end, *others, kind & ~PACKED
            )
        )
        parts += [wave.astype("<i2").tobytes(), bytes(2 * GAP)]
        place += wave.size + GAP
    information[b"ifil"] = struct.pack("<HH", 2, 1)
    presets[b"shdr"] = b"".join(headers)
    body = b"sfbk" + _list(b"INFO", information) + _list(b"sdta", {b"smpl": b"".join(parts)}) + _list(b"pdta", presets)
    return _chunk(b"RIFF", body)


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, place = [], 0
    while place + 8 <= len(data):
        name, (length,) = data[place : place + 4], struct.unpack("<I", data[place + 4 : place + 8])
        found.append((name, data[place + 8 : place + 8 + length]))
        place += 8 + length + length % 2
    return found


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _list(name: bytes, chunks: dict[bytes, bytes]) -> bytes:
    return _chunk(b"LIST", name + b"".join(_chunk(key, data) for key, data in chunks.items()))
