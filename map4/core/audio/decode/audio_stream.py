"""Audio files as a stream of blocks, in constant memory; the content decides the decoder.

*Time zero* is the first sample after the encoder's delay, if the file states it: LAME's numbers in MP3 (delay + 529
samples are skipped), edit lists and `iTunSMPB` in MP4, the pre-skip of Opus. If it states none (MP3 without Xing
header, ADTS, AC-3), nothing is skipped. libsndfile and libav agree to the sample on all of these, so no correction is
applied; tests check this.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import av
import numpy as np
import soundfile as sf

from map4.core.audio.decode import libav, libsndfile
from map4.core.audio.decode.headers import XingFrame, find_xing_frame, pcm_share_missing
from map4.core.audio.decode.libav import NOTHING_DECODES, AvReader
from map4.core.audio.decode.libsndfile import Realigned, SndfileReader, realigned
from map4.core.audio.decode.mpeg import MpegReader, open_mpeg
from map4.core.audio.identity import audio_start
from map4.core.audio.identity.flac import has_broken_metadata
from map4.core.audio.identity.ogg import has_damaged_pages
from map4.core.audio.magic import HEAD_BYTES, Container, container_of
from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_leading_tags
from map4.core.dsp.spectrum.framing import largest_distances
from map4.errors import FileError

MAX_SAMPLE = 8.0
"""Full scale is 1; loud MP3s reach 2 to 3, a broken file yields values near 20: above 8 (+18 dBFS) is damage."""

_HEAD_BYTES = 1 << 16  # maximum distance between the tags and the music; decoders give up there too

_BROKEN_CONTAINERS = {"flac": has_broken_metadata, "ogg": has_damaged_pages}
"""Checks of containers; damage there changes the audio id, too."""

_TRUNCATED_S = 1.0
_TRUNCATED_SHARE = 0.01
"""A file is truncated if it lacks more than both compared with its header; less is rounding of encoders."""


class AudioStream:
    """An open audio file; made by `open_audio`.

    sample_rate_hz, channels: int, of the blocks
    decoder: name and version of the decoder, such as "soundfile 0.14.0 libsndfile-1.2.2"; both names if the second
        decoder had to help out
    begins_at: the first frame of the blocks: 0, or one shortly before the requested start
    duration_hint_s: length by the file's header, None if it states none; the sum of the blocks is exact
    states_delay: whether the file states the delay of its encoder, or has none
    """

    def __init__(
        self,
        source: AudioSource,
        *,
        tags_end: int,
        sndfile: SndfileReader | None,
        mpeg: MpegReader | None = None,
        xing: XingFrame | None,
        from_s: float = 0.0,
        within: SndfileReader | None = None,
        states_delay: bool = True,
    ) -> None:
        self.states_delay = states_delay
        self._source = source
        self._tags_end = tags_end
        self._av: AvReader | None = None
        self._sndfile, self._mpeg, self._xing = sndfile, mpeg, xing
        self._damaged = False
        self._frames = 0
        try:
            first = None
            if sndfile is not None:
                sndfile.skip_to(int(from_s * sndfile.sample_rate_hz))
                first = self._start(sndfile, libsndfile.decoder_name(), map(self._clean, self._sndfile_blocks(sndfile)))
            elif within is not None:
                self._sndfile = within
                first = self._start(within, libsndfile.decoder_name(), map(self._clean, within.blocks()))
            elif mpeg is not None:
                first = self._start(mpeg, libav.decoder_name(), self._mpeg_blocks(mpeg))
            if first is None:
                self._av = AvReader(source, tags_end=tags_end, xing=xing, from_s=from_s)
                first = self._start(self._av, libav.decoder_name(), map(self._clean, self._av.blocks()))
            if first is None:
                raise FileError("corrupt", NOTHING_DECODES)
            self._first: np.ndarray | None = first
        except BaseException:
            self.close()
            raise

    @property
    def flags(self) -> list[str]:
        """Return remarks, complete after the last block.

        "damaged": packets were lost, samples that no encoder makes were replaced by silence, or the container is
        broken, so that other decoders may fail; "truncated": the file ends more than a second and one per cent before
        the length that its header states, or the demuxer gave up before its end.
        """
        is_cut = self._av is not None and self._av.is_cut
        flags = {"damaged": self._damaged, "truncated": is_cut or self._misses(self._frames)}
        return [flag for flag, is_set in flags.items() if is_set]

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 arrays, shape=(n, channels), mostly n = 65536, all samples within ±8; once.

        They are contiguous, by sample or by channel, depending on the decoder.
        """
        if self._first is None:
            raise RuntimeError("blocks() can only be read once")
        first, self._first = self._first, None
        self._frames = self.begins_at + len(first)
        yield first
        del first
        with _libav_errors():
            for block in self._blocks:
                self._frames += len(block)
                yield block
            self._damaged |= self._av is not None and self._av.damaged
        # Decoders also fail at a tag behind the music, and a resampler's length is less than a millisecond off.
        failed = any(reader is not None and reader.failed for reader in (self._sndfile, self._av))
        self._damaged |= failed and self._missing_s(self._frames) > 0.001 and not self._misses(self._frames)
        container = container_of(self._source.read(self._tags_end, HEAD_BYTES))
        check = None if container is None else _BROKEN_CONTAINERS.get(container.name)
        self._damaged |= check is not None and check(self._source, self._tags_end)

    def close(self) -> None:
        """Release the decoders; `open_audio` closes the file."""
        for reader in (self._sndfile, self._mpeg, self._av):
            if reader is not None:
                reader.close()

    def _start(
        self, reader: SndfileReader | MpegReader | AvReader, decoder: str, blocks: Iterator[np.ndarray]
    ) -> np.ndarray | None:
        """Start taking the blocks of a reader; returns the first."""
        self.sample_rate_hz, self.channels = reader.sample_rate_hz, reader.channels
        self.duration_hint_s = reader.duration_s
        self.decoder, self._blocks = decoder, blocks
        first = next(blocks, None)
        self.begins_at = reader.begins_at
        return first

    def _sndfile_blocks(self, reader: SndfileReader) -> Iterator[np.ndarray]:
        """Yield libsndfile's blocks and, if it stops early, libav's from there on."""
        done = reader.begins_at
        for block in reader.blocks():
            done += len(block)
            yield block
        if done and (reader.failed or self._misses(done)):
            yield from self._av_blocks_from(done)

    def _mpeg_blocks(self, reader: MpegReader) -> Iterator[np.ndarray]:
        """Yield blocks of consecutive frames; from the first frame that does not decode on, libav's."""
        done = 0
        for block in reader.blocks():
            done += len(block)
            yield block
        if done and reader.failed:
            yield from map(self._clean, self._av_blocks_from(done))

    def _av_blocks_from(self, skip: int) -> Iterator[np.ndarray]:
        """Decode again from the start and drop the first `skip` frames, as seeking is not exact to the sample."""
        try:
            reader = self._av = AvReader(self._source, tags_end=self._tags_end, xing=self._xing)
        except FileError:
            return
        if (reader.sample_rate_hz, reader.channels) != (self.sample_rate_hz, self.channels):
            return
        for block in reader.blocks():
            if skip < len(block):
                if self._sndfile is not None:
                    self.decoder = f"{libsndfile.decoder_name()}, {libav.decoder_name()}"
                yield block[skip:]
            skip = max(0, skip - len(block))

    def _missing_s(self, frames: int) -> float:
        return 0.0 if self.duration_hint_s is None else self.duration_hint_s - frames / self.sample_rate_hz

    def _misses(self, frames: int) -> bool:
        return self._missing_s(frames) > max(_TRUNCATED_S, _TRUNCATED_SHARE * (self.duration_hint_s or 0.0))

    def _clean(self, block: np.ndarray) -> np.ndarray:
        block = block if block.flags.forc else np.ascontiguousarray(block)
        # A comparison with NaN is false, so this finds every kind of bad sample.
        if not largest_distances(block.ravel(order="K"), block.size) <= MAX_SAMPLE:
            self._damaged = True
            block = np.where(np.abs(block) <= MAX_SAMPLE, block, np.float32(0.0))
        return block


