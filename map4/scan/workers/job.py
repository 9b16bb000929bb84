"""What runs inside a worker process: jobs to outcomes, and the guards around them."""

from __future__ import annotations

import contextlib
import faulthandler
import math
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import connection
from typing import Any

from map4.core.audio import jobs
from map4.core.audio.decoder import DEFAULT_DECODER, DecodedAudio, load_decoder
from map4.core.audio.tags import read_file_tags
from map4.core.audio.tags.lyrics import lyrics_to_store
from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.inside import Strip
from map4.core.music.track.tags import FileTags
from map4.core.music.track.track_parts import Failure
from map4.errors import FileError

# The parent ends jobs that take too long. The worker's own watchdog is for a parent that is stuck. It counts the wait
# for a core, too, so its limit is this many times longer.
WATCHDOG_TIMES = 60.0

# Three hours of music take 0.7 GB. A file that needs more than this share of memory is damaged or malicious.
MEMORY_SHARE = 0.5
LEAST_MEMORY_BYTES = 2 << 30  # half of a small machine would refuse long mixes
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # version 2 and 1

DEBUG_VARIABLE = "MAP4_DEBUG"


def start_worker(niceness: int = 0) -> None:
    """Prepare a worker process: it ignores Ctrl-C (the parent ends it), ends with its parent, prints nothing, and on
    Linux is limited to its share of the memory.

    Output of native decoders on stderr is dropped unless MAP4_DEBUG is set.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if niceness and hasattr(os, "nice"):
        os.nice(niceness)
    if sys.platform == "linux":  # so only a file that needs too much fails, and nothing is killed
        import resource

        most = max(LEAST_MEMORY_BYTES, round(MEMORY_SHARE * _memory_bytes()))
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if soft == resource.RLIM_INFINITY or soft > most:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    if not os.environ.get(DEBUG_VARIABLE):
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 2)
        os.close(devnull)
    # A worker waits on a pipe whose other end it holds itself, so it would outlive a parent killed by kill -9.
    parent = multiprocessing.parent_process()
    if parent is not None:
        _end_by_signal(parent.sentinel)
        threading.Thread(target=_end_with_parent, args=(parent.sentinel,), name="map4-parent", daemon=True).start()


def _memory_bytes() -> int:
    """Return the memory of the machine, or of the container if it is limited."""
    has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in _CGROUP_LIMITS:
        with contextlib.suppress(OSError, ValueError):  # no such limit, or "max"
            has = min(has, int(OnDisk(limit).read(most_bytes=100)))
    return has


def _end_by_signal(sentinel: int) -> None:
    """Make the kernel end this process when the parent's end of the pipe closes, even during native code."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            signal.signal(signal.SIGIO, signal.SIG_DFL)
            fcntl.fcntl(sentinel, fcntl.F_SETOWN, os.getpid())
            fcntl.fcntl(sentinel, fcntl.F_SETFL, fcntl.fcntl(sentinel, fcntl.F_GETFL) | os.O_ASYNC)


