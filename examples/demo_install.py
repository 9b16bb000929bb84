"""Install map4 into the environment of this Python, with a line of progress instead of pip's output.

.venv/bin/python examples/demo_install.py ARGUMENTS OF PIP INSTALL
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import deque

# Lines of pip that show progress: a package, or the end.
_STEP = re.compile(r"(Collecting|Requirement already satisfied:|Installing collected packages:) ([\w.-]+)")
_WIDTH = 78
_LAST_LINES = 15


def main(arguments: list[str]) -> int:
    """Run pip, and show its last lines if it fails. Return its exit status."""
    # Modules are compiled when they are first imported; most never are.
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile", "--progress-bar=off"]
    begun, last, seen = time.monotonic(), deque[str](maxlen=_LAST_LINES), set[str]()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}  # each line as it is written
    _show("  0:00  looking for packages …")
    command = [*pip, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace", env=environment) as running:
        assert running.stdout is not None
        for line in running.stdout:
            last.append(line)
            if step := _STEP.match(line.lstrip()):
                what = "installing all" if step[1].startswith("Inst") else f"getting {step[2]}"
                seen.add(step[2])
                minutes, seconds = divmod(int(time.monotonic() - begun), 60)
                _show(f"  {minutes}:{seconds:02d}  {len(seen)} packages, {what} …")
    _show("")
    if running.returncode:
        sys.stderr.write("".join(last))
    return running.returncode


def _show(text: str) -> None:
    """Overwrite the line, on a terminal."""
    if sys.stdout.isatty():
        print(f"\r{text[:_WIDTH].ljust(_WIDTH)}\r{text[:_WIDTH]}", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
