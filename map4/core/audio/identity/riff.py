"""Files of chunks with a name and a size: WAV (RIFF, RIFX, RF64, BW64), AIFF and AIFC, DSF."""

from __future__ import annotations

import struct

from map4.core.audio.chunks import FILE_HEADER_BYTES, ByteOrder, Chunk, byte_order, chunks
from map4.core.audio.identity.payload import PayloadHash
from map4.core.audio.source import AudioSource
from map4.core.music.analysis.audio import Identity
from map4.errors import FileError

_LONGEST_FORMAT_BYTES = 4096
# Sizes that mean "not known when the header was written": streams and recorders that lost power.
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)

_WAVE_PCM, _WAVE_FLOAT, _WAVE_EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
# Format tags as mmreg.h registers them.
_WAVE_CODECS = {
    _WAVE_PCM: "pcm", 0x0002: "adpcm_ms", _WAVE_FLOAT: "pcm", 0x0006: "alaw", 0x0007: "ulaw", 0x0011: "adpcm_ima",
    0x0031: "gsm", 0x0050: "mp2", 0x0055: "mp3", 0x00FF: "aac", 0x0161: "wma", 0x0162: "wma", 0x0163: "wma",
    0x2000: "ac3", 0x2001: "dts", 0xF1AC: "flac",
}  # fmt: skip
_WAVE_SELF_DESCRIBING = (0x0050, 0x0055, 0x2000, 0x2001)
# Compression types of AIFC that are PCM; the value distinguishes the meaning of the bits.
_AIFC_PCM = {
    b"NONE": b"int", b"twos": b"int", b"in24": b"int", b"in32": b"int", b"sowt": b"int-le", b"raw ": b"uint",
    b"fl32": b"float", b"FL32": b"float", b"fl64": b"float", b"FL64": b"float",
}  # fmt: skip
_AIFC_CODECS = {b"alaw": "alaw", b"ALAW": "alaw", b"ulaw": "ulaw", b"ULAW": "ulaw", b"ima4": "adpcm_ima"}
_DSF_HEADER_BYTES, _DSF_FORMAT_BYTES, _DSF_DATA_HEADER_BYTES = 28, 52, 12


def identify_wav(source: AudioSource, start: int) -> Identity:
    """Hash the data chunk, described by its format chunk; wrong sizes are clipped to the file.

    PCM uses version 1 of the rule. For compressed formats the bytes per second do not count, as programs estimate them;
    for formats with self-describing frames (MPEG, AC-3, DTS), only rate and channels count.
    """
    head = source.read(start, FILE_HEADER_BYTES)
    order = byte_order(head)
    payload = None
    for chunk in chunks(source.read, start + FILE_HEADER_BYTES, order):
        if chunk.name == b"fmt " and payload is None:
            payload = _wave_format(source.read(chunk.start, min(chunk.size, _LONGEST_FORMAT_BYTES)), order)
        elif chunk.name == b"data":
            if payload is None:
                break
            for piece in source.pieces(chunk.start, _end_of_data(source, chunk, order)):
                payload.add(piece)
            return payload.identity()
    raise FileError("corrupt", "is a WAV file without a format or a data chunk")


def _wave_format(block: bytes, order: ByteOrder) -> PayloadHash:
    """Return a payload described by a format chunk."""
    if len(block) < 14:
        raise FileError("corrupt", "is a WAV file whose format chunk is too short")
    mark = "<" if order == "little" else ">"
    tag, channels, rate, _, align = struct.unpack(f"{mark}HHIIH", block[:14])
    bits = int.from_bytes(block[14:16], order)
    if tag == _WAVE_EXTENSIBLE and len(block) >= 26:
        tag = int.from_bytes(block[24:26], order)  # the first two bytes of the sub-format's GUID
    codec = _WAVE_CODECS.get(tag, f"wave_{tag:04x}")
    if tag in (_WAVE_PCM, _WAVE_FLOAT):
        parameters = b"wave %d %d %s" % (tag, align, order.encode())
        return PayloadHash(codec, sample_rate_hz=rate, channels=channels, bits=bits, parameters=parameters)
    # Block size and coefficients are in the rest of the chunk.
    is_self_describing = tag in _WAVE_SELF_DESCRIBING
    parameters = b"wave " + (b"%d" % tag if is_self_describing else block[:8] + block[12:])
    bits = 0 if is_self_describing else bits
    return PayloadHash(codec, sample_rate_hz=rate, channels=channels, bits=bits, parameters=parameters, rule=2)


