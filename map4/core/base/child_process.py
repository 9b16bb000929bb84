"""A process of map4's own that receives a request, sends events and then the answer.

Pickles go both ways over its stdin and stdout. The parent sends a request, and the next one after its answer. The
child sends any number of events `(what, value)`, then `("done", answer)` or `("failed", error)`.

It leads a process group that contains everything it starts, so killing the group ends all of it immediately, even in
native code. It ends when its stdin closes, however its parent ended.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, BinaryIO, ClassVar, cast

import map4
from map4.core.base.files.last_error import LastError
from map4.errors import Map4Error

MALLOC_THRESHOLDS = {"MALLOC_MMAP_THRESHOLD_": str(8 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 20)}

Message = tuple[str, Any]
Send = Callable[[str, Any], object]

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(map4.__file__)))
_PROGRAM = (
    "import sys; sys.argv[1] in sys.path or sys.path.insert(0, sys.argv[1]); "
    "from importlib import import_module; import_module(sys.argv[2]).main()"
)


class Child:
    """A child process, seen from its parent; `command` runs it."""

    ENVIRONMENT: ClassVar = {
        # With a worker on every core, numpy's BLAS is 15-22 times slower if each worker also uses a thread per core.
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1",
        "PYTHONSAFEPATH": "1",  # else modules come from the current folder first; a music folder may have a soxr.py
        # The arrays of a batch of frames (a few MB) come and go ten times a track. By default glibc returns some of
        # them to the system each time, up to 15 % of an analysis. Other C libraries ignore these variables.
        **MALLOC_THRESHOLDS,
        # After a kill -9 of map4, the resource tracker would report on stderr what it cleans up.
        "PYTHONWARNINGS": "ignore:resource_tracker",
    }  # fmt: skip
    ENDED = (EOFError, OSError, pickle.UnpicklingError)
    """Errors of reading from or writing to an ended process; its last message may be cut off."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **Child.ENVIRONMENT},
            process_group=None if sys.platform == "win32" else 0,  # a Ctrl-C goes only to the parent
        )
        self._in, self._out = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        self.pid = self._process.pid

    def send(self, message: Any) -> None:
        pickle.dump(message, self._in)
        self._in.flush()

    def receive(self) -> Message:
        return cast(Message, pickle.load(self._out))

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill the process and everything it started; thread-safe."""
        if self._process.returncode is not None:  # another process may have its number by now
            return
        with suppress(ProcessLookupError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self.pid, signal.SIGKILL)

    def end(self) -> str:
        """Kill the process, wait for it, and return how it ended: by which signal, or with which code."""
        # Kill before the wait: until then no other process can get its number.
        self.kill()
        code = self._process.wait()
        for pipe in (self._in, self._out):
            with suppress(OSError):  # unwritten data can't be written any more
                pipe.close()
        return Child.exit_name(code)

    @staticmethod
    def exit_name(exit_code: int) -> str:
        """Return how a process ended: by which signal, or with which code."""
        try:
            return signal.Signals(-exit_code).name
        except ValueError:
            return f"exit code {exit_code}"

    @staticmethod
    def command_of(module: str) -> tuple[str, ...]:
        """Return the command that runs `main` of a module of this map4, wherever this map4 was started from."""
        return sys.executable, "-c", _PROGRAM, _OURS, module


class Parent:
    """The parent process, seen from its child."""

    def __init__(self) -> None:
        # Keep output of native code out of the messages.
        self._out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._requests = SimpleQueue[Any]()
        # Use a file object of our own: Python can't end while another thread reads `sys.stdin`.
        pipe = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
        threading.Thread(target=self._listen, args=(pipe,), name="map4-parent", daemon=True).start()

    def receive(self) -> Any:
        return self._requests.get()

    def send(self, what: str, value: Any = None) -> None:
        self._out.write(pickle.dumps((what, value)))
        self._out.flush()

    def answer(
        self, work: Callable[[Any, Send], Any], failed: Callable[[Exception], Any] = lambda error: error
    ) -> None:
        """Answer a request.

        work: called with the request and a function that sends events; returns the answer
        failed: turns an error into the value that is sent
        """
        request = self.receive()
        try:
            result = work(request, self.send)
        except Exception as error:  # around one request, or one job
            if not isinstance(error, Map4Error):
                LastError.keep(error)
            self.send("failed", failed(error))
        else:
            self.send("done", result)

    def _listen(self, pipe: BinaryIO) -> None:
        try:
            while True:
                self._requests.put(pickle.load(pipe))
        finally:
            if sys.platform != "win32" and os.getpgrp() == os.getpid():
                os.killpg(0, signal.SIGKILL)
            os._exit(1)
