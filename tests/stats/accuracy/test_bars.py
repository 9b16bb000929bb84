"""Bar one beside a beat grid of the user's."""

from map4.music.analysis.inside import Bars, Metre
from map4.music.track.cues import GridMark
from map4.stats.accuracy.judged import judged_bars

BAR_S = 2.0  # four beats at 120 BPM


def bars_of(count: int = 40, first_s: float = 10.0, every_s: float = BAR_S) -> Bars:
    ones = tuple(first_s + every_s * number for number in range(count))
    return Bars(downbeats_s=ones, confidence=0.8, metre=Metre(beats_per_bar=4, confidence=0.7))


def mark(position_s: float = 10.0, beat: int | None = 1, metre: int | None = 4, bpm: float = 120.0) -> GridMark:
    return GridMark(position_s=position_s, bpm=bpm, metre=metre, beat=beat)


def test_bars_on_the_grid_are_right() -> None:
    cases = [
        ([mark()], True, True),
        ([mark(10.0 + 9 * BAR_S)], True, True),  # the grid goes on before its first mark
        ([mark(10.5, beat=2)], True, True),
        ([mark(10.07)], True, True),  # .14 of a beat
        ([mark(beat=2)], False, True),
        ([mark(10.5)], False, True),
        ([mark(metre=3)], False, True),
        ([mark(10.1)], False, False),  # .2 of a beat
        ([mark(10.25)], False, False),
        ([mark(bpm=118.0)], False, False),  # it runs away
        ([mark(), mark(10.0 + 20 * BAR_S, beat=3)], False, True),  # the half has another beat as its first
        ([mark(), mark(10.0 + 36 * BAR_S, beat=3)], True, True),  # the last tenth
    ]
    for marks, is_right, is_near in cases:
        found = judged_bars("a", marks, bars_of(), 0.7)
        assert (found.is_right, found.is_near, found.certainty) == (is_right, is_near, 0.7)


def test_bars_of_half_the_length_are_only_near() -> None:
    found = judged_bars("a", [mark()], bars_of(every_s=BAR_S / 2), 0.7)
    assert (found.is_right, found.is_near) == (False, True)


def test_tracks_without_known_bars_are_not_judged() -> None:
    assert judged_bars("a", [mark(beat=None)], bars_of(), 0.7) is None
    assert judged_bars("a", [mark(metre=None)], bars_of(), 0.7) is None
    assert judged_bars("a", [], bars_of(), 0.7) is None
    assert judged_bars("a", [mark()], bars_of(7), 0.7) is None
    assert judged_bars("a", [mark()], None, 0.7) is None
