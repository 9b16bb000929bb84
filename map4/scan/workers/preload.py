"""Preload modules in the process that forks the workers, within limits.

Only `multiprocessing.forkserver` imports this. With too little memory, the import of a native library may fail in any
way or retry forever, and the waiting parent could not stop it.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import importlib
import os
import shutil
import signal
import sys
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

from map4.core.base.machine import WORKER_BYTES, require_room

MODULES = (
    "map4.scan.workers.job",
    "map4.core.audio.identity",
    "map4.core.audio.tags",
    "map4.core.audio.decode",
    "map4.core.dsp.extract",
)
STALL_S = 300
"""Longer than one module takes on a busy machine or a cold disk. All of them together may take any time."""
CPU_LIMIT_S = 60
"""More than a slow machine needs for all of them. With too little memory, OpenBLAS requests it again and again."""

_PARENT = os.getppid()


class _Progress:
    """An import hook that restarts the time limit at every module, and finds none."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        signal.alarm(STALL_S)


_progress = _Progress()
signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process wherever it is
signal.signal(signal.SIGPROF, signal.SIG_DFL)
signal.alarm(STALL_S)
sys.meta_path.insert(0, _progress)
signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT_S)
try:
    require_room(WORKER_BYTES)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        for name in MODULES:
            importlib.import_module(name)
        from map4.core.dsp.compiled import kernels

        if kernels() is None:  # what takes their place uses it
            importlib.import_module("scipy.fft")
    gc.freeze()  # no worker need look through what is loaded, .02 s every few files, and so copy its memory
except MemoryError:
    os._exit(errno.ENOMEM)
except BaseException:  # the parent sees the end, and says what it means
    os._exit(1)
sys.meta_path.remove(_progress)
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
