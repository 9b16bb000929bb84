"""Decoders for tests, given to map4 through its decoder port (`analysis.decoder`); file names say what happens."""

import ctypes
import errno
import multiprocessing
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from map4.core.audio.decode import open_audio as open_real
from map4.errors import FileError


@contextmanager
def open_audio(path: str) -> Iterator[Any]:
    """Misbehave as the file name says, else decode."""
    name = Path(path).name
    for word, act in _ACTS.items():
        if word in name:
            act()
    if name == os.environ.get("DOUBLES_VANISH"):
        raise FileError("vanished", "does not exist")
    log = os.environ.get("DOUBLES_LOG")
    if log:  # one line for each file that is really decoded, whole lines only
        with open(log, "ab", buffering=0) as file:
            file.write(os.fsencode(name) + b"\n")
    with open_real(path) as stream:
        yield stream


def _crash() -> None:
    ctypes.string_at(0)


def _hang() -> None:
    # Inside native code and holding the interpreter's lock: no Python-level time-out could end this.
    re.match(r"(a+)+$", "a" * 60 + "b")


def _killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _no_memory() -> None:
    raise MemoryError


def _greedy() -> None:
    # Never touched, so that it takes no memory where nothing stops it.
    np.empty(3 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4, dtype=np.uint8)


def _raise() -> None:
    raise RuntimeError(os.environ.get("DOUBLES_MESSAGE", "the double broke down"))


def _stuck() -> None:
    time.sleep(3600.0)


def _failing_disk() -> None:
    raise FileError.of_system(OSError(errno.EIO, os.strerror(errno.EIO)))


def _badtwin() -> None:
    raise FileError("corrupt", "holds not one sample")


def _slow() -> None:
    time.sleep(float(os.environ.get("DOUBLES_SLOW_S", "0.6")))


def _end_worker() -> None:
    """End the process that this one works for, as whoever is out of memory there would."""
    parent = multiprocessing.parent_process()
    assert parent.pid is not None
    os.kill(parent.pid, signal.SIGKILL)
    time.sleep(60.0)


def _held() -> None:
    while not os.path.exists(os.environ["DOUBLES_GATE"]):
        time.sleep(0.02)


_ACTS = {
    "crash": _crash,
    "hang": _hang,
    "killed": _killed,
    "nomemory": _no_memory,
    "greedy": _greedy,
    "raise": _raise,
    "stuck": _stuck,
    "eio": _failing_disk,
    "badtwin": _badtwin,
    "slow": _slow,
    "held": _held,
    "end_worker": _end_worker,
}
