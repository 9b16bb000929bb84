"""Lines of crontabs and services that run a command of map4 that is gone, each with the line to write."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from map4.core.base import old_names
from map4.core.base.regular_files import read_regular

SERVICES = ("~/.config/systemd/user", "/etc/systemd/system", "~/Library/LaunchAgents")
_CALL = re.compile(r"(?:^|[\s/\"'>])(map4(?:[ \t]+(?!\d(?:>|&gt;))[^\s;|&<>\"]+)+)", re.MULTILINE)
_MOST_BYTES = 100_000
_LIMIT_S = 10


def lines_to_change() -> Iterator[str]:
    """A sentence for each: where it is, what it runs, what to write instead."""
    for place, text in _texts():
        for call in _CALL.findall(text):
            instead = old_names.new_line(call.split())
            if instead is not None:
                yield f"{place} runs '{call}', which is gone; write: {instead}"


def _texts() -> Iterator[tuple[str, str]]:
    if shutil.which("crontab"):
        with suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(["crontab", "-l"], capture_output=True, timeout=_LIMIT_S, stdin=subprocess.DEVNULL)
            yield "your crontab", done.stdout.decode(errors="replace")
    for folder in map(os.path.expanduser, SERVICES):
        for path in sorted(Path(folder).glob("*map4*")):
            with suppress(OSError):
                if path.is_file():
                    yield str(path), read_regular(str(path), most_bytes=_MOST_BYTES).decode(errors="replace")
