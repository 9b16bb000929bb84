"""map4: analyse music, find tracks, build sets, tidy tags, work with DJ programs.

>>> from map4 import Library
>>> with Library.open() as library:  # doctest: +SKIP
...     library.scan(["~/Music"])
...     for track in library.search("bpm:120..128 key:~8A"):
...         print(track.path, track.bpm())

`help(Library)` lists what a library can do; `map4.errors` has what it raises, `map4.plugins` what plug-ins import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from map4.version import __version__

if TYPE_CHECKING:
    from map4 import errors, plugins
    from map4.library import Library

__all__ = ["Library", "__version__", "errors", "plugins"]


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that `map4 --help` does not pay for the analysis stack.
    if name == "Library":
        from map4.library.library import Library

        return Library
    if name in __all__:
        return import_module(f"map4.{name}")
    raise AttributeError(f"module 'map4' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
