"""The compiled kernels of `kernels.c`, if they were built and the processor supports them; otherwise numpy is used.

For most of an analysis they take less than half the time of numpy; a test compares each with numpy's result.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

LIBRARY = Path(__file__).with_name("kernels.linux-x86_64")  # with .so it would look like a Python module
SOURCES = (LIBRARY.with_name("kernels.c"), LIBRARY.parents[1] / "audio" / "decode" / "mpeg_frames.c")
LANES = 8
"""Frames or segments that the kernels process in parallel."""
_ALIGNMENT = 4 * LANES  # bytes of LANES float32 numbers, as vector instructions load them


@cache
def kernels() -> ctypes.CDLL | None:
    """The kernel library, or None."""
    if sys.platform != "linux" or not LIBRARY.exists():
        return None
    try:
        library = ctypes.CDLL(str(LIBRARY))
        library.map4_sources.restype = ctypes.c_uint32
        fits = bool(library.map4_fits()) and _checksum() in (library.map4_sources(), None)
        library.map4_true_peak.restype = library.map4_envelope.restype = ctypes.c_float
    except (OSError, AttributeError):  # wrong processor or C library, or kernels of another version
        return None
    return library if fits else None


def _checksum() -> int | None:
    """The checksum of the sources, which kernels return that were built from them; None if they are not here."""
    if not all(source.exists() for source in SOURCES):
        return None
    return zlib.crc32(b"".join(source.read_bytes() for source in SOURCES))


_first_byte, _address, _long = ctypes.c_char.from_buffer, ctypes.byref, ctypes.c_long

Argument = npt.NDArray[Any] | ctypes.Structure | bytes | int | float


def call(function: Any, *arguments: Argument) -> Any:
    """Call a kernel: arrays, records and bytes are passed by address, whole numbers as long, others as float."""
    return function(*[_passed(argument) for argument in arguments])


_scratch = threading.local()


def scratch(count: int) -> FloatArray:
    """Memory of this thread for one call of a kernel, for aligned vectors: other threads run while a kernel does."""
    rooms: dict[int, FloatArray] = vars(_scratch)  # type: ignore[assignment]
    if count not in rooms:
        room = np.empty(count + _ALIGNMENT // 4, dtype=np.float32)
        first = -room.ctypes.data % _ALIGNMENT // 4
        rooms[count] = room[first : first + count]
    return rooms[count]


def _passed(argument: Argument) -> Any:
    # Most frequent first: for short calls this takes as long as the kernel.
    if isinstance(argument, int):
        return _long(argument)
    if isinstance(argument, np.ndarray):
        try:
            # Four times faster than getting the address; needs a contiguous writable array.
            return _address(_first_byte(argument))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return ctypes.c_void_p(argument.__array_interface__["data"][0])
    if isinstance(argument, ctypes.Structure):
        return ctypes.byref(argument)
    if isinstance(argument, bytes):
        return argument
    return ctypes.c_float(argument)
