"""How long `map4 classify` takes, against a server on this machine that answers after a second: a table, and JSON.

Nothing is sent to anybody, and no key is needed. `docs/classify.md` has the figures.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from claude_server import Turn, serving
from labelled_tracks import make_tracks
from measure import machine

from map4.base.asking.batches import BatchLimits
from map4.labels.use import LabelSummary
from map4.library import Library

SCHEMA = "map4/benchmark-classify/1"
DEFAULT_JSON = Path(__file__).with_name("results") / "classify.json"
CONCURRENCY, BATCH_SIZE = 4, 20
# For a latency of a second; the first one with the import of the SDK, which each command pays.
TARGETS = {
    "first_50_s": 2.5,
    "asked_1000_s": 20.0,
    "overhead_ms_per_track": 2.0,
    "cached_1000_s": 0.5,
    "known_1000_s": 0.5,
}


def timed_run(library: Library, url: str, responses: str) -> tuple[float, LabelSummary]:
    """Label the whole library; gives the seconds it took."""
    started = time.perf_counter()
    limits = BatchLimits(batch_size=BATCH_SIZE, concurrency=CONCURRENCY)
    summary = library.labels.run(base_url=url, limits=limits, responses=responses)
    return time.perf_counter() - started, summary


def measure(work: Path, tracks: int, latency_s: float) -> dict[str, Any]:
    """Times of a first run of 50 tracks, of one of many, and of those that ask nothing any more."""
    started = time.perf_counter()
    importlib.import_module("anthropic")
    import_s = time.perf_counter() - started
    responses = str(work / "responses")
    with serving(Turn.good, latency_s) as server:
        with Library.open(work / "first.map4") as library:
            make_tracks(library, 50, artist="First")
            first_s, _ = timed_run(library, server.url, responses)
        with Library.open(work / "asked.map4") as library:
            make_tracks(library, tracks)
            asked_s, asked = timed_run(library, server.url, responses)
            known_s, known = timed_run(library, server.url, responses)
        sent = len(server.turns)
        with Library.open(work / "cached.map4") as library:
            make_tracks(library, tracks)
            cached_s, cached = timed_run(library, server.url, responses)
        again = len(server.turns) - sent
    assert (asked.asked, known.known, cached.cached, again) == (tracks, tracks, tracks, 0)
    least_s = latency_s * math.ceil(asked.requests / CONCURRENCY)
    return {
        "import_sdk_s": round(import_s, 3),
        "first_50_s": round(first_s + import_s, 3),
        "asked_1000_s": round(asked_s, 3),
        "least_possible_1000_s": least_s,
        "overhead_ms_per_track": round((asked_s - least_s) / tracks * 1000, 3),
        "cached_1000_s": round(cached_s, 3),
        "known_1000_s": round(known_s, 3),
        "requests": asked.requests,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; 1 where a target is missed in a full run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 tracks and hardly any latency: only whether it runs")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, help="where to write the figures")
    options = parser.parse_args(arguments)
    os.environ["ANTHROPIC_API_KEY"] = "no-key-at-all"
    tracks, latency_s = (100, 0.01) if options.quick else (1000, 1.0)
    with tempfile.TemporaryDirectory() as work:
        found = measure(Path(work), tracks, latency_s)
    missed = [] if options.quick else [name for name, most in TARGETS.items() if found[name] > most]
    for name, value in found.items():
        limit = f"at most {TARGETS[name]:g}" if name in TARGETS else ""
        print(f"{name:<24} {value:>10}  {limit}{'  MISSED' if name in missed else ''}")
    document = {
        "schema": SCHEMA, "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
        "tracks": tracks, "latency_s": latency_s, "figures": found, "missed": missed,
    }  # fmt: skip
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
