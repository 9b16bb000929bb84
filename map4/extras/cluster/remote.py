"""Runs a job on a worker machine in its own process, for a shared or transferred file."""

from __future__ import annotations

import multiprocessing
import os
import platform
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import TimeoutError as TooLateError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from map4.core.audio.jobs import Identified, LaneJob, Outcome, Stamp, TagsRead
from map4.core.music.analysis.analysis import ANALYSIS_VERSION
from map4.core.music.track.track import Failure
from map4.errors import FileError, WorkerStartError
from map4.scan import ProcessLane
from map4.version import __version__

_OWN = threading.local()


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Must be equal on both sides: the program and its analysis version, because results are stored together."""

    map4: str = __version__
    analysis: int = ANALYSIS_VERSION

    def __str__(self) -> str:
        return f"map4 {self.map4} (analysis {self.analysis})"


def versions() -> tuple[str, Versions]:
    """The name of this machine and its versions."""
    return platform.node(), Versions()


def run_here(job: LaneJob, timeout_s: float, wanted: Versions, content: bytes | None = None) -> Outcome | None:
    """Run a job for another machine; the outcome refers to the file as that machine knows it.

    job: with the path as seen here
    content: the file's bytes, if it is not visible here
    returns: None if this machine has no such file, or another file of this name: its bytes must be sent
    """
    if wanted != Versions():
        raise WorkerStartError(f"{platform.node()} has {Versions()}, not {wanted}; install the same version everywhere")
    with _jobs_at_hand(job, content) as here:
        if here is None:
            return None
        if not hasattr(_OWN, "lane"):
            _OWN.lane = ProcessLane()
        lane: ProcessLane = _OWN.lane
        start_up_s = lane.start_up_s
        try:
            outcome = _submitted(lane, here, timeout_s).result(timeout_s + start_up_s)
        except TooLateError:
            lane.kill()
            message = f"took longer than {timeout_s:g} s; to allow more, use --timeout"
            return Failure(kind="timeout", message=message)
    return replace(outcome, stamp=job.stamp) if isinstance(outcome, Identified | TagsRead) else outcome


@contextmanager
def _jobs_at_hand(job: LaneJob, content: bytes | None) -> Iterator[LaneJob | None]:
    if content is None:
        try:
            stamp = Stamp.of_file(job.path)
        except FileError:
            yield None
            return
        # Mounts of a shared file system differ in inode numbers and change times, but not in size or content.
        yield replace(job, stamp=stamp) if stamp.has_content_of(job.stamp) else None
        return
    with tempfile.TemporaryDirectory(prefix="map4-") as folder:
        path = os.path.join(folder, os.path.basename(job.path) or "audio")
        with open(path, "wb") as file:
            file.write(content)
        yield replace(job, path=path, stamp=Stamp.of_file(path))


def _submitted(lane: ProcessLane, job: LaneJob, timeout_s: float) -> Any:
    # Dask's nannies start workers as daemons, which Python forbids to start processes because these could outlive them.
    # Ours end with their parent.
    config: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    is_daemon = config.pop("daemon", None)
    try:
        return lane.submit(job, timeout_s)
    finally:
        if is_daemon is not None:
            config["daemon"] = is_daemon
