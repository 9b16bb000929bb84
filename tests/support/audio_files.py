"""Small audio files of every kind map4 reads: encoded here where an encoder exists, else copies from ../shared."""

import shutil
import struct
from hashlib import blake2b
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

SHARED = Path(__file__).resolve().parents[3] / "shared"
TORTURE = SHARED / "torture"
NEEDS_FFMPEG = pytest.mark.skipif(
    not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="needs ffmpeg and ffprobe"
)
EXTENSIONS = (
    "mp3", "flac", "ogg", "oga", "opus", "m4a", "m4b", "mp4", "aac",
    "wav", "aif", "aiff", "aifc", "wma", "wv", "ape", "tta", "mpc", "dsf",
)  # fmt: skip
# No free encoder exists for these.
BORROWED = {"ape": "mac-399.ape", "mpc": "click.mpc", "dsf": "5644800-2ch-s01-silence.dsf"}
ENCODED = tuple(extension for extension in EXTENSIONS if extension not in BORROWED)
_PYAV = {
    "m4a": "aac", "m4b": "alac", "mp4": "aac", "aac": "aac", "opus": "libopus", "wma": "wmav2",
    "wv": "wavpack", "tta": "tta", "oga": "flac", "mka": "flac",
    "rm": "ac3",
}  # fmt: skip
_SOUNDFILE = {
    "mp3": ("MP3", "MPEG_LAYER_III"), "flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS"), "wav": ("WAV", "PCM_16"),
    "aif": ("AIFF", "PCM_16"), "aiff": ("AIFF", "PCM_24"), "aifc": ("AIFF", "FLOAT"), "paf": ("PAF", "PCM_16"),
    "w64": ("W64", "PCM_16"), "caf": ("CAF", "PCM_24"),
}  # fmt: skip
_made: dict[tuple[object, ...], bytes] = {}
"""Files that were encoded in this process."""


def torture(name: str) -> Path:
    path = TORTURE / name
    if not path.exists():
        pytest.skip(f"needs ../shared/torture/{name}, which is not part of the package")
    return path


def noise(seconds: float = 1.0, sr: int = 44100, channels: int = 2, seed: int = 0) -> np.ndarray:
    """White noise at -20 dB: no codec can make it small or make two pieces of it alike."""
    return (np.random.default_rng(seed).standard_normal((round(seconds * sr), channels)) * 0.1).astype(np.float32)


def make(path: Path, y: np.ndarray | None = None, *, sr: int = 44100, options: dict[str, str] | None = None) -> Path:
    """Write one file of the kind its suffix names; y has shape (n_samples, n_channels)."""
    extension = path.suffix[1:]
    if extension in BORROWED:
        shutil.copyfile(torture(BORROWED[extension]), path)
        path.chmod(0o644)
        return path
    y = noise(sr=sr) if y is None else y
    key = (extension, sr, y.shape, str(y.dtype), blake2b(np.ascontiguousarray(y)).digest(), str(options))
    if key in _made:
        path.write_bytes(_made[key])
        return path
    if extension in _SOUNDFILE:
        container, subtype = _SOUNDFILE[extension]
        soundfile.write(path, y, sr, format=container, subtype=subtype)
    else:
        _encode(path, y, sr, _PYAV[extension], options or {})
    _made[key] = path.read_bytes()
    return path


def _encode(path: Path, y: np.ndarray, sr: int, codec: str, options: dict[str, str]) -> None:
    with av.open(str(path), "w", options=options) as container:
        rate = 48000 if codec == "libopus" else sr
        stream = container.add_stream(codec, rate=rate, layout="stereo" if y.shape[1] == 2 else "mono")
        context = stream.codec_context
        wanted = "s16p" if codec in ("wavpack", "alac") else "s16" if codec in ("tta", "flac") else None
        context.format = wanted or context.format
        if codec in ("aac", "wmav2"):
            context.bit_rate = 128_000
        context.open()
        resampler = av.AudioResampler(context.format, context.layout, rate, frame_size=context.frame_size or 4096)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(y.reshape(1, -1)), "flt", stream.layout.name)
        frame.sample_rate = sr
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            # FLAC ends with a packet that holds nothing but a new header, which the Ogg muxer refuses.
            container.mux([packet for packet in stream.encode(piece) if packet.size])


def box(name: bytes, *parts: bytes) -> bytes:
    """An MP4 box."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def mp4_file(
    chunks: list[list[bytes]],
    *,
    physical_order: list[int] | None = None,
    wide: bool = False,
    uniform: bool = False,
    entry: bytes | None = None,
    handler: bytes = b"soun",
    extra: bytes = b"",
) -> bytes:
    """A minimal MP4: samples in chunks, the chunks laid out in any order, `mdat` before `moov`."""
    order = list(range(len(chunks))) if physical_order is None else physical_order
    head = box(b"ftyp", b"M4A \0\0\0\0")
    offsets, mdat = {}, b""
    for index in order:
        offsets[index] = len(head) + 8 + len(mdat)
        mdat += b"".join(chunks[index])
    samples = [sample for chunk in chunks for sample in chunk]
    runs = b"".join(struct.pack(">III", n + 1, len(chunk), 1) for n, chunk in enumerate(chunks))
    sizes = b"" if uniform else b"".join(struct.pack(">I", len(sample)) for sample in samples)
    table = b"".join(struct.pack(">Q" if wide else ">I", offsets[n]) for n in range(len(chunks)))
    stbl = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), entry or mp4a_entry()),
        box(b"stts", struct.pack(">IIII", 0, 1, len(samples), 1024)),
        box(b"stsc", struct.pack(">II", 0, len(chunks)), runs),
        box(b"stsz", struct.pack(">III", 0, len(samples[0]) if uniform else 0, len(samples)), sizes),
        box(b"co64" if wide else b"stco", struct.pack(">II", 0, len(chunks)), table),
    )
    media = box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(12)), box(b"minf", stbl))
    return head + box(b"mdat", mdat) + box(b"moov", box(b"trak", media), extra)


def mp4a_entry(*, rate: int = 44100, channels: int = 2, config: bytes = b"\x12\x10", object_type: int = 0x40) -> bytes:
    """Sample entry of MPEG-4 audio; the default configuration is AAC-LC, 44.1 kHz, stereo."""
    decoder = bytes((object_type,)) + bytes(12) + bytes((5, len(config))) + config
    es = bytes(3) + bytes((4, len(decoder))) + decoder
    esds = box(b"esds", bytes(4), bytes((3, 0x80 | 0, len(es))), es)
    fields = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHII", channels, 16, 0, rate << 16)
    return box(b"mp4a", fields, esds)


def stream_copy(source: Path, target: Path) -> Path:
    """Write the first audio stream of a file anew without encoding it again, as `ffmpeg -c copy` does."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = old.streams.audio[0]
        written = new.add_stream_from_template(stream)
        for packet in old.demux(stream):
            if packet.dts is not None:  # the last one is empty
                packet.stream = written
                new.mux(packet)
    return target
