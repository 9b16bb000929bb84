"""AcoustID fingerprints, computed by Chromaprint's program `fpcalc`."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress

from map4.core.base.regular_files import require_regular

_PROGRAM = "fpcalc"
_SECONDS = "120"
"""AcoustID compares the first two minutes."""
_MOST_LETTERS = 20_000


def fingerprint(path: str, *, timeout_s: float = 300.0) -> tuple[str, float] | None:
    """Return the fingerprint of a file and its length in seconds; None if there is none.

    The program runs as a separate process with a time limit, because it decodes untrusted files.
    """
    with suppress(OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        require_regular(path)
        process = subprocess.run(
            [_PROGRAM, "-json", "-length", _SECONDS, path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,  # it also fails at the end of the file
        )
        data = json.loads(process.stdout)
        text, length_s = data["fingerprint"], float(data["duration"])
        if isinstance(text, str) and 0 < len(text) <= _MOST_LETTERS and length_s > 0.0:
            return text, length_s
    return None
