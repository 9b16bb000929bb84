"""Statistics as a terminal shows them."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from map4.cli.views.stats import stats_view
from map4.domain.key import ALL_KEYS
from map4.domain.statistics import Distribution, Statistics


@pytest.mark.parametrize(("width", "count", "has_bars"), [(80, 7, False), (80, 123_456, False), (40, 7, True)])
def test_keys_are_whole_at_any_width(width: int, count: int, has_bars: bool) -> None:
    nothing = Distribution()
    found = Statistics(
        tracks=24 * count, hours=1.0, tempo=nothing, loudness=nothing, doubtful_tempo=0, doubtful_key=0, with_genre=0,
        keys={key.camelot: count for key in ALL_KEYS}, energy={}, genres={}, codecs={}, qualities={}, years={},
        added={},
    )  # fmt: skip
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(stats_view(found, notation="camelot", width=width))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    words = shown.split()
    assert sorted(word for word in words if word in {key.camelot for key in ALL_KEYS}) == sorted(found.keys)
    assert words.count(f"{count:,}") == 24
    assert ("█" in shown) is has_bars
    assert max(map(len, shown.splitlines())) <= width
