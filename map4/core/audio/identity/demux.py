"""Everything else: packets as FFmpeg's demuxers give them, or the whole file where even they can't."""

from __future__ import annotations

from collections.abc import Iterator

import av
import soundfile

from map4.core.audio.identity.flac import parse_streaminfo
from map4.core.audio.identity.payload import PayloadHash
from map4.core.audio.magic import HEAD_BYTES, container_of
from map4.core.audio.source import AudioSource, SourceReader
from map4.core.base.text import whole_number
from map4.core.music.analysis.audio import Identity
from map4.errors import FileError

# Audio containers by FFmpeg's names. Without the list, a text that looks like a playlist would make FFmpeg open
# other files and addresses, and pictures, subtitles and videos would be probed in vain.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,asf_o,au,caf,dsf,dts,dtshd,eac3,flac,gsm,iff,loas,matroska,mlp,mov,mp3,mpc,mpc8,nut,"
    "ogg,oma,qcp,rm,shn,sln,tak,truehd,tta,voc,w64,wav,webm,wsd,wv,xa,xwma"
)
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "none"}
_FAMILIES = {"wmav1": "wma", "wmav2": "wma", "wmapro": "wma", "wmalossless": "wma", "wmavoice": "wma"}
_FAMILIES |= {"musepack7": "musepack", "musepack8": "musepack", "mp3float": "mp3", "dst": "dsd"}
_DSD_SAMPLES_A_BYTE = 8
_BARE_FRAMES = ("mp3", "aac", "ac3", "eac3", "dts", "loas")
# Kind of the object that describes a stream, and of a stream of audio. Behind them in it: error correction, time
# offset, two sizes, flags and four reserved bytes, then the format.
_ASF_STREAM = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
_ASF_AUDIO = bytes.fromhex("409e69f84d5bcf11a8fd00805f5c442b")
_ASF_HEADER_BYTES, _ASF_OBJECT_BYTES, _ASF_FORMAT_AT = 30, 24, 78
_MOST_ASF_OBJECTS = 4096
_ALAC_BITS_AT = 17  # box header, version and flags, then five bytes of the configuration


def identify_by_demuxer(source: AudioSource, *, is_known: bool) -> Identity:
    """Packets of the first audio stream, with their sizes unless they are plain samples.

    The codec's configuration counts, names and tags do not. A file that breaks off is identified by what came before.

    is_known: whether its first bytes say that it is audio; if not, a guess of FFmpeg's without a packet is no audio
    """
    reader = _reader(source)
    try:
        container = av.open(reader, mode="r", options=_OPTIONS, metadata_errors="ignore")
    except (av.FFmpegError, OSError, ValueError):
        reader.raise_failure()
        return _identify_whole_file(source)
    with container:
        # A stream with a codec unknown to FFmpeg has no context.
        stream = next((stream for stream in container.streams.audio if stream.codec_context is not None), None)
        if stream is None:
            return _identify_whole_file(source)
        try:
            payload, is_plain = _describe(stream)
            for packet in _packets(container, stream):
                if not is_plain:
                    payload.frame(packet.size.to_bytes(8, "big"))
                payload.add(bytes(packet))
            reader.raise_failure()
            setup = _asf_setup(source) if container.format.name.startswith("asf") else None
            return payload.identity(
                setup=setup, length_s=container.duration / av.time_base if container.duration else None
            )
        except FileError as error:
            if error.kind == "corrupt" and not is_known:
                raise _unsupported() from None
            raise


def stated_length_s(path: str) -> tuple[float | None, bool]:
    """How long a file is as its header says, and whether that is sure: of bare frames it is a guess by the first ones.

    Nothing else of it is read; None where FFmpeg can't open it, or it does not say.
    """
    with AudioSource(path) as source:
        try:
            with av.open(_reader(source), mode="r", options=_OPTIONS, metadata_errors="ignore") as container:
                length_s = container.duration / av.time_base if container.duration else None
                return length_s, container.format.name not in _BARE_FRAMES
        except (av.FFmpegError, OSError, ValueError):
            return None, False


