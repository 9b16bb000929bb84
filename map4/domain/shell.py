"""Words of a command line, as text that a shell reads back."""

from __future__ import annotations

import os
import shlex

from map4.domain.paths import display_path


def quoted(word: str) -> str:
    """A word for a shell, on one line, with nothing in it that a terminal would obey.

    A name that is no UTF-8 or has other signs than visible ones takes the form $'...', which bash, zsh and ksh read
    byte by byte.
    """
    raw = os.fsencode(word)
    if raw == display_path(word).encode() and word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(chr(c) if 32 <= c < 127 and chr(c) not in "'\\" else f"\\x{c:02x}" for c in raw) + "'"