def _end_of_data(source: AudioSource, chunk: Chunk, order: ByteOrder) -> int:
    if chunk.size not in _UNKNOWN_SIZES:
        return chunk.start + chunk.size
    # A really empty data chunk is followed only by complete chunks up to the end of the file.
    if chunk.size == 0 and _ends_exactly(source, chunk.start, order):
        return chunk.start
    return source.size


def _ends_exactly(source: AudioSource, start: int, order: ByteOrder) -> bool:
    end = start
    for chunk in chunks(source.read, start, order):
        if not all(0x20 <= byte < 0x7F for byte in chunk.name):
            return False
        end = chunk.start + chunk.size
    return end in (source.size, source.size - 1)


def identify_aiff(source: AudioSource, start: int) -> Identity:
    """Hash the sound chunk, described by the common chunk."""
    compressed = source.read(start + 8, 4) == b"AIFC"
    common: bytes | None = None
    sound: Chunk | None = None
    for chunk in chunks(source.read, start + FILE_HEADER_BYTES, "big"):
        if chunk.name == b"COMM" and common is None:
            common = source.read(chunk.start, min(chunk.size, _LONGEST_FORMAT_BYTES))
        elif chunk.name == b"SSND" and sound is None:
            sound = chunk
    if common is None or len(common) < 18 or sound is None:
        raise FileError("corrupt", "is an AIFF file without a format or a sound chunk")
    channels, _, bits = struct.unpack(">hIh", common[:8])
    kind = common[18:22] if compressed else b"NONE"
    codec = "pcm" if kind in _AIFC_PCM else _AIFC_CODECS.get(kind, "aifc_" + kind.hex())
    parameters = b"aiff " + _AIFC_PCM.get(kind, kind)
    rate = _extended_to_int(common[8:18])
    payload = PayloadHash(codec, sample_rate_hz=rate, channels=channels, bits=max(0, bits), parameters=parameters)
    # Eight bytes (offset, block size) come first; the offset skips alignment padding.
    first = sound.start + 8 + int.from_bytes(source.read(sound.start, 4), "big")
    unknown = sound.size == 0xFFFFFFFF
    payload.add_span(source, first, source.size if unknown else sound.start + sound.size)
    return payload.identity()


def _extended_to_int(field: bytes) -> int:
    """Convert an 80-bit IEEE 754 number to an integer, 0 if it is negative, not finite or beyond 32 bits."""
    exponent = int.from_bytes(field[:2], "big") - 16383
    mantissa = int.from_bytes(field[2:], "big")
    return mantissa >> 63 - exponent if 0 <= exponent < 32 else 0


def identify_dsf(source: AudioSource, start: int) -> Identity:
    """Hash the data chunk of a DSD stream file; the ID3 tag after it is left out."""
    at = start + _DSF_HEADER_BYTES
    block = source.read(at, _DSF_FORMAT_BYTES)
    if len(block) < _DSF_FORMAT_BYTES or block[:4] != b"fmt ":
        raise FileError("corrupt", "is a DSF file without a format chunk")
    channels, rate, bits, n_samples = struct.unpack("<IIIQ", block[24:44])
    if n_samples == 0:  # the data chunk then holds one block of padding
        raise FileError("corrupt", "holds no audio data")
    # Bit order, number of samples and block size decide what the bytes mean; the last block is padded with silence.
    payload = PayloadHash(
        "dsd", sample_rate_hz=rate, channels=channels, bits=1, parameters=b"dsf %d " % bits + block[36:48]
    )
    at += max(_DSF_FORMAT_BYTES, int.from_bytes(block[4:12], "little"))
    head = source.read(at, _DSF_DATA_HEADER_BYTES)
    if head[:4] != b"data":
        raise FileError("corrupt", "is a DSF file without a data chunk")
    payload.add_span(source, at + _DSF_DATA_HEADER_BYTES, at + int.from_bytes(head[4:12], "little"))
    # Sizes of both headers, version, kind and channel layout: decoders reject files by these.
    return payload.identity(setup=source.read(start + 4, 8) + block[4:24])
