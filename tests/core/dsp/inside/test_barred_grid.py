"""A grid says where bar one is only where that is sure."""

from map4.core.dsp.inside.bars import barred, on_grid
from map4.core.music.analysis.analysis import Grid
from map4.core.music.analysis.inside import Bars, Metre

GRID = Grid(first_beat_s=0.25, bpm=120.0)


def bars(first: int, metre: int = 4, *, sure: float = 0.95, numbers: range | None = None) -> Bars:
    chosen = range(first, 200, metre) if numbers is None else numbers
    return Bars(
        downbeats_s=tuple(0.25 + 0.5 * number for number in chosen),
        confidence=sure,
        metre=Metre(beats_per_bar=metre, confidence=0.95),
    )


def test_barred_grid_has_metre_and_downbeat_only_of_sure_bars() -> None:
    for first, downbeat in ((0, 1), (1, 4), (2, 3), (3, 2)):
        assert barred(GRID, bars(first)) == Grid(first_beat_s=0.25, bpm=120.0, metre=4, downbeat=downbeat)
    assert barred(GRID, bars(1, 3)) == Grid(first_beat_s=0.25, bpm=120.0, metre=3, downbeat=3)
    assert barred(GRID, bars(0, sure=Bars.SURE - 0.01)) == GRID
    assert barred(GRID, None) == GRID
    assert barred(None, bars(0)) is None
    cut = Bars(
        downbeats_s=tuple(0.25 + 0.5 * number for number in (*range(0, 100, 4), *range(101, 200, 4))),
        confidence=0.95,
        metre=Metre(beats_per_bar=4, confidence=0.95),
    )
    assert barred(GRID, cut) == GRID
    doubtful = on_grid(bars(1, sure=0.3), GRID)
    assert doubtful.grid_beat == 4
    assert barred(GRID, doubtful) == GRID
    assert on_grid(None, GRID) is None
    assert on_grid(bars(1), None) == bars(1)
