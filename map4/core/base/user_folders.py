"""Files in the system's per-user folders for programs."""

from __future__ import annotations

from typing import Literal


def user_file(kind: Literal["cache", "config", "data"], *names: str) -> str:
    """A file in map4's own folder of a kind, or in folders below it."""
    import platformdirs

    return str(getattr(platformdirs, f"user_{kind}_path")("map4", appauthor=False).joinpath(*names))
