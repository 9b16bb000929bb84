"""A scan whose files all get the analysis of the first one: what map4 itself costs around the analysis.

    python lab/music/canned.py FOLDER LIBRARY

scans FOLDER into LIBRARY so, and prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import Future

from map4.core.audio.jobs import AnalyseJob, LaneJob, Outcome
from map4.library import Library
from map4.scan.workers.lanes import ProcessLane


class OneAnalysis(ProcessLane):
    """Answers analyses after its first at once; a worker does all else."""

    _analysed: Outcome | None = None

    def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
        if not isinstance(job, AnalyseJob):
            return super().submit(job, timeout_s)
        self._analysed = self._analysed or super().submit(job, timeout_s).result()
        future: Future[Outcome] = Future()
        future.set_result(self._analysed)
        return future


def main() -> None:
    """Scan and print what it cost."""
    folder, library = sys.argv[1:]
    start, cpu_start = time.perf_counter(), time.process_time()
    with Library.open(library, lanes=lambda count: [OneAnalysis() for _ in range(count)]) as lib:
        summary = lib.scan([folder], jobs=2)
    wall_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
    print(json.dumps({"files": summary.analysed, "wall_s": round(wall_s, 3), "cpu_s": round(cpu_s, 3)}))


if __name__ == "__main__":
    main()
