"""Fingerprints as AcoustID knows them, by Chromaprint's own program `fpcalc`."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress

from map4.base.regular_files import require_regular

_PROGRAM = "fpcalc"
_SECONDS = "120"
"""AcoustID compares the first two minutes."""
_MOST_LETTERS = 20_000


def fingerprint(path: str, *, timeout_s: float = 60.0) -> tuple[str, float] | None:
    """The fingerprint of a file and its length in seconds; None where it has none.

    The program runs by itself, and is ended when it takes too long: it decodes files that anybody may have made.
    """
    with suppress(OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        require_regular(path)
        said = subprocess.run(
            [_PROGRAM, "-json", "-length", _SECONDS, path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,  # it also complains of the end of the file
        )
        found = json.loads(said.stdout)
        text, length_s = found["fingerprint"], float(found["duration"])
        if isinstance(text, str) and 0 < len(text) <= _MOST_LETTERS and length_s > 0.0:
            return text, length_s
    return None
