"""The hash behind an audio id: a canonical header, the payload's bytes, and their framing."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Literal

from map4.core.audio.source import AudioSource
from map4.core.music.analysis.audio import AudioFormat, Identity
from map4.errors import FileError

# Every format has its own rule, of version 1 or 2; the id starts with the version, so ids of different rules differ.
PayloadRule = Literal[1, 2]
_DIGEST_BYTES = 16


class PayloadHash:
    """Collects a payload and returns its `Identity`.

    A digest is BLAKE2b-128 over ``header ‖ payload ‖ BLAKE2b-128(framing)``. The header contains the rule's name,
    codec, sample rate, channels, bits and the codec's own parameters, each preceded by its length. The framing
    separates packets if the codec does not (sizes, lacing values); it is hashed separately so that nothing is kept in
    memory, and its digest has a fixed length at the end, so different inputs never give the same bytes.

    The digest is the id, `a1-` or `a2-` by the rule. If version 2 of a format's rule only extends version 1, the id is
    a digest over that of version 1 and the additions.

    codec, sample_rate_hz, channels, bits: as in `AudioFormat`
    parameters: what else a decoder needs (sample format, codec configuration), never tags
    rule: version of the rule for this payload
    """

    __slots__ = ("_format", "_framing", "_hash", "_rule", "payload_bytes")

    def __init__(
        self,
        codec: str,
        *,
        sample_rate_hz: int,
        channels: int,
        bits: int | None = None,
        parameters: bytes = b"",
        rule: PayloadRule = 1,
    ) -> None:
        if sample_rate_hz <= 0 or channels <= 0:
            raise FileError("corrupt", "has an audio header without a sample rate or channels")
        self._format = partial(
            AudioFormat, codec=codec, sample_rate_hz=sample_rate_hz, channels=channels, bits=bits or None
        )
        self._rule = rule
        self.payload_bytes = 0
        fields = (codec.encode(), b"%d" % sample_rate_hz, b"%d" % channels, b"%d" % (bits or 0), parameters)
        self._hash = hashlib.blake2b(_header(rule, *fields), digest_size=_DIGEST_BYTES)
        self._framing = hashlib.blake2b(digest_size=_DIGEST_BYTES)

    def add(self, data: bytes | memoryview) -> None:
        """Add bytes of encoded audio, counted in `payload_bytes`."""
        self._hash.update(data)
        self.payload_bytes += len(data)

    def add_setup(self, data: bytes | memoryview) -> None:
        """Add bytes for decoders that are not audio, such as Vorbis' codebooks; their length belongs in `frame`."""
        self._hash.update(data)

    def add_span(self, source: AudioSource, start: int, stop: int) -> None:
        """Add bytes [start, stop) of a file as audio, clipped to its end."""
        for piece in source.pieces(start, stop):
            self.add(piece)

    def frame(self, data: bytes | memoryview) -> None:
        """Add framing: sizes or lacing values, in any unambiguous encoding."""
        self._framing.update(data)

    def identity(
        self, *, whole_file: bool = False, setup: bytes | None = None, length_s: float | None = None
    ) -> Identity:
        """Finish, once.

        whole_file, length_s: as in `Identity`
        setup: what version 2 of the rule adds to a payload of version 1
        """
        if self.payload_bytes == 0:
            raise FileError("corrupt", "holds no audio data")
        self._hash.update(self._framing.digest())
        audio_id = f"a{self._rule}-{self._hash.hexdigest()}"
        if setup is not None:
            added = hashlib.blake2b(_header(2, audio_id.encode(), setup), digest_size=_DIGEST_BYTES)
            audio_id = f"a2-{added.hexdigest()}"
        audio_format = self._format(payload_bytes=self.payload_bytes)
        return Identity(audio_id=audio_id, format=audio_format, length_s=length_s, whole_file=whole_file)


def _header(rule: PayloadRule, *fields: bytes) -> bytes:
    return b"".join(b"%d:%s," % (len(field), field) for field in (b"map4-audio-%d" % rule, *fields))
