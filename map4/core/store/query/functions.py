"""SQL functions of queries: rules that exist only in Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from typing import Any

from map4.core.base.text import folded, words_of
from map4.core.music.analysis.audio import Upscaling
from map4.core.music.palette import Colour
from map4.core.music.plays import PlayCounts
from map4.core.music.query.shuffle import shuffle_key
from map4.core.music.track.credits import Credit


@lru_cache(maxsize=2**15)  # artists repeat
def _folded(text: str | None) -> str | None:
    return None if text is None else folded(text)


def _has_text(words: str, *texts: str | None) -> bool:
    """True if a text has these words, given in the form of `words_of`, after a blank, and before a blank if whole."""
    first = next(iter(words.split(None, 1)), None)
    if first is None:  # only private-use characters, which are in no word
        return False
    for text in texts:
        # Most texts don't contain the first word, or have the words literally; both checks are quick.
        plain = "" if text is None else folded(text)
        if first in plain and (words in f" {plain} " or words in f" {words_of(plain)} "):
            return True
    return False


def _is_upscaled(
    codec: str | None, sample_rate_hz: int | None, bit_rate_bps: float | None, cutoff_hz: float | None,
    cutoff_drop_db: float | None,
) -> bool | None:  # fmt: skip
    return Upscaling.is_upscaled(
        codec=codec,
        sample_rate_hz=sample_rate_hz,
        bit_rate_bps=bit_rate_bps,
        cutoff_hz=cutoff_hz,
        cutoff_drop_db=cutoff_drop_db,
    )


FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "map4_folded": (1, _folded),
    "map4_says": (-1, _has_text),
    "map4_color": (1, Colour.words),
    "map4_guests": (1, lambda title: "; ".join(Credit.guests_of(title, ())) or None if title else None),
    "map4_artists": (1, lambda artist: "; ".join([artist, *chain(*Credit.split(artist, ()))]) if artist else None),
    "map4_shuffle": (2, shuffle_key),
    "map4_plays": (3, PlayCounts.total),
    "map4_last_played": (2, PlayCounts.last_played_of),
    "map4_is_upscaled": (5, _is_upscaled),
}
"""The number of arguments (-1 for any) and the function; all are deterministic."""
