"""What one analysis costs, stage by stage, and beside it what decoding alone costs; all within one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import soxr
from measure import median

from map4.core.audio.decode import open_audio
from map4.core.audio.identity import identify
from map4.core.audio.jobs import Identified, Stamp
from map4.core.audio.tags import read_tags
from map4.core.dsp.extract import Extractor
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.music.analysis.analysis import Analysis
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks

Clock = Callable[[], float]

STAGES = (
    "identify",
    "tags",
    "decode",
    "loudness",
    "cutoff",
    "resample",
    "stft",
    "rhythm",
    "tonal",
    "inside",
    "sound",
    "rest",
    "store",
)
STORED = 50
"""Rows written to find what one costs: a single one is below the clock's grain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One file's way through map4; seconds by stage, `total` being all but the store."""

    seconds: dict[str, float]
    total: float
    identified: Identified
    analysis: Analysis


def analyse_whole(path: Path, clock: Clock) -> Whole:
    """Do what a worker does with a new file, and take the time of each part.

    path : audio file
    clock : `time.process_time` for CPU seconds, `time.perf_counter` for wall seconds
    """
    start = clock()
    stamp = Stamp.of_file(str(path))
    identity = identify(str(path))
    identify_end = clock()
    tags = read_tags(str(path))
    tags_end = clock()
    with open_audio(str(path)) as stream:
        extractor = Extractor(stream.sample_rate_hz, stream.channels, clock=clock)
        for block in stream.blocks():
            extractor.feed(block)
        analysis = extractor.finish(decoder=stream.decoder, flags=tuple(stream.flags))
    end = clock()
    parts = {"identify": identify_end - start, "tags": tags_end - identify_end, **extractor.seconds}
    # Opening, decoding and what lies between the stages: whatever no stage has claimed.
    parts["decode"] = end - tags_end - sum(extractor.seconds.values())
    identified = Identified(stamp=stamp, identity=identity, tags=tags)
    return Whole(seconds=parts, total=end - start, identified=identified, analysis=analysis)


def decode_plainly(path: Path, clock: Clock = time.process_time) -> float:
    """Seconds that libav takes for the packets of a file: its frames thrown away, nothing looked at or converted."""
    start = clock()
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        stream.codec_context.thread_type, stream.codec_context.thread_count = "NONE", 1
        for packet in container.demux(stream):
            stream.codec_context.decode(packet)
    return clock() - start


def decode_alone(path: Path, clock: Clock = time.process_time) -> float:
    """Seconds to decode: the blocks the analysis gets, thrown away."""
    start = clock()
    with open_audio(str(path)) as stream:
        for _ in stream.blocks():
            pass
    return clock() - start


def decode_and_resample(path: Path, clock: Clock = time.process_time) -> float:
    """Seconds to decode to mono float32 at the analysis rate, thrown away."""
    start = clock()
    with open_audio(str(path)) as stream:
        mean = np.full(stream.channels, 1.0 / stream.channels, dtype=np.float32)
        resampler = soxr.ResampleStream(stream.sample_rate_hz, ShortWindow.SAMPLE_RATE_HZ, 1, dtype="float32")
        for block in stream.blocks():
            resampler.resample_chunk(block @ mean)
        resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
    return clock() - start


def store_seconds(whole: Whole, clock: Clock) -> float:
    """Seconds to write one new file with its analysis and to read its track back, as a scan does."""
    with TemporaryDirectory() as folder:
        database = SqliteDatabase(str(Path(folder) / "library.map4"))
        store = SqlTracks(database)
        now = datetime.now(UTC)
        identified = whole.identified
        start = clock()
        for index in range(STORED):
            path = f"/music/{index}.mp3"
            store.put_file(path, identified.stamp, identified, now=now, analysis=whole.analysis)
            store.track(path)
        spent = clock() - start
        database.close()
    return spent / STORED


def stage_table(path: Path, repeat: int) -> dict[str, dict[str, float]]:
    """Median seconds by stage and in `total` (the store included), as {"cpu_s": …, "wall_s": …}."""
    table = {}
    for name, clock in (("cpu_s", time.process_time), ("wall_s", time.perf_counter)):
        runs = [analyse_whole(path, clock) for _ in range(repeat)]
        parts = {stage: median([run.seconds.get(stage, 0.0) for run in runs]) for stage in STAGES if stage != "store"}
        parts["store"] = median([store_seconds(runs[0], clock)])
        parts["total"] = median([run.total for run in runs]) + parts["store"]
        table[name] = parts
    return table


def ratios(path: Path, repeat: int) -> dict[str, float]:
    """How many times longer the whole analysis takes than decoding; CPU, in interleaved rounds, medians.

    `whole_by_plain_decode` compares with libav alone, `whole_by_decode` with the same decoder and the same blocks,
    `whole_by_decode_resampled` with these brought to mono at the analysis rate; all throw the samples away. The whole
    holds identity, tags and analysis.
    """
    rounds = list(_rounds(path, repeat))
    whole, plain, decode, resampled = zip(*rounds, strict=True)
    return {
        "whole_cpu_s": median(whole),
        "plain_decode_cpu_s": median(plain),
        "decode_cpu_s": median(decode),
        "decode_resampled_cpu_s": median(resampled),
        "whole_by_plain_decode": round(statistics.median(w / p for w, p, _, _ in rounds), 3),
        "whole_by_decode": round(statistics.median(w / d for w, _, d, _ in rounds), 3),
        "whole_by_decode_resampled": round(statistics.median(w / r for w, _, _, r in rounds), 3),
    }


def _rounds(path: Path, repeat: int) -> Iterator[tuple[float, float, float, float]]:
    analyse_whole(path, time.process_time)  # tables and plans are made once a worker, not once a file
    for _ in range(repeat):
        whole = analyse_whole(path, time.process_time).total
        yield whole, decode_plainly(path), decode_alone(path), decode_and_resample(path)
