"""The files that are measured: synthesised by the demo, made once and kept in a work folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from map4.extras.demo.music import SPECS, Samples, TrackSpec, render_track, write_audio

DEFAULT_WORK = Path(tempfile.gettempdir()) / "map4-benchmark"
TRACK_S = 240.0
"""A normal track."""
RATE_HZ, OPUS_RATE_HZ = 44100, 48000
FORMATS = ("mp3", "flac", "wav", "m4a", "ogg", "opus")
MIX_LOOP_MINUTES = 10.0
"""What a long mix repeats: its memory depends on its length and not on whether its music comes back."""
TINY_RATE_HZ, TINY_FRAMES = 8000, 4000
FILES_AN_ALBUM, ALBUMS_AN_ARTIST = 10, 5


class Material:
    """Makes files in a folder; what is there already is taken as it is.

    folder: of the files
    track_s: length of a normal track in seconds
    """

    def __init__(self, folder: Path, track_s: float) -> None:
        self.folder = folder
        self.track_s = track_s
        folder.mkdir(parents=True, exist_ok=True)

    def track(self, suffix: str) -> Path:
        """A track of normal length: drums, bass, chords and a lead in stereo; 128-160 kbit/s, PCM with 16 bits."""
        path = self.folder / f"track-{self.track_s:g}s.{suffix}"
        if not path.exists():
            rate_hz = OPUS_RATE_HZ if suffix == "opus" else RATE_HZ
            samples = render_track(replace(SPECS[0], seconds=self.track_s), rate_hz)
            with _into_place(path) as partial:
                write_audio(str(partial), samples, rate_hz)
        return path

    def copies(self, count: int) -> Path:
        """A folder of `count` MP3 files of normal length, each of which ends one packet before the last one does."""
        folder = self.folder / f"copies-{self.track_s:g}s-{count}"
        if not folder.exists():
            track = self.track("mp3")
            content = track.read_bytes()
            ends = [position for position, _ in _mp3_packets(track)]
            with _into_place(folder) as partial:
                partial.mkdir()
                for index in range(count):
                    (partial / f"{index:03}.mp3").write_bytes(content[: ends[-1 - index]])
        return folder

    def mix(self, minutes: float) -> Path:
        """One MP3 file of that length: packets of a shorter mix, again and again."""
        path = self.folder / f"mix-{minutes:g}min.mp3"
        if not path.exists():
            loop_minutes = min(MIX_LOOP_MINUTES, minutes)
            loop = self.folder / f"loop-{loop_minutes:g}min.mp3"
            if not loop.exists():
                with _into_place(loop) as partial:
                    write_audio(str(partial), np.concatenate(list(long_mix(loop_minutes, RATE_HZ))), RATE_HZ)
            # The first packet is left out: it would need what the packets before it have saved up.
            packets = b"".join(data for _, data in _mp3_packets(loop)[1:])
            with _into_place(path) as partial, open(partial, "wb") as file:
                for _ in range(round(minutes / loop_minutes)):
                    file.write(packets)
        return path

    def collection(self, count: int) -> Path:
        """A folder tree of `count` tiny, valid WAV files, all different: half a second with 8 bits at 8 kHz."""
        folder = self.folder / f"collection-{count}"
        if not folder.exists():
            header = _wav_header(TINY_FRAMES, TINY_RATE_HZ)
            tone = (128 + 60 * np.sin(np.arange(TINY_FRAMES) * 0.3)).astype(np.uint8)
            with _into_place(folder) as partial:
                for index in range(count):
                    album = index // FILES_AN_ALBUM
                    place = partial / f"Artist {album // ALBUMS_AN_ARTIST:04}" / f"Album {album:05}"
                    if index % FILES_AN_ALBUM == 0:
                        place.mkdir(parents=True)
                    tone[:4] = np.frombuffer(index.to_bytes(4, "little"), dtype=np.uint8)
                    (place / f"{index % FILES_AN_ALBUM + 1:02} Track {index}.wav").write_bytes(header + tone.tobytes())
        return folder


@contextmanager
def _into_place(path: Path) -> Iterator[Path]:
    """Make something under another name first, so that what an interrupted run left is not taken for whole."""
    partial = path.with_name(f"{os.getpid()}-{path.name}")
    yield partial
    partial.rename(path)


def _mp3_packets(path: Path) -> list[tuple[int, bytes]]:
    """Where each packet begins, and its bytes."""
    import av

    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size and packet.pos is not None]
        return [(int(packet.pos or 0), bytes(packet)) for packet in packets]


def _wav_header(frames: int, rate_hz: int) -> bytes:
    """Of mono PCM with 8 bits."""
    sizes = [(1, 2), (1, 2), (rate_hz, 4), (rate_hz, 4), (1, 2), (8, 2)]
    form = b"".join(value.to_bytes(width, "little") for value, width in sizes)
    body = b"WAVEfmt " + len(form).to_bytes(4, "little") + form + b"data" + frames.to_bytes(4, "little")
    return b"RIFF" + (len(body) + frames).to_bytes(4, "little") + body


def long_mix(minutes: float, sr: int, *, block: int = 65536, specs: Sequence[TrackSpec] = SPECS) -> Iterator[Samples]:
    """Play tracks in a row, again and again, without holding more than one of them.

    minutes: total length
    sr: int > 0, samples per second
    block: frames of each block but the last

    Yields
    ------
    np.ndarray, shape=(block, 2), float32
    """
    left, index = round(minutes * 60.0 * sr), 0
    rest = np.zeros((0, 2), dtype=np.float32)
    while left > 0:
        while rest.shape[0] < min(block, left):
            rest = np.concatenate([rest, render_track(specs[index % len(specs)], sr)])
            index += 1
        size = min(block, left)
        yield rest[:size]
        rest, left = rest[size:], left - size
