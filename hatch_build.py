"""Builds the kernels beside the package where there is a C compiler; without one, numpy and PyAV do what they do.

The wheel stays one for every system: it carries them for Linux on x86-64, and others leave them alone.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = (Path("map4/dsp/kernels.c"), Path("map4/audio/decode/mpeg_frames.c"))
BUILT = SOURCES[0].with_name("kernels.linux-x86_64")
# No build id and no paths, so that the same compiler makes the same bytes anywhere.
FLAGS = ("-std=gnu11", "-O3", "-mavx2", "-mfma", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros",
         "-Wno-psabi", "-fPIC", "-shared", "-s", "-Wl,--build-id=none")  # fmt: skip


class KernelsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the kernels to a wheel, or to the folder of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, or say why not and go on."""
        if sys.platform != "linux" or platform.machine() != "x86_64":
            return
        root = Path(self.root)
        sources = (str(root / source) for source in SOURCES)
        command = [os.environ.get("CC", "cc"), *FLAGS, "-o", str(root / BUILT), *sources]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            (root / BUILT).unlink(missing_ok=True)
            self.app.display_warning(f"without compiled kernels, as {command[0]} failed: {error}")
            return
        build_data["artifacts"].append(f"/{BUILT.as_posix()}")
