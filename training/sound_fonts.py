"""The sound fonts that play the key clips, and how a packed one is unpacked.

FluidR3 (MIT; Debian: fluid-soundfont-gm) and MuseScore_General (MIT, its orchestra CC0; Debian:
musescore-general-soundfont), whose strings are a recorded chamber orchestra. The second one comes with its samples
packed by Vorbis, which a synthesiser would have to unpack for each clip: two seconds instead of a half.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator

import numpy as np
import soundfile

FLUID = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
MUSESCORE = "/usr/share/sounds/sf3/MuseScore_General_Full.sf3"
PACKED = 0x10
"""The bit of a sample's type that says Vorbis (SoundFont 3)."""
HEADER = struct.Struct("<20s5IBbHH")
"""A sample's header: name, start, end, start and end of its loop, rate, pitch, correction, link, type."""
GUARD = 46
"""Samples of silence after each one that SoundFont 2.04 wants (6.1)."""


def unpacked(path: str, folder: str) -> str:
    """The path of a font of plain samples in `folder`, made from a packed one unless it is there already."""
    target = os.path.join(folder, os.path.splitext(os.path.basename(path))[0] + ".sf2")
    if not os.path.exists(target):
        with open(path, "rb") as file:
            data = file.read()
        partial = f"{target}.part"
        with open(partial, "wb") as file:
            file.write(_unpack(data))
        os.replace(partial, target)
    return target


def _unpack(data: bytes) -> bytes:
    lists = {bytes(body[:4]): body for _, body in _chunks(data, 12)}
    info = [(name, body) for name, body in _chunks(lists[b"INFO"], 4) if name != b"ifil"]
    packed = next(body for name, body in _chunks(lists[b"sdta"], 4) if name == b"smpl")
    hydra = dict(_chunks(lists[b"pdta"], 4))
    samples: list[bytes] = []
    headers: list[bytes] = []
    place = 0
    fields = list(HEADER.iter_unpack(hydra[b"shdr"]))
    for name, start, end, loop, loop_end, *rest in fields[:-1]:
        if rest[-1] & PACKED:
            y, _ = soundfile.read(io.BytesIO(packed[start:end]), dtype="int16")
            rest[-1] &= ~PACKED
        else:  # loops of plain samples count from the beginning of all samples
            y, loop, loop_end = np.frombuffer(packed[2 * start : 2 * end], dtype="<i2"), loop - start, loop_end - start
        samples += [y.astype("<i2").tobytes(), bytes(2 * GUARD)]
        headers.append(HEADER.pack(name, place, place + y.size, place + loop, place + loop_end, *rest))
        place += y.size + GUARD
    hydra[b"shdr"] = b"".join([*headers, HEADER.pack(*fields[-1])])
    version = _chunk(b"ifil", struct.pack("<HH", 2, 1))
    body = b"sfbk" + b"".join(
        [
            _chunk(b"LIST", b"INFO" + version + b"".join(_chunk(name, text) for name, text in info)),
            _chunk(b"LIST", b"sdta" + _chunk(b"smpl", b"".join(samples))),
            _chunk(b"LIST", b"pdta" + b"".join(_chunk(name, part) for name, part in hydra.items())),
        ]
    )
    return _chunk(b"RIFF", body)


def _chunks(data: bytes, begin: int) -> Iterator[tuple[bytes, bytes]]:
    """(name, body) of the chunks from a place on."""
    while begin + 8 <= len(data):
        size = int.from_bytes(data[begin + 4 : begin + 8], "little")
        yield data[begin : begin + 4], data[begin + 8 : begin + 8 + size]
        begin += 8 + size + size % 2


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)
