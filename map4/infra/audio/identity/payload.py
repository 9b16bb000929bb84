"""The hash behind an audio id: one canonical header, the payload's bytes, and how they are framed."""

from __future__ import annotations

import hashlib

from map4.domain.audio import AudioFormat, Identity
from map4.errors import FileError
from map4.infra.audio.source import Source

# Raised (with the "a1-" of the id) when the rule below changes, since ids of different rules must never meet.
_RULE = b"map4-audio-1"
_DIGEST_BYTES = 16


class PayloadHash:
    """Collect one payload and give its `Identity`.

    The id is BLAKE2b-128 over ``header ‖ payload ‖ BLAKE2b-128(framing)``. The header holds the rule's name, codec,
    sample rate, channels, bits and the codec's own parameters, each with its length before it. The framing is what
    tells packets apart where the codec does not (sizes, lacing values); it is hashed beside the payload so that nothing
    needs to be kept in memory, and its digest has a fixed length at the end, so no two inputs give the same bytes.

    Parameters
    ----------
    codec, sample_rate_hz, channels, bits : as in `AudioFormat`
    parameters : what else a decoder needs (sample format, codec configuration), never tags

    Raises
    ------
    FileError
        corrupt, where rate or channels are impossible.
    """

    __slots__ = ("_bits", "_channels", "_codec", "_framing", "_hash", "_rate", "payload_bytes")

    def __init__(
        self, codec: str, *, sample_rate_hz: int, channels: int, bits: int | None = None, parameters: bytes = b""
    ) -> None:
        if sample_rate_hz <= 0 or channels <= 0:
            raise FileError("corrupt", "has an audio header without a sample rate or channels")
        self._codec = codec
        self._rate = sample_rate_hz
        self._channels = channels
        self._bits = bits or None
        self.payload_bytes = 0
        fields = (_RULE, codec.encode(), b"%d" % sample_rate_hz, b"%d" % channels, b"%d" % (bits or 0), parameters)
        self._hash = hashlib.blake2b(
            b"".join(b"%d:%s," % (len(field), field) for field in fields), digest_size=_DIGEST_BYTES
        )
        self._framing = hashlib.blake2b(digest_size=_DIGEST_BYTES)

    def add(self, data: bytes | memoryview) -> None:
        """Bytes of encoded audio, counted in `payload_bytes`."""
        self._hash.update(data)
        self.payload_bytes += len(data)

    def add_setup(self, data: bytes | memoryview) -> None:
        """Bytes a decoder needs that are no audio, such as Vorbis' codebooks; their length belongs into `frame`."""
        self._hash.update(data)

    def add_span(self, source: Source, start: int, stop: int) -> None:
        """Bytes [start, stop) of a file as audio, clipped to its end."""
        for piece in source.pieces(start, stop):
            self.add(piece)

    def frame(self, data: bytes | memoryview) -> None:
        """Framing: sizes or lacing values, in any encoding that can be read in one way only."""
        self._framing.update(data)

    def identity(self, *, whole_file: bool = False) -> Identity:
        """Finish.

        Raises
        ------
        FileError
            corrupt, where no byte of audio came.
        """
        if self.payload_bytes == 0:
            raise FileError("corrupt", "holds no audio data")
        self._hash.update(self._framing.digest())
        audio_format = AudioFormat(
            codec=self._codec,
            sample_rate_hz=self._rate,
            channels=self._channels,
            bits=self._bits,
            payload_bytes=self.payload_bytes,
        )
        return Identity(audio_id=f"a1-{self._hash.hexdigest()}", format=audio_format, whole_file=whole_file)
