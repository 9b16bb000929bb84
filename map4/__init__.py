"""map4: tempo, key, loudness and mixability of a music folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from map4.version import __version__

if TYPE_CHECKING:
    from map4.library import Library

__all__ = ["Library", "__version__"]


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that `map4 --help` does not pay for the analysis stack.
    if name == "Library":
        from map4.library import Library

        return Library
    raise AttributeError(f"module 'map4' has no attribute {name!r}")