@contextlib.contextmanager
def open_audio(path: str, from_s: float = 0.0, length_s: float | None = None) -> Iterator[AudioStream]:
    """Open an audio file for streaming; the content decides the decoder, not the suffix.

    from_s: decoding may start here; the stream's `begins_at` is the actual start
    length_s: as measured when all of it was decoded; an Ogg file that states the same length can be started inside
    yields: AudioStream with at least one sample
    """
    with AudioSource(path) as source, contextlib.ExitStack() as stack:
        with _libav_errors():
            tags_end = audio_start(source, skip_leading_tags(source))
            head = source.read(tags_end, _HEAD_BYTES)
            if not head.strip(b"\0"):
                raise FileError("corrupt", "is empty or contains only zero bytes")
            container = container_of(head)
            share_missing = pcm_share_missing(tags_end, head, source.size)
            sndfile = _open_sndfile(source, container, tags_end, share_missing=share_missing)
            within = None if length_s is None else _open_within(source, container, from_s, length_s)
            try:
                xing = find_xing_frame(tags_end, head)
                # Not if another reader uses the file's position.
                is_free = sndfile is None and within is None and not from_s
                mpeg = open_mpeg(source, tags_end=tags_end, xing=xing, most=MAX_SAMPLE) if is_free else None
                has_frames = container is None or container.name == "mpeg"
                stream = AudioStream(
                    source, tags_end=tags_end, sndfile=sndfile, mpeg=mpeg, xing=xing, from_s=from_s, within=within,
                    states_delay=not has_frames or (xing is not None and xing.states_delay),
                )  # fmt: skip
            except FileError as error:
                if error.message == libav.UNKNOWN_FORMAT and container is not None and container.is_certain:
                    raise FileError("corrupt", "begins like an audio file, but is damaged beyond reading") from error
                raise
        stack.callback(stream.close)
        yield stream


