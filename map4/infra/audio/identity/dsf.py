"""DSF: streams of DSD, one bit a sample."""

from __future__ import annotations

import struct

from map4.domain.analysis.audio import Identity
from map4.errors import FileError
from map4.infra.audio.identity.payload import PayloadHash
from map4.infra.audio.source import Source

_HEADER_BYTES = 28
_FORMAT_BYTES = 52
_DATA_HEADER_BYTES = 12


def identify_dsf(source: Source, start: int) -> Identity:
    """The data chunk of a DSD stream file; the ID3 tag behind it is left out."""
    at = start + _HEADER_BYTES
    block = source.read(at, _FORMAT_BYTES)
    if len(block) < _FORMAT_BYTES or block[:4] != b"fmt ":
        raise FileError("corrupt", "is a DSF file without a format chunk")
    channels, rate, bits, n_samples = struct.unpack("<IIIQ", block[24:44])
    if n_samples == 0:  # the data chunk then holds one block of padding
        raise FileError("corrupt", "holds no audio data")
    # Bit order, number of samples and block size decide what the bytes mean; the last block is padded with silence.
    payload = PayloadHash(
        "dsd", sample_rate_hz=rate, channels=channels, bits=1, parameters=b"dsf %d " % bits + block[36:48]
    )
    at += max(_FORMAT_BYTES, int.from_bytes(block[4:12], "little"))
    head = source.read(at, _DATA_HEADER_BYTES)
    if head[:4] != b"data":
        raise FileError("corrupt", "is a DSF file without a data chunk")
    payload.add_span(source, at + _DATA_HEADER_BYTES, at + int.from_bytes(head[4:12], "little"))
    # Sizes of both headers, version, kind and layout of channels: what decoders refuse a file for.
    return payload.identity(setup=source.read(start + 4, 8) + block[4:24])
