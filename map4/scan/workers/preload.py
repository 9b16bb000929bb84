"""What the process that starts workers loads once, so that each has it at once: within a time, or it ends.

It is imported by `multiprocessing.forkserver` and nothing else. With too little memory the import of a native library
may fail in any way, or try again without an end, and the parent, which waits meanwhile, could not stop it.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import shutil
import signal
from multiprocessing import forkserver
from pathlib import Path

from map4.base.room_in_memory import WORKER_BYTES, require_room

MODULES = (
    "map4.scan.workers.job",
    "map4.audio.identity",
    "map4.audio.tags",
    "map4.audio.decode",
    "map4.dsp.extract",
)
LIMIT_S, CPU_LIMIT_S = 30, 12
"""Longer than loading takes on a slow, busy machine, by the clock and of CPU: with too little memory, OpenBLAS asks for
it again and again."""

_PARENT = os.getppid()

signal.signal(signal.SIGALRM, signal.SIG_DFL)  # it ends the process, wherever that is
signal.signal(signal.SIGPROF, signal.SIG_DFL)
signal.alarm(LIMIT_S)
signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT_S)
try:
    require_room(WORKER_BYTES)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        for name in MODULES:
            importlib.import_module(name)
        from map4.dsp.compiled import kernels

        if kernels() is None:  # what takes their place uses it
            importlib.import_module("scipy.fft")
except BaseException:  # the parent sees the end, and says what it means
    os._exit(1)
signal.alarm(0)
signal.setitimer(signal.ITIMER_PROF, 0)


@atexit.register
def _remove_socket() -> None:
    """Remove the folder of the socket that workers are asked for by: a parent ended by kill -9 leaves it behind."""
    if os.getppid() == _PARENT:  # it removes it itself
        return
    address = forkserver._forkserver._forkserver_address  # type: ignore[attr-defined]
    folder = Path(address).parent if isinstance(address, str) else None
    if folder is not None and folder.name.startswith("pymp-"):
        shutil.rmtree(folder, ignore_errors=True)
