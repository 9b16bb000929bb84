"""The tempi in which the music of a genre is counted."""

from __future__ import annotations

import re
from functools import cache, lru_cache


@lru_cache(maxsize=4096)
def genre_tempo_range(genre: str | None) -> tuple[float, float] | None:
    """The range (BPM) in which a genre is counted; None for genres without one custom, or without genre."""
    ranges = ((low, high) for pattern, low, high in _tempi() if genre and re.search(pattern, genre, re.IGNORECASE))
    return next(ranges, None)


@cache
def _tempi() -> list[tuple[str, float, float]]:
    import tomllib
    from importlib.resources import files

    text = files("map4.domain").joinpath("data/genre_tempi.toml").read_text(encoding="utf-8")
    return [(pattern, low, high) for pattern, low, high in tomllib.loads(text)["tempi"]]