def _open_sndfile(
    source: AudioSource, container: Container | None, start: int, *, share_missing: float
) -> SndfileReader | None:
    """Open files that libsndfile reads best; None for all others."""
    if container is None or not container.decoded_by_libsndfile:
        return None
    reader = _sndfile_of(source, share_missing, None)
    padded = realigned(source, start) if reader is None else None
    return reader if padded is None else _sndfile_of(source, share_missing, padded)


def _sndfile_of(source: AudioSource, share_missing: float, instead: Realigned | None) -> SndfileReader | None:
    try:
        reader = SndfileReader(source, share_missing=share_missing, instead=instead)
    except sf.LibsndfileError:
        return None
    if not reader.is_for_libav:
        return reader
    reader.close()
    return None


def _open_within(
    source: AudioSource, container: Container | None, from_s: float, length_s: float
) -> SndfileReader | None:
    """Open an Ogg file at a position inside it; None if its times are not certain to match its samples."""
    if container is None or container.name != "ogg":
        return None
    try:
        reader = SndfileReader(source)
    except sf.LibsndfileError:
        return None
    is_as_long = abs(reader.duration_s - length_s) * reader.sample_rate_hz <= 1.0
    if not reader.is_for_libav and is_as_long and reader.skip_surely_to(int(from_s * reader.sample_rate_hz)):
        return reader
    reader.close()
    return None


@contextlib.contextmanager
def _libav_errors() -> Iterator[None]:
    try:
        yield
    except av.FFmpegError as error:
        raise FileError("corrupt", f"can't be decoded: {error.strerror}") from error
