"""The files MYSETTING.DAT, MYSETTING2.DAT and DJMMYSETTING.DAT of the folder PIONEER, without which players stop."""

from __future__ import annotations

import binascii
import struct

_MAKER = struct.Struct("<I32s32s32sI")
_MAKER_BYTES = 0x60
_FILES = (
    ("MYSETTING.DAT", b"PIONEER", b"0.001",
     "78563412 02000000 81838188 81018281 81010101 82808081 80818000 00810000 81818180 81800000"),
    ("MYSETTING2.DAT", b"PIONEER", b"0.001",
     "81808383 81000000 00008081 85000000 00000000 00000000 00000000 00000000 00000000 00000000"),
    ("DJMMYSETTING.DAT", b"PioneerDJ", b"1.000",
     "78563412 01000000 20000000 81828080 81818081 80808582 80000000" + 24 * "00"),
)  # fmt: skip
"""Name, maker, version, and the values that rekordbox 6 writes for a new user."""
_SUM_FROM_START = frozenset({"DJMMYSETTING.DAT"})


def setting_files() -> dict[str, bytes]:
    """Their bytes by name, with the defaults of players and mixers."""
    files = {}
    for name, maker, version, values in _FILES:
        data = bytes.fromhex(values)
        content = _MAKER.pack(_MAKER_BYTES, maker, b"rekordbox", version, len(data)) + data
        total = binascii.crc_hqx(content if name in _SUM_FROM_START else data, 0)
        files[name] = content + struct.pack("<2H", total, 0)
    return files