def _end_with_parent(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def run_job(job: jobs.LaneJob, timeout_s: float | None = None) -> jobs.Outcome:
    """Do one job; every error of the file is returned as a value, so that it can't break the worker's pipe.

    timeout_s: if given, the process ends itself some time after it, even from inside native code
    """
    try:
        if timeout_s is None:
            return _HANDLERS[type(job)](job)
        with open(os.devnull, "w") as nowhere:
            with contextlib.suppress(RuntimeError):  # no memory for its thread; the parent watches too
                faulthandler.dump_traceback_later(timeout_s * WATCHDOG_TIMES, exit=True, file=nowhere)
            try:
                return _HANDLERS[type(job)](job)
            finally:
                faulthandler.cancel_dump_traceback_later()
    except FileError as error:
        return Failure.of(error)
    except MemoryError:
        return Failure(
            kind="no_memory", message="needs more memory than available; try 'map4 scan --retry-failed --jobs 1'"
        )
    except Exception as error:  # around one job: a file's error affects only that file
        if os.environ.get(DEBUG_VARIABLE):
            import traceback

            traceback.print_exc(file=sys.__stderr__)
        return Failure(kind="crashed", message=f"broke the analysis ({type(error).__name__}: {error})")


def _identify(job: jobs.IdentifyJob) -> jobs.Outcome:
    from map4.core.audio.identity import identify

    stamp = jobs.Stamp.of_file(job.path)
    failure, identity = None, None
    try:
        identity = identify(job.path)
    except FileError as error:
        failure = Failure.of(error)
    can_be_read = failure is None or failure.kind not in ("vanished", "unreadable")
    tags = read_file_tags(job.path) if can_be_read else FileTags()
    return jobs.Identified(
        stamp=stamp,
        identity=identity,
        tags=tags.stored(),
        has_picture=tags.has_picture,
        lyrics=lyrics_to_store(job.path) if can_be_read else None,
        failure=failure,
    )


def _read_tags(job: jobs.TagsJob) -> jobs.Outcome:
    stamp, tags = jobs.Stamp.of_file(job.path), read_file_tags(job.path)
    lyrics = lyrics_to_store(job.path)
    return jobs.TagsRead(stamp=stamp, tags=tags.stored(), has_picture=tags.has_picture, lyrics=lyrics)


@contextlib.contextmanager
def _unchanged_audio(job: jobs.AnalyseJob | jobs.DecodeJob | jobs.ConvertJob) -> Iterator[DecodedAudio]:
    """Yield the decoded audio of a file; fails if the file is written meanwhile."""
    _require_unchanged(job)
    decoder: Callable[..., Any] = load_decoder(job.decoder)
    if isinstance(job, jobs.ConvertJob) and job.part_s is not None and job.decoder == DEFAULT_DECODER:
        # Other decoders always start at the beginning.
        from map4.core.audio.mixdown.stretch import TimeStretch

        before_s = 0.0 if job.speed == 1.0 else TimeStretch.SETTLES_S
        decoder = partial(decoder, from_s=max(0.0, job.part_s[0] - before_s), length_s=job.length_s)
    with decoder(job.path) as stream:
        yield stream
    _require_unchanged(job)


def _require_unchanged(job: jobs.AnalyseJob | jobs.DecodeJob | jobs.ConvertJob) -> None:
    if jobs.Stamp.of_file(job.path) != job.stamp:
        raise FileError("unreadable", "changed while it was read; scan again when it is complete")


def _analyse(job: jobs.AnalyseJob) -> jobs.Outcome:
    from map4.core.dsp.extract import Extractor

    longest_s = math.inf if job.longest_s is None else job.longest_s
    _require_not_longer(job.length_s or 0.0, longest_s)
    with _unchanged_audio(job) as stream:
        extractor = Extractor(stream.sample_rate_hz, stream.channels)
        for block in stream.blocks():
            extractor.feed(block)
            _require_not_longer(extractor.duration_s, longest_s)  # the header may give too short a duration
        flags = tuple(stream.flags)
        analysis = extractor.finish(decoder=stream.decoder, flags=flags)
        stated_s, states_delay = getattr(stream, "duration_hint_s", None), getattr(stream, "states_delay", True)
        ends = extractor.ends.ends(stated_s, states_delay=states_delay)
        return jobs.Analysed(analysis=analysis.as_stored(), ends=ends, added=getattr(stream, "added", {}))


def _require_not_longer(length_s: float, longest_s: float) -> None:
    if length_s > longest_s:
        raise FileError("too_long", f"holds more than {longest_s / 3600:g} h of audio")


def _decode(job: jobs.DecodeJob) -> jobs.Outcome:
    with _unchanged_audio(job) as stream:
        samples = sum(len(block) for block in stream.blocks())
        duration_s, added = samples / stream.sample_rate_hz, getattr(stream, "added", {})
        return jobs.Decoded(duration_s=duration_s, flags=tuple(stream.flags), added=added)


def _convert(job: jobs.ConvertJob) -> jobs.Outcome:
    from map4.core.audio.converting import convert
    from map4.core.dsp.inside.strip import make_strip

    with _unchanged_audio(job) as stream:
        if job.form == "strip":
            levels = make_strip(stream.blocks(), stream.sample_rate_hz)
            levels.tofile(job.target)
            return jobs.Converted(duration_s=levels.shape[1] / Strip.RATE_HZ)
        length_s = convert(stream, job.target, job.form, job.part_s, job.speed, job.kbps, job.tags)
        return jobs.Converted(duration_s=length_s)


_HANDLERS: dict[type, Callable[[Any], jobs.Outcome]] = {
    jobs.IdentifyJob: _identify,
    jobs.AnalyseJob: _analyse,
    jobs.TagsJob: _read_tags,
    jobs.DecodeJob: _decode,
    jobs.ConvertJob: _convert,
}
