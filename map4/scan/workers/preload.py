"""Preload modules in the process that forks the workers, within a time limit.

Only `multiprocessing.forkserver` imports this. With too little memory, the import of a native library may fail in any
way or retry forever, and the waiting parent could not stop it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
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
"""Longer than loading takes on a slow, busy machine, in wall time and CPU time. With too little memory, OpenBLAS
requests it again and again."""

_PARENT = os.getppid()

signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process wherever it is
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
    gc.freeze()  # no worker need look through what is loaded, .02 s every few files, and so copy its memory
except BaseException:  # the parent sees the end, and says what it means
    os._exit(1)
signal.alarm(0)
signal.setitimer(signal.ITIMER_PROF, 0)


@atexit.register
def _remove_socket() -> None:
    """Remove the folder of the forkserver's socket, which a parent ended by kill -9 leaves behind."""
    if os.getppid() == _PARENT:  # the parent removes it
        return
    address = forkserver._forkserver._forkserver_address  # type: ignore[attr-defined]
    folder = Path(address).parent if isinstance(address, str) else None
    if folder is not None and folder.name.startswith("pymp-"):
        shutil.rmtree(folder, ignore_errors=True)
