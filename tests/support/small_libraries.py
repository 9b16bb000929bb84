"""Small libraries for tests of playlists, and the limits of a list worked out one pair at a time, without numpy."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.lists.limits import Rule
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.harmony import TempoChange, fits
from map4.lists.playlist.request import ListRequest
from map4.lists.sequencing.problem import Candidates, ListProblem

NAN = math.nan


def library(
    bpm: Sequence[float],
    *,
    key: Sequence[int] | None = None,
    energy: Sequence[float] | None = None,
    duration_s: Sequence[float] | None = None,
    artist: Sequence[int] | None = None,
    album: Sequence[int] | None = None,
    family: Sequence[int] | None = None,
    song: Sequence[int] | None = None,
    similarity: Sequence[float] | None = None,
    goal_similarity: Sequence[float] | None = None,
    eligible: Sequence[bool] | None = None,
    tie_breaker: Sequence[int] | None = None,
) -> Candidates:
    """Columns with usual values where none are given: all in 1A, energy .5, four minutes, each its own artist."""
    n = len(bpm)

    def column(values: Sequence[float] | None, usual: object, kind: type) -> np.ndarray:
        return np.array(values if values is not None else np.broadcast_to(usual, n), dtype=kind)

    return Candidates(
        rows=np.arange(n, dtype=np.int64),
        tie_breaker=column(tie_breaker, np.arange(n), np.int64),
        eligible=column(eligible, True, bool),
        bpm=column(bpm, NAN, float),
        key=column(key, 0, np.int64),
        energy=column(energy, 0.5, float),
        duration_s=column(duration_s, 240.0, float),
        artist=column(artist, np.arange(n), np.int64),
        album=column(album, -1, np.int64),
        family=column(family, -1, np.int64),
        song=column(song, -1, np.int64),
        similarity=column(similarity, NAN, float),
        goal_similarity=None if goal_similarity is None else column(goal_similarity, 0.0, float),
    )


def with_bias(columns: Candidates, *, preferred: Sequence[int] = (), avoided: Sequence[int] = ()) -> Candidates:
    """The same columns where some tracks (indices) are preferred or to be avoided."""
    bias = np.zeros(len(columns), dtype=np.int64)
    bias[list(preferred)] = 1
    bias[list(avoided)] = -1
    return replace(columns, preference_bias=bias)


@st.composite
def libraries(draw: st.DrawFn, *, least: int = 1, most: int = 25) -> Candidates:
    """Any small library, with unknown values, shared artists and repeated recordings."""
    n = draw(st.integers(least, most))

    def many(values: st.SearchStrategy[float]) -> list[float]:
        return draw(st.lists(values, min_size=n, max_size=n))

    return library(
        many(st.one_of(st.just(NAN), st.floats(100, 140), st.sampled_from([62.0, 124.0, 174.0]))),
        key=many(st.integers(0, 24)),
        energy=many(st.one_of(st.just(NAN), st.floats(0, 1))),
        duration_s=many(st.one_of(st.just(NAN), st.floats(60, 600), st.sampled_from([200.0, 202.0, 204.0]))),
        artist=many(st.integers(-1, 5)),
        album=many(st.integers(-1, 5)),
        family=many(st.integers(-1, 2)),
        song=many(st.integers(-1, n)),
        similarity=many(st.floats(-1, 1)),
        tie_breaker=draw(st.permutations(range(n))),
    )


@st.composite
def mixable_libraries(draw: st.DrawFn, *, least: int = 1, most: int = 25) -> Candidates:
    """Libraries in which most tracks go with most others, many of them exactly alike: what is best must decide."""
    n = draw(st.integers(least, most))

    def many(*values: float) -> list[float]:
        return draw(st.lists(st.sampled_from(values), min_size=n, max_size=n))

    return library(
        many(120.0, 121.0, 124.0),
        key=many(0, 1, 2, 4),
        energy=many(0.4, 0.5, 0.6),
        similarity=many(0.2, 0.9),
        tie_breaker=draw(st.permutations(range(n))),
    )


FAMILY_FIT = np.array([[1.0, 0.2, 0.6], [0.2, 1.0, 0.4], [0.6, 0.4, 1.0]])


def asked(*, held: Sequence[Rule] = (), **options: Any) -> ListRequest:
    """A settled request whose limits may all be loosened, but for those that are held."""
    return replace(ListRequest(**options).settled(), held=tuple(held))


def problem_of(columns: Candidates, request: ListRequest, **fixed: Any) -> ListProblem:
    """What the search solves; where no track is fixed, the first candidate starts."""
    return ListProblem(request=request, candidates=columns, family_fit=FAMILY_FIT, **(fixed or {"start": 0}))


def traits(library: Candidates, index: int) -> MixTraits:
    """One track as the scalar formulas take it."""
    number = int(library.key[index])
    return MixTraits(
        bpm=known(library.bpm[index]),
        key=None if number == len(ALL_KEYS) else ALL_KEYS[number],
        energy=known(library.energy[index]),
    )


def known(value: float) -> float | None:
    """A column's value, None where it is NaN."""
    return None if math.isnan(value) else float(value)


