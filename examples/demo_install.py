"""Install map4 into the environment of this Python, with one line that says how far it is; pip alone writes 162.

.venv/bin/python examples/demo_install.py ARGUMENTS OF PIP INSTALL
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import deque

# Of what pip says, what gets it further: the package, or all of them.
_STEP = re.compile(r"(Collecting|Requirement already satisfied:|Installing collected packages:) ([\w.-]+)")
_WIDTH = 78
_LAST_LINES = 15


def main(arguments: list[str]) -> int:
    """Run pip; what it says is shown where it fails. Return its exit status."""
    # Compiled is what is imported, when it is: a small part of all.
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile", "--progress-bar=off"]
    begun, last, seen = time.monotonic(), deque[str](maxlen=_LAST_LINES), set[str]()
    told = {**os.environ, "PYTHONUNBUFFERED": "1"}  # each line as it is written
    _show("  0:00  looking for packages …")
    with subprocess.Popen([*pip, *arguments], stdout=subprocess.PIPE, text=True, errors="replace", env=told) as running:
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
    """Write over the line, where somebody looks at it."""
    if sys.stdout.isatty():
        print(f"\r{text[:_WIDTH].ljust(_WIDTH)}\r{text[:_WIDTH]}", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
