"""Builds the kernels, where there is a C compiler, and the manual pages of a wheel.

A wheel with kernels is for Linux on x86-64; without a compiler, or with CC=false, it is for every system, and numpy and
PyAV do their work. The manual pages are made from the help of the commands.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = (Path("map4/dsp/kernels.c"), Path("map4/audio/decode/mpeg_frames.c"))
BUILT = SOURCES[0].with_name("kernels.linux-x86_64")
TAG = "py3-none-manylinux_2_17_x86_64"
"""The kernels need no newer function of the C library than memcpy of glibc 2.14."""
# No build id and no paths, so that the same compiler makes the same bytes anywhere.
FLAGS = ("-std=gnu11", "-O3", "-mavx2", "-mfma", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros",
         "-Wno-psabi", "-fPIC", "-shared", "-s", "-Wl,--build-id=none")  # fmt: skip


class BuiltFilesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds kernels and manual pages to a wheel; of an editable installation, kernels only, beside their sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build both. Without kernels a warning is shown; without manual pages the build fails."""
        if version != "editable":
            subprocess.run([sys.executable, str(Path(self.root) / "tools" / "manual.py")], check=True)
            build_data["shared_data"]["man"] = "share/man/man1"
        if self._compile(build_data) and version != "editable":
            build_data["pure_python"], build_data["tag"] = False, TAG

    def _compile(self, build_data: dict[str, Any]) -> bool:
        if sys.platform != "linux" or platform.machine() != "x86_64":
            return False
        root = Path(self.root)
        sources = [root / source for source in SOURCES]
        checksum = zlib.crc32(b"".join(source.read_bytes() for source in sources))
        command = [os.environ.get("CC", "cc"), *FLAGS, f"-DSOURCES={checksum:#x}", "-o", root / BUILT, *sources]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            (root / BUILT).unlink(missing_ok=True)
            self.app.display_warning(f"without compiled kernels, as {command[0]} failed: {error}")
            return False
        build_data["artifacts"].append(f"/{BUILT.as_posix()}")
        return True
