"""Sets beside the same sets shuffled: what differs is found, and chance is not taken for taste."""

from itertools import pairwise

import numpy as np
import pytest

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.many import MixColumns
from map4.transitions.mix_statistics import Beside, MixStatistics
from map4.transitions.played_sets import PlayedSets

_TRACKS = 200
_RNG = np.random.default_rng(11)
TRAITS = [
    MixTraits(bpm=float(_RNG.uniform(100, 140)), key=ALL_KEYS[int(_RNG.integers(24))], energy=float(_RNG.uniform()))
    for _ in range(_TRACKS)
]
COLUMNS = MixColumns.of(TRAITS)


def _sets(rng: np.random.Generator, count: int, length: int = 15) -> list[list[int]]:
    return [rng.choice(_TRACKS, length, replace=False).tolist() for _ in range(count)]


def test_figures_equal_a_computation_step_by_step() -> None:
    sets = _sets(np.random.default_rng(1), 9)
    found = PlayedSets(sets, COLUMNS).compare(shuffles=20)
    steps = [TRAITS[a].compared(TRAITS[b]) for set_rows in sets for a, b in pairwise(set_rows)]
    changes = [abs(step.tempo.change_percent or 0.0) for step in steps]
    within = [sum(change <= most for change in changes) / len(steps) for most in (2.0, 5.0, 10.0, 100.0)]
    assert np.cumsum([figure.share for figure in found.tempo]).tolist() == pytest.approx(within)
    relations = [step.key.relation for step in steps]
    shares = {name: figure.share for name, figure in zip(MixStatistics.RELATION_NAMES, found.keys, strict=True)}
    assert shares == pytest.approx({name: relations.count(name) / len(steps) for name in MixStatistics.RELATION_NAMES})
    assert found.keys_fit.share == pytest.approx(sum(step.key.fits for step in steps) / len(steps))
    rising = sum((step.energy.change or 0.0) >= 0.05 for step in steps) / len(steps)
    energy = dict(zip(MixStatistics.ENERGY_STEP_NAMES, found.energy, strict=True))
    assert energy["rising"].share == pytest.approx(rising)
    assert found.steps == found.known["tempo"] == len(steps)


@pytest.mark.world
def test_sets_in_any_order_seldom_differ_from_chance() -> None:
    """Every figure of nineteen of twenty lies within its range; of 100, 12 do not with a chance of .4 %."""
    alarms = 0
    for seed in range(100):
        found = PlayedSets(_sets(np.random.default_rng(seed), 12), COLUMNS).compare(shuffles=100)
        figures = [*found.tempo, *found.keys, *found.energy, found.keys_fit, found.again]
        alarms += any(figure is not None and figure.differs for figure in figures)
    assert 0 < alarms < 12


def test_habits_and_repeated_pairs_differ_from_chance() -> None:
    """Sets ordered by tempo differ from chance in their tempi, and in nothing that has nothing to do with it."""
    sets = [sorted(rows, key=lambda row: TRAITS[row].bpm or 0.0) for rows in _sets(np.random.default_rng(3), 20)]
    found = PlayedSets(sets, COLUMNS).compare()
    near, *_, far = found.tempo
    assert (near.differs, far.differs) == (True, True)
    assert near.weight > 0.5
    assert far.weight == -1.0
    assert not any(figure.differs for figure in (*found.keys, *found.energy))
    assert [figure.weight for figure in found.energy] == [0.0, 0.0, 0.0]
    sets = [
        [*rows[:5], 198, 199, *rows[5:]] for rows in _sets(np.random.default_rng(5), 10) if not {198, 199} & {*rows}
    ]
    played = PlayedSets(sets, COLUMNS)
    found = played.compare()
    assert found.followed[198, 199] == len(sets)
    assert played.by_chance(198, 199) == pytest.approx(len(sets) / 17)
    assert found.again.weight == 1.0


def test_weight_compares_shares_with_chance_and_unknown_values_give_no_figures() -> None:
    nothing = MixColumns.of([MixTraits()] * 4)
    found = PlayedSets([[0, 1, PlayedSets.NO_TRACK, 2, 2, 3], [1], []], nothing).compare(shuffles=5)
    assert (found.steps, dict(found.known)) == (4, {"tempo": 0, "key": 0, "energy": 0})
    assert (found.tempo, found.keys, found.keys_fit, found.energy) == ((), (), None, ())
    assert found.again is not None  # 0 to 1, and 2 to 3: a track loaded again follows nothing
    assert (found.again.share, found.again.weight) == (0.0, 0.0)
    cases = [(0.4, 0.2, 0.5), (0.8, 0.1, 1.0), (0.1, 0.2, -0.5), (0.0, 0.1, -1.0), (0.1, 0.0, 1.0)]
    for share, by_chance, weight in cases:
        beside = Beside(share=share, by_chance=by_chance, low=by_chance, high=by_chance)
        assert beside.weight == pytest.approx(weight)
        assert Beside(share=share, by_chance=by_chance, low=0.0, high=1.0).weight == 0.0
