"""Series of lists by `vary`: other tracks in each, near the seed in the first."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from small_libraries import library

from map4.core.music.mixing.many import MixScores
from map4.lists.playlist.request import ListRequest
from map4.lists.sequencing.problem import Candidates, ListProblem
from map4.lists.sequencing.search import Step, sequence
from map4.lists.sequencing.series import Repeats

_N, _LISTS = 30, 14


def _columns(count: int) -> Candidates:
    """Tracks of usual tempi, in any key, with a sound that is like the seed's for few of them."""
    rng = np.random.default_rng(5)
    columns = library(
        list(rng.normal(122, 8, count)),
        key=list(rng.integers(0, 24, count)),
        energy=list(rng.uniform(0.3, 0.8, count)),
        similarity=list(np.exp(-np.arange(count) / 1200) - 0.1),
    )
    return replace(columns, audio=rng.integers(0, 2**31, count))


def _lists(columns: Candidates, numbers: range) -> list[list[int]]:
    request = ListRequest(n=_N).settled()
    problems = (ListProblem(request=replace(request, vary=n), candidates=columns, start=0) for n in numbers)
    return [[step.index for step in sequence(problem) if isinstance(step, Step)] for problem in problems]


def test_lists_of_a_series_rarely_share_tracks_and_mix_as_well() -> None:
    columns = _columns(4000)
    lists = _lists(columns, range(_LISTS + 1))
    plain, series = lists[0], lists[1:]
    assert len({track for listed in series for track in listed}) >= 300
    assert max(len({*a} & {*b}) - 1 for a, b in pairwise(lists)) <= 3

    def mixes(listed: list[int]) -> float:
        return float(np.mean(MixScores.of(columns.traits[listed[:-1]], columns.traits[listed[1:]]).total))

    def likeness(listed: list[int]) -> float:
        return float(columns.similarity[listed[1:]].mean())

    assert np.mean([*map(mixes, series)]) >= mixes(plain) - 0.04
    assert min(map(likeness, series[:3])) >= 0.8 * likeness(plain)
    assert np.mean([*map(likeness, series)]) >= 0.45 * likeness(plain)


def test_series_begins_again_with_other_lists_where_tracks_run_out() -> None:
    columns = _columns(600)
    lists = _lists(columns, range(1, 9))
    assert all(len(listed) == _N for listed in lists)
    assert len({frozenset(listed) for listed in lists}) == len(lists)
    assert lists[6] == _lists(columns, range(7, 8))[0]
    assert [_repeats(columns, number) for number in (0, 1, 10)] == [None] * 3
    assert _repeats(columns, 11) == "the series begins again after list 10: list 11 repeats tracks"
    assert _repeats(columns.take(np.arange(60)), 1) == "the library has only 2 tracks for list 1; others repeat"


def _repeats(columns: Candidates, number: int) -> str | None:
    request = ListRequest(n=_N, vary=number).settled()
    *_, last = sequence(ListProblem(request=request, candidates=columns, start=0))
    return last.text if isinstance(last, Repeats) else None


def test_tracks_keep_their_list_when_the_library_grows() -> None:
    columns = _columns(4000)
    [before] = _lists(columns, range(2, 3))
    later = np.concatenate([np.arange(4000), np.arange(3900, 4000)])
    more = columns.take(later)
    [after] = _lists(replace(more, tie_breaker=more.tie_breaker + 100, artist=np.arange(4100)), range(2, 3))
    assert len({*before} & {*after}) > _N / 2