def broken_rules(
    library: Candidates, path: Sequence[int], position: int, request: ListRequest, wanted: float | None
) -> set[str]:
    """Which rules the pick at a position (from 1) does not keep, by the definitions of the documentation.

    Of the start's tempo nothing may drift away.
    """
    pick, last = path[position], path[position - 1]
    a, b = traits(library, last), traits(library, pick)
    found = set(_near(library, path, position, request))
    families = int(library.family[last]), int(library.family[pick])
    if min(families) >= 0 and FAMILY_FIT[families] < 0.5:
        found.add("genre")
    if wanted is not None and b.energy is not None and abs(b.energy - wanted) > 0.15 + 1e-9:
        found.add("energy_curve")
    if request.min_sound is not None and library.similarity[pick] < request.min_sound - 1e-9:
        found.add("sound")
    if not fits(request.limits.harmonic, a.key, b.key):
        found.add("harmonic")
    limit = request.limits.tempo
    if (
        a.bpm is None
        or b.bpm is None
        or abs(TempoChange.between(a.bpm, b.bpm, fold=limit.folds).percent) > limit.percent + 1e-9
    ):
        found.add("tempo_policy")
    start = known(library.bpm[path[0]])
    if start is not None and b.bpm is not None:
        drift = abs(math.log(b.bpm / start))
        drift = min(drift, abs(drift - math.log(2))) if limit.folds else drift
        if drift > math.log1p(limit.drift_percent / 100) + 1e-9:
            found.add("tempo_drift")
    return found


def _near(library: Candidates, path: Sequence[int], position: int, request: ListRequest) -> Iterator[str]:
    for rule, gap, group in (
        ("artist_gap", request.limits.artist_gap, library.artist),
        ("album_gap", request.limits.album_gap, library.album),
    ):
        before = path[max(0, position - gap.picks) : position]
        if group[path[position]] >= 0 and any(group[other] == group[path[position]] for other in before):
            yield rule


def is_same(library: Candidates, a: int, b: int) -> bool:
    """Whether two tracks are the same recording."""
    lengths = known(library.duration_s[a]), known(library.duration_s[b])
    near = None in lengths or abs(lengths[0] - lengths[1]) <= 3 + 1e-9  # type: ignore[operator]
    return bool(library.tie_breaker[a] == library.tie_breaker[b] or (library.song[a] == library.song[b] >= 0 and near))


def repeats(library: Candidates, path: Sequence[int]) -> bool:
    """Whether a recording comes twice."""
    return any(is_same(library, a, b) for a, b in itertools.combinations(path, 2))


def compatibility(library: Candidates, path: Sequence[int]) -> float:
    """Sum of the compatibility of all steps."""
    return sum(traits(library, a).compared(traits(library, b)).total for a, b in itertools.pairwise(path))
