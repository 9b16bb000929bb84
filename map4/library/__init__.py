"""The open library: `Library`, its parts, and how it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from map4.library.library import Library as Library


def __getattr__(name: str) -> Any:
    # Imports nothing before it is used: parts of subjects import modules of this folder, and `Library` imports parts.
    if name == "Library":
        from map4.library.library import Library

        return Library
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
