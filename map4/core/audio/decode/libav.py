"""Decoding through PyAV (libav): every container and codec, and the intact parts of damaged files."""

from __future__ import annotations

import errno
import mmap
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, groupby
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream as AvAudioStream
from av.container import InputContainer
from av.packet import Packet

from map4.core.audio.chunks import LONG_TAG_BYTES, inner_id3
from map4.core.audio.decode.blocks import BlockBuilder, block_builder, block_frames, kind_of
from map4.core.audio.decode.headers import XingFrame
from map4.core.audio.decode.lost_packets import LostPackets
from map4.core.audio.identity.ogg import next_link_at
from map4.core.audio.source import AudioSource, SourceReader
from map4.errors import FileError

_Run = tuple[float, list[AudioFrame]]  # seconds lost before some consecutive frames, and these frames

MAX_RATE_HZ = 192_000
"""Higher rates contain no music, only the noise of DSD: such files are resampled to 88.2 or 96 kHz while decoding."""

SANE_RATES_HZ = range(1_000, 6_144_001)
"""From below telephones to DSD1024; other rates in damaged headers would make the resampler work for minutes."""

UNKNOWN_FORMAT = "is not in an audio format that map4 can read"
"""Message of `unsupported` when not even the container is known."""

NOTHING_DECODES = "contains no sample that can be decoded"
"""Message of `corrupt`."""

_READ_BYTES = 1 << 18  # bytes per read of libav from our file object; at 256 KiB the cost of Python is not measurable

_SPARE_BYTES = 256 << 20  # if this much memory is free, libav failed to allocate more than any frame of audio takes

_EXACT_TIMES = frozenset({"mp3", "mov"})
"""Containers whose packet times are exact to the sample; times within an Ogg page were up to 20 ms off."""
_SETTLED_S = 0.5  # MP3 uses bits from up to nine earlier frames, and all lossy codecs overlap with the previous frame

_MAX_DEMUX_FAILURES = 64  # number of consecutive errors without a packet after which a container is given up

_CLOCK_TOLERANCE_S = {"flac": 0.001, "ogg": 0.06}
"""Containers that count samples: if their time is ahead of the decoded time by more than this, audio was lost.

libav's times within an Ogg page were up to 20 ms off in intact files; a lost page is 0.2 to 1 s. FLAC's are exact.
"""

_LENGTH_IN_HEADER = frozenset(
    {"aiff", "ape", "asf", "caf", "dsf", "flac", "iff", "mov", "mpc", "mpc8", "tak", "tta", "w64", "wav", "wv"}
)
"""Containers that state their length; for others libav guesses it from the bit rate, which proves nothing."""

_RUN_FRAMES = 8  # frames passed on together: enough to save Python overhead, few enough for a core's cache

_CHECKED = ("flac", "tta", "wavpack", "ape")  # libav compares their checksums only on request

# Playlists (HLS, concat, DASH) would make libav open files and network addresses named in the file.
# No protocol has this name; the audio file comes through our own file object, which needs no protocol.
_OPEN_OPTIONS = {"protocol_whitelist": "none"}


def decoder_name() -> str:
    """Return name and version for an analysis: `av 18.1.0`."""
    return f"av {av.__version__}"


