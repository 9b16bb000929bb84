"""Builds the kernels, where there is a C compiler, the manual pages of a wheel, and the description of the package.

A wheel with kernels is for Linux on x86-64; without a compiler, or with CC=false, it is for every system, and numpy and
PyAV do their work. The manual pages are made from the help of the commands. The description is README.md, whose links
lead to the repository that `[project.urls]` names as `Source`.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

SOURCES = (Path("map4/core/dsp/kernels.c"), Path("map4/core/audio/decode/mpeg_frames.c"))
BUILT = SOURCES[0].with_name("kernels.linux-x86_64")
TAG = "py3-none-manylinux_2_17_x86_64"
"""The kernels need no newer function of the C library than memcpy of glibc 2.14."""
# No build id and no paths, so that the same compiler makes the same bytes anywhere.
FLAGS = ("-std=gnu11", "-O3", "-mavx2", "-mfma", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros",
         "-Wno-psabi", "-fPIC", "-shared", "-s", "-Wl,--build-id=none")  # fmt: skip


def description(readme: str, source: str, version: str) -> str:
    """README with links to the files of the tag of a version, or without relative links if no repository is named."""
    relative = r"\]\((?!https?:|#)([^)]+)\)"
    if not source:
        without_pictures = re.sub(rf"!\[[^]]*{relative}\n*", "", readme)
        return re.sub(rf"\[([^]]*){relative}", r"\1", without_pictures)
    address = f"{source.rstrip('/')}/{{}}/v{version}/\\2"
    with_pictures = re.sub(rf"(!\[[^]]*){relative}", rf"\1]({address.format('raw')})", readme)
    return re.sub(rf"(\[[^]]*){relative}", rf"\1]({address.format('blob')})", with_pictures)


class DescriptionHook(MetadataHookInterface):
    """Sets the description that a package index shows."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme`."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        shown = description(text, metadata.get("urls", {}).get("Source", ""), metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": shown}


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
