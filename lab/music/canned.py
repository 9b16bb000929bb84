"""A scan whose workers answer at once with canned results: what map4 itself costs around the analysis.

    python lab/music/canned.py FOLDER LIBRARY

scans FOLDER into LIBRARY so, and prints one line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace

from map4.audio.jobs import Analysed, AnalyseJob, Identified, IdentifyJob, LaneJob, Outcome
from map4.library import Library
from map4.music.analysis.analysis import (
    Analysis,
    Grid,
    Hamms,
    KeyCandidate,
    KeyEstimate,
    Loudness,
    Spectrum,
    Tempo,
    TempoCandidate,
)
from map4.music.analysis.audio import AudioFormat, Identity
from map4.music.analysis.key import parse_key
from map4.music.track.tags import Tags

FORMAT = AudioFormat(codec="pcm", sample_rate_hz=8000, channels=1, bits=8, payload_bytes=4000)
ANALYSIS = Analysis(
    duration_s=240.0,
    tempo=Tempo(bpm=128.0, confidence=0.9, alternatives=(TempoCandidate(bpm=64.0, confidence=0.1),), stability=0.99),
    grid=Grid(first_beat_s=0.1, bpm=128.0, metre=4, downbeat=1),
    key=KeyEstimate(
        key=parse_key("8A"),
        confidence=0.8,
        runner_up=KeyCandidate(key=parse_key("8B"), confidence=0.1),
        tuning_cents=-3.0,
    ),
    energy=0.7,
    loudness=Loudness(integrated_lufs=-9.0, range_lu=4.0, true_peak_dbtp=-0.5),
    spectrum=Spectrum(**dict.fromkeys(Spectrum.__slots__, 0.5)),
    hamms=Hamms(vector=(0.5,) * 12, confidence=0.9),
    cue_in_s=0.1,
    cue_out_s=239.0,
    beats_s=tuple(i * 60.0 / 128.0 for i in range(512)),
    decoder="canned 1",
)


class CannedLane:
    """Answers with the same analysis for every file, and with an identity made of its path."""

    start_up_s = 0.0

    def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
        """Answer at once."""
        future: Future[Outcome] = Future()
        future.set_result(_answer(job))
        return future

    def kill(self) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """Nothing to give back."""


def canned_lanes(count: int) -> Sequence[CannedLane]:
    """`count` of them."""
    return [CannedLane() for _ in range(count)]


def answer_with(analysis: Analysis) -> Callable[[LaneJob], Outcome]:
    """What answers each job at once: every file has this analysis, and an identity made of its path."""

    def answer(job: LaneJob) -> Outcome:
        if isinstance(job, IdentifyJob):
            digest = hashlib.blake2b(os.fsencode(job.path), digest_size=16).hexdigest()
            artist, album, name = job.path.split(os.sep)[-3:]
            title = name.removesuffix(".wav")
            return Identified(
                stamp=job.stamp,
                identity=Identity(audio_id=f"a1-{digest}", format=FORMAT),
                tags=Tags(artist=artist, title=title, album=album, genre="House", year=2001, bpm=128.0),
            )
        assert isinstance(job, AnalyseJob)
        return Analysed(analysis=replace(analysis))

    return answer


_answer = answer_with(ANALYSIS)


def main() -> None:
    """Scan and print what it cost."""
    folder, library = sys.argv[1:]
    start, cpu_start = time.perf_counter(), time.process_time()
    with Library.open(library, lanes=canned_lanes) as lib:
        summary = lib.scan([folder], jobs=2)
    print(
        json.dumps(
            {
                "files": summary.analysed,
                "wall_s": round(time.perf_counter() - start, 3),
                "cpu_s": round(time.process_time() - cpu_start, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