class AvReader:
    """Blocks of an audio file, decoded by libav in constant memory, skipping broken parts.

    Lost packets are replaced by as much silence as they claim to have contained, so that later audio keeps its time,
    but by no more than their bytes can have contained (`lost_packets`). Links of a chain get the form of the first.

    source: the file, closed by the caller
    tags_end: position after the tags before the music; libav sees the file from there on if the tags are long or if it
        recognises no format at the beginning, since it does not skip every kind of tag
    xing: the MP3 frame with a Xing header, None if there is none; libav sees the file from there on, since after
        padding it would miss the header and so time zero
    sample_rate_hz, channels: of the blocks, from the first frame that decodes (headers of HE-AAC are wrong)
    duration_s: length that the container states, None if it states none or libav only guesses it
    from_s: decoding may start shortly before this
    begins_at: the first frame of the blocks, known with the first block: 0 if everything is decoded
    damaged: True once something was lost between two good frames, or surely behind the last one
    is_cut: True once the container could not be read any further, although it has not ended
    failed: True once the last packets failed their checksums; they may be a tag
    """

    def __init__(
        self, source: AudioSource, *, tags_end: int = 0, xing: XingFrame | None = None, from_s: float = 0.0
    ) -> None:
        self.damaged, self.failed, self.is_cut, self.begins_at = False, False, False, 0
        self._source = source
        self._last_at = 0
        self._link_at: int | None = None
        # libav's time to read a tag grows with the square of its frames.
        likeliest = 0 if tags_end < LONG_TAG_BYTES else tags_end
        starts = dict.fromkeys((likeliest, 0, tags_end)) if xing is None else [xing.at]
        inner = inner_id3(source.read, tags_end)
        veiled = range(0) if inner is None or inner.size < LONG_TAG_BYTES else inner.named_at
        self._reader, self._container = _open_container(source, starts, veiled)
        self._format = self._container.format.name
        is_exact = not _EXACT_TIMES.isdisjoint(self._format.split(","))
        self._skip_to_s = from_s - _SETTLED_S if is_exact else 0.0
        try:
            first = self._start(xing, _CHECKED)
            if first is None and self.failed:  # without checksums, as no frame has the right one
                self.damaged = True
                self._container.close()
                self._reader, self._container = _open_container(source, starts, veiled)
                first = self._start(xing, ())
            if first is None:
                raise FileError("corrupt", NOTHING_DECODES)
        except BaseException:
            self._container.close()
            raise
        self._first: _Run = first
        if "mov" in self._format and self._skip_to_s > _SETTLED_S:  # MP4 has a table of packet positions
            self._container.seek(round((self._skip_to_s - _SETTLED_S + (first[1][0].time or 0.0)) * av.time_base))
        rate = int(first[1][0].sample_rate)
        self.sample_rate_hz = rate if rate <= MAX_RATE_HZ else (88_200 if rate % 44_100 == 0 else 96_000)
        self._layout = first[1][0].layout
        self.channels = int(self._layout.nb_channels)

    def _start(self, xing: XingFrame | None, checked: tuple[str, ...]) -> _Run | None:
        self._open_stream(checked)
        self.duration_s = self._stated_duration_s() if xing is None else xing.duration_s
        self._runs = self._decode_links(checked)
        first = next(self._runs, None)
        if first is None:
            self._reader.raise_failure()
        return first

    def _open_stream(self, checked: tuple[str, ...]) -> None:
        self._stream = _audio_stream(self._container)
        # Each core has a worker with another file: more threads would only compete for the cores.
        self._stream.codec_context.thread_type = "NONE"
        self._stream.codec_context.thread_count = 1
        self._is_checked = self._stream.codec_context.name in checked
        if self._is_checked:
            self._stream.codec_context.options = {"err_detect": "crccheck+explode"}

    def close(self) -> None:
        """Release libav's memory; can be repeated."""
        self._runs.close()
        self._container.close()

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 arrays, shape=(n, channels), n mostly `blocks.BLOCK_FRAMES`; once."""
        return _rejoined(self._built_blocks(), block_frames(self.channels))

    def _built_blocks(self) -> Iterator[np.ndarray]:
        builder: BlockBuilder | None = None
        runs = self._runs_behind() if self._skip_to_s > 0.0 else chain([self._first], self._runs)
        for gap_s, run in runs:
            if builder is not None and gap_s:
                # Its buffered samples belong before the gap.
                yield from self._rest(builder)
                builder = None
            if gap_s:
                left = round(gap_s * self.sample_rate_hz)
                while left > 0:
                    n = min(left, block_frames(self.channels))
                    yield np.zeros((n, self.channels), dtype=np.float32)
                    left -= n
            for kind, alike in groupby(run, kind_of):
                if builder is not None and builder.kind != kind:
                    yield from self._rest(builder)
                    builder = None
                frames = list(alike)
                if builder is None:
                    builder = block_builder(frames[0], layout=self._layout, rate_hz=self.sample_rate_hz)
                yield from builder.add(frames)
        if builder is not None:
            yield from self._rest(builder)
        self._reader.raise_failure()

    def _runs_behind(self) -> Iterator[_Run]:
        """Yield the frames after the skipped ones."""
        zero_s = self._first[1][0].time or 0.0
        for number, (gap_s, run) in enumerate(self._runs):
            if number == 0 and run:
                self.begins_at = round(((run[0].time or zero_s) - zero_s) * self.sample_rate_hz)
            yield gap_s, run

    def _rest(self, builder: BlockBuilder) -> Iterator[np.ndarray]:
        yield from builder.rest()
        self.damaged |= builder.damaged

    def _decode_links(self, checked: tuple[str, ...]) -> Generator[_Run, None, None]:
        """Decode the stream, and the links of a chain that libav's demuxer refuses to continue with."""
        yield from self._decode()
        while (link_at := self._link_at) is not None:
            self._container.close()
            try:
                self._reader, self._container = _open_container(self._source, (link_at,), range(0))
                self._open_stream(checked)
            except FileError:
                self.is_cut = True
                self._link_at = next_link_at(self._source, link_at)
            else:
                self._last_at, self._link_at = 0, None
                yield from self._decode()

    def _decode(self) -> Generator[_Run, None, None]:
        """Yield runs of frames; without checksums, packets that fail before the first good frame are preamble."""
        tolerance_s = _CLOCK_TOLERANCE_S.get(self._format)
        run: list[AudioFrame] = []
        gap_s = 0.0
        lost_s, failed = 0.0, False
        lost = LostPackets()
        is_skipping = False
        clock_s: float | None = None  # where the next frame should begin
        decode = self._stream.codec_context.decode
        for packet in self._packets():
            size, position = (0, None) if packet is None else (packet.size, packet.pos)
            if clock_s is not None and self._skip_to_s > 0.0 and self._is_skipped(packet):
                lost.note(position, size)
                is_skipping = True
                continue
            if is_skipping:
                self._stream.codec_context.flush_buffers()  # the decoder has state from before the skipped packets
                is_skipping, clock_s = False, None
            try:
                frames = decode(packet)
            except av.FFmpegError as error:
                _raise_no_memory(error)
                failed |= packet is not None
                lost_s += _packet_s(packet)
                lost.note(position, size)
                lost.failed(size)
                continue
            sound, longest_s = frames, 0.0
            for frame in frames:
                samples, rate_hz = frame.samples, frame.sample_rate
                if not samples or rate_hz not in SANE_RATES_HZ:  # damaged headers claim rates that no file has
                    sound = [other for other in sound if other is not frame]
                elif samples / rate_hz > longest_s:
                    longest_s = samples / rate_hz
            lost.note(position, size, len(sound), longest_s)
            for frame in sound:
                if clock_s is None:
                    if run:
                        yield gap_s, run
                    is_lost = failed and self._is_checked
                    yield min(lost_s, frame.time or 0.0) if is_lost else 0.0, [frame]
                    gap_s, run = 0.0, []
                    clock_s, lost_s, failed = (frame.time or 0.0) + frame.samples / frame.sample_rate, 0.0, False
                    self.damaged |= frame.is_corrupt or is_lost
                    continue
                if tolerance_s is not None:
                    time_s, lost_s = frame.time, 0.0
                    # A frame next to a hole has no time and just follows; a chained stream restarts the clock.
                    if time_s is not None and abs(time_s - clock_s) > tolerance_s:
                        lost_s, clock_s = max(0.0, time_s - clock_s), min(time_s, clock_s)
                clock_s += lost_s + frame.samples / frame.sample_rate
                if lost_s:
                    lost_s = lost.take(lost_s)
                # Without checksums, a failure at the end is a cut file or a tag, so damage only if good data follows.
                if failed or lost_s or frame.is_corrupt:
                    self.damaged = True
                    if lost_s:
                        if run:
                            yield gap_s, run
                        gap_s, run = lost_s, []
                    lost_s, failed = 0.0, False
                run.append(frame)
                if len(run) == _RUN_FRAMES:
                    yield gap_s, run
                    gap_s, run = 0.0, []
        if run:
            yield gap_s, run
        self.failed = failed and self._is_checked
        if self.failed and clock_s is not None:
            missing_s = 0.0 if self.duration_s is None else self.duration_s - clock_s
            # A cut file lacks more than what failed, and a tag comes behind the whole length.
            if 0 < round(missing_s * self.sample_rate_hz) <= round(lost.take(lost_s) * self.sample_rate_hz):
                self.damaged = True
                yield missing_s, []
            elif self.duration_s is None and self._format != "flac":  # only there, a tag becomes a packet
                self.damaged = True

    def _is_skipped(self, packet: Packet[Any] | None) -> bool:
        if self._skip_to_s <= 0.0 or packet is None or packet.pts is None or not packet.time_base:
            return False
        begins_s = self._first[1][0].time or 0.0
        return float(packet.pts * packet.time_base) + _packet_s(packet) - begins_s < self._skip_to_s

    def _packets(self) -> Iterator[Packet[Any] | None]:
        failures, is_refused, is_flushed = 0, False, False
        while failures <= _MAX_DEMUX_FAILURES and not is_flushed and self._link_at is None:
            try:
                for packet in self._container.demux(self._stream):
                    if self._format == "ogg" and bytes(packet).startswith(b"Speex   "):  # passed on as if it were audio
                        self._link_at = next_link_at(self._source, self._reader.start + self._last_at)
                        break
                    if packet.size:
                        failures, is_refused = 0, False
                        self._last_at = packet.pos or self._last_at
                    yield packet
                is_flushed = self._link_at is None
            except av.FFmpegError as error:
                _raise_no_memory(error)
                failures += 1
                # Invalid data is of a page, behind which the demuxer continues; others are of a new form of audio.
                is_new_form = not isinstance(error, av.InvalidDataError) and not is_refused
                is_refused |= is_new_form
                if self._format == "ogg" and (is_new_form or failures > _MAX_DEMUX_FAILURES):
                    self._link_at = next_link_at(self._source, self._reader.start + self._last_at)
        self.is_cut |= (is_refused or failures > _MAX_DEMUX_FAILURES) and self._link_at is None
        if not is_flushed:
            yield None  # get the decoder's remaining frames

    def _stated_duration_s(self) -> float | None:
        if _LENGTH_IN_HEADER.isdisjoint(self._format.split(",")):
            return None
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return self._container.duration / av.time_base if self._container.duration else None