def stated_tags(source: AudioSource) -> list[tuple[str, str]]:
    """Names and values of a file's tags as FFmpeg reads them, of its audio streams last; none if it can't open it."""
    try:
        with av.open(_reader(source), mode="r", options=_OPTIONS, metadata_errors="ignore") as container:
            metadata = [container.metadata, *(stream.metadata for stream in container.streams.audio)]
            return [pair for tags in metadata for pair in tags.items()]
    except (av.FFmpegError, OSError, ValueError):
        return []


def _asf_setup(source: AudioSource) -> bytes:
    """Bit rate, block size and the like of the audio in a WMA file, which its decoder takes from the container."""
    at = _ASF_HEADER_BYTES
    for _ in range(_MOST_ASF_OBJECTS):
        head = source.read(at, _ASF_FORMAT_AT)
        size = int.from_bytes(head[16:24], "little")
        if len(head) < _ASF_FORMAT_AT or size < _ASF_OBJECT_BYTES:
            break
        if head[:16] == _ASF_STREAM and head[24:40] == _ASF_AUDIO:
            return source.read(at + _ASF_FORMAT_AT, int.from_bytes(head[64:68], "little"))
        at += size
    return b""


def _describe(stream: av.AudioStream) -> tuple[PayloadHash, bool]:
    context = stream.codec_context
    name = context.codec.canonical_name
    is_dsd = name.startswith(("dsd_", "dst"))
    is_pcm = name.startswith("pcm_")
    extradata = context.extradata or b""
    bits = 1 if is_dsd else _pcm_bits(name) if is_pcm else _configured_bits(name, extradata)
    codec = "dsd" if is_dsd else "pcm" if is_pcm else _FAMILIES.get(name, name)
    payload = PayloadHash(
        codec,
        # FFmpeg counts bytes of eight DSD samples.
        sample_rate_hz=context.sample_rate * (_DSD_SAMPLES_A_BYTE if is_dsd else 1),
        channels=context.channels,
        bits=bits,
        parameters=b"packets " + name.encode() + b" " + extradata,
    )
    # How a demuxer cuts PCM into packets is arbitrary and may change.
    return payload, is_pcm or (is_dsd and name != "dst")


def _pcm_bits(name: str) -> int | None:
    digits = "".join(letter for letter in name.removeprefix("pcm_").split("_")[0] if letter.isdigit())
    return whole_number(digits)


def _configured_bits(name: str, extradata: bytes) -> int | None:
    if name == "alac" and len(extradata) > _ALAC_BITS_AT:
        return extradata[_ALAC_BITS_AT]
    info = parse_streaminfo(extradata) if name == "flac" else None
    return info.bits if info else None


def _packets(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[av.Packet[av.AudioStream]]:
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except (av.FFmpegError, OSError, ValueError):
        return  # cut off or damaged: the data before is the payload


def _reader(source: AudioSource) -> SourceReader:
    # FFmpeg also guesses by suffix and doesn't accept every name: use a plain name with the same suffix.
    suffix = source.suffix
    return SourceReader(source, name="file" + (suffix if suffix.isascii() and suffix[1:].isalnum() else ""))


def _unsupported() -> FileError:
    return FileError("unsupported", "contains nothing that is recognised as audio")


def _identify_whole_file(source: AudioSource) -> Identity:
    """Formats that only libsndfile knows (VOC, PAF, SVX, MAT ...): no better boundary is known than the file's."""
    container = container_of(source.read(0, HEAD_BYTES))
    # libsndfile tries MP3 on anything else, and its decoder then writes complaints to stderr.
    if container is None or container.identified_by != "libsndfile":
        raise _unsupported()
    reader = _reader(source)
    try:
        info = soundfile.info(reader)
    except (soundfile.SoundFileError, OSError, ValueError, TypeError):
        reader.raise_failure()
        raise _unsupported() from None
    if info.frames <= 0:
        raise FileError("corrupt", "holds no audio data")
    codec = "pcm" if info.subtype.startswith(("PCM_", "FLOAT", "DOUBLE")) else info.subtype.lower()
    parameters = f"{info.format} {info.subtype}".encode()
    payload = PayloadHash(codec, sample_rate_hz=info.samplerate, channels=info.channels, parameters=parameters)
    payload.add_span(source, 0, source.size)
    return payload.identity(whole_file=True)