def _open_container(source: AudioSource, starts: Iterable[int], veiled: range) -> tuple[SourceReader, InputContainer]:
    for start in starts:
        reader = SourceReader(source, start=start, veiled=veiled)
        try:
            # metadata_errors: tags in an unknown encoding must not prevent decoding.
            container = av.open(
                reader, mode="r", options=_OPEN_OPTIONS, metadata_errors="ignore", buffer_size=_READ_BYTES
            )
            return reader, container
        except av.FFmpegError as error:
            _raise_no_memory(error)
            reader.raise_failure()
    raise FileError("unsupported", UNKNOWN_FORMAT)


def _audio_stream(container: InputContainer) -> AvAudioStream:
    for stream in container.streams.audio:
        if getattr(stream, "codec_context", None) is not None:
            return stream
    if container.streams.audio:
        raise FileError("unsupported", "contains audio that map4 has no decoder for (perhaps copy-protected)")
    raise FileError("unsupported", "holds no audio")


def _raise_no_memory(error: av.FFmpegError) -> None:
    """Raise an error if memory really ran out; libav also reports that for absurd sizes in damaged files."""
    if error.errno != errno.ENOMEM:
        return
    try:
        mmap.mmap(-1, _SPARE_BYTES).close()  # uses no memory, as nothing is written to it
    except OSError:
        raise FileError("no_memory", "needs more memory to decode than available") from error


def _packet_s(packet: Packet[Any] | None) -> float:
    if packet is None or not packet.duration or not packet.time_base:
        return 0.0
    return float(packet.duration * packet.time_base)


def _rejoined(blocks: Iterator[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Join small blocks, as they occur around gaps, until they have at least `size` frames."""
    waiting: list[np.ndarray] = []
    frames = 0
    for block in blocks:
        waiting.append(block)
        frames += len(block)
        if frames >= size:
            yield waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
            waiting, frames = [], 0
    if waiting:
        yield np.concatenate(waiting)
