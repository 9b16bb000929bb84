"""Lists whose right order is known."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_libraries import NAN, asked, library, problem_of, with_bias

from map4.core.music.lists.limits import Gap, Relaxation
from map4.lists.playlist.energy_curve import parse_curve
from map4.lists.sequencing.problem import Candidates
from map4.lists.sequencing.search import Shortfall, Step, sequence
from map4.lists.sequencing.waypoints import choose_opening


def make(columns: Candidates, fixed: dict[str, Any] | None = None, **options: Any) -> list[Step]:
    options.setdefault("n", len(columns))
    found = list(
        sequence(problem_of(columns, asked(**options), **({"start": 0} if fixed is None else {"start": None, **fixed})))
    )
    return [step for step in found if isinstance(step, Step)]


def order(columns: Candidates, fixed: dict[str, Any] | None = None, **options: Any) -> list[int]:
    return [step.index for step in make(columns, fixed, **options)]


def short(columns: Candidates, fixed: dict[str, Any] | None = None, **options: Any) -> Shortfall:
    problem = problem_of(columns, asked(**options), **({"start": 0} if fixed is None else {"start": None, **fixed}))
    last = list(sequence(replace(problem, family_fit=None)))[-1]
    assert isinstance(last, Shortfall)
    return last


def test_search_looks_ahead_for_sound_and_gaps_of_time() -> None:
    # From 1A, going to 2A first looks as good as to 12A, but only 12A leaves a way through all.
    keys = [0, 2, 22, 20, 18]  # 1A, 2A, 12A, 11A, 10A
    assert order(library([120] * 5, key=keys), harmonic="strict", relax=False, n=4) == [0, 2, 3, 4]
    assert order(library([120] * 5, key=keys), {"start": 1}, harmonic="strict", relax=False) == [1, 0, 2, 3, 4]
    assert order(library([120] * 4, similarity=[1, 0.1, 0.9, 0.5]), n=2) == [0, 2]
    assert order(library([120] * 4, similarity=[1, 0.1, 0.9, 0.5]), n=3, max_candidates=2) == [0, 2, 3]
    columns = library([120] * 5, artist=[0, 0, 1, 2, 3], similarity=[1, 0.9, 0, 0, 0])  # four minutes each
    assert order(columns, artist_gap=Gap(seconds=480)).index(1) == 2
    assert order(columns, artist_gap=Gap(seconds=481)).index(1) == 3


def test_list_follows_its_curve_within_the_energy_of_the_candidates() -> None:
    energy = [0.3, 0.9, 0.5, 0.7, 0.4, 0.8, 0.6]
    steps = make(library([120] * 7, energy=energy), curve=parse_curve("ascending"), absolute_energy=True)
    assert [energy[step.index] for step in steps] == sorted(energy)
    assert [step.energy for step in steps] == pytest.approx([0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    energy = np.linspace(0.2, 0.4, 101)
    steps = make(library([120] * 101, energy=list(energy)), n=7, curve=parse_curve("0:0,100:1"))
    low, high = np.percentile(energy[1:], [5, 95])  # the seed is no candidate
    assert steps[0].energy == pytest.approx(low)
    assert steps[-1].energy == pytest.approx(high)
    steps = make(library([120] * 4, energy=[0.7, 0.2, 0.72, 0.68]), n=3)
    assert {step.index for step in steps} == {0, 2, 3}
    assert [step.energy for step in steps] == [0.7] * 3


def test_weak_steps_and_joints_are_the_last_choice() -> None:
    # From .3 to .75 is a leap, which mixes better than another tempo would; both are as near to the curve.
    columns = library([120, 120, 129], energy=[0.3, 0.75, 0.45])
    curve = parse_curve("0:.3,100:.6")
    options = {"n": 2, "curve": curve, "absolute_energy": True, "policy": "creative", "relax": False}
    assert order(columns, **options) == [0, 2]
    assert order(columns.take(np.array([0, 1])), **options) == [0, 1]
    # All keep the limits: keys that clash, straight into swung, a tempo beyond the pitch range.
    columns = library([120, 120, 120, 126, 122], key=[0, 6, 0, 0, 2])
    swing = np.array([0.5, 0.5, 0.67, 0.5, NAN])
    fixed = {"traits_of": lambda chosen: replace(chosen.traits, swing=swing[chosen.rows], pitch_percent=4.0)}
    assert order(columns, {"start": 0, **fixed}, n=2, harmonic="off") == [0, 4]


@pytest.mark.parametrize(("policy", "half"), [("flexible", False), ("creative", True)])
def test_list_follows_the_tempo_curve(policy: str, half: bool) -> None:
    tempi = np.linspace(90, 140, 101)
    tempi[1::2] /= 2 if half else 1
    steps = make(library([*tempi]), {"start": None}, n=None, tempo_curve="0:100,30:130,60:110", policy=policy)
    assert len(steps) == 15  # its last minute is the length
    played = np.array([tempi[step.index] for step in steps])
    wanted = np.interp(4 * np.arange(15) + 2, [0, 30, 60], [100, 130, 110])
    if half:
        assert (played < 70).any()
        played = np.where(played < 70, 2 * played, played)
    assert np.abs(played / wanted - 1).max() < 0.03
    assert not any(step.relaxed for step in steps)


def test_tempo_curve_begins_without_the_seed_and_is_left_only_in_need() -> None:
    tempi = np.linspace(80, 140, 61)
    steps = make(library([*tempi], duration_s=[60.0] * 61), {"lead": 17}, n=3, tempo_curve="0:90,10:140")
    assert tempi[steps[0].index] == pytest.approx(90, rel=0.03)
    tempi = [100, 101, 102, 103, 104, 113, 114, 116, 117, 119, 121, 122, 124]
    steps = make(library(tempi), {"start": None}, n=8, tempo_curve="0:100,32:124", policy="creative")
    relaxed = [[limit.rule for limit in step.relaxed] for step in steps]
    assert ["tempo_drift" in rules for rules in relaxed] == [False, False, True, True, False, False, False, False]
    assert steps[2].relaxed[-1].asked == 2.0


def test_day_of_radio_repeats_no_artist_within_an_hour_and_no_recording() -> None:
    rng = np.random.default_rng(5)
    durations_s, artists = rng.uniform(240, 400, 320), rng.integers(0, 30, 320)
    columns = library(
        list(rng.uniform(95, 130, 320)), artist=list(artists), duration_s=list(durations_s),
        energy=list(rng.uniform(0.3, 0.8, 320)),
    )  # fmt: skip
    day = order(columns, n=None, minutes=1440, artist_gap="60m", policy="creative", held=("artist_gap",))
    lasts_s = durations_s[day]
    assert lasts_s.sum() == pytest.approx(24 * 3600, abs=400)
    assert len({*day}) == len(day) > 250
    starts_s = np.cumsum(lasts_s) - lasts_s
    for artist in {*artists}:
        assert (np.diff(starts_s[artists[day] == artist]) >= 3600).all()


def test_rules_are_relaxed_in_order_and_reported() -> None:
    # One artist throughout: the gap goes pick by pick, as far as needed.
    steps = make(library([120] * 3, artist=[0, 0, 0]), artist_gap=Gap(picks=4))
    assert [step.relaxed for step in steps[1:]] == [(Relaxation(rule="artist_gap", asked=4.0, given=0.0),)] * 2
    # A clash of keys at another tempo: both are told, nothing else.
    steps = make(library([120, 131], key=[0, 12]))
    assert set(steps[1].relaxed) == {
        Relaxation(rule="harmonic", asked="flexible", given="off"),
        Relaxation(rule="tempo_policy", asked=6.0, given=10.0),
    }


def test_least_audible_limit_is_relaxed_first() -> None:
    # Each but the first leaves one limit altogether: artist, genre, energy, key, tempo.
    columns = library(
        [120, 130, 120, 120, 120, 120],
        artist=[0, 1, 2, 3, 4, 0],
        family=[0, 0, 0, 0, 1, 0],
        energy=[0.5, 0.5, 0.5, 1.0, 0.5, 0.5],
        key=[0, 0, 12, 0, 0, 0],
    )
    taken: list[str] = []
    for _ in range(5):
        last = make(columns, n=2)[-1]
        taken += [relaxation.rule for relaxation in last.relaxed]
        columns = columns.take(np.delete(np.arange(len(columns)), last.index))
    assert taken == ["artist_gap", "genre", "energy_curve", "harmonic", "tempo_policy"]


def test_relaxations_are_early_and_unknown_values_break_policies() -> None:
    # Keeping the key rule as long as can be leaves two tracks that go with nothing.
    steps = make(library([120] * 6, key=[0, 13, 1, 11, 14, 23], artist=[0, 1, 2, 3, 4, 5]))
    assert [step.index for step in steps if step.relaxed] == [3]
    columns = library([120, NAN], key=[0, 24])
    assert make(columns)[1].relaxed == (Relaxation(rule="tempo_policy", asked=6.0, given=None),)
    assert {relaxed.rule for relaxed in make(columns, harmonic="strict")[1].relaxed} == {"harmonic", "tempo_policy"}


def test_limits_are_relaxed_only_if_permitted_or_at_the_end() -> None:
    columns = library([120, 121, 140, 150])
    assert order(columns, relax=False) == [0, 1]
    found = short(columns, relax=False)
    assert (found.picks, found.unused) == (2, 2)
    assert found.blockers == {}  # both are too fast in two ways: the step and the drift
    assert short(library([120, 121, 121], key=[0, 0, 12]), relax=False, n=3).blockers == {"harmonic": 1}
    columns = library([120, 123, 121, 122], artist=list(range(4)))
    fixed = {"start": 0, "end": 1}
    assert order(columns, fixed, n=9) == [0, 2, 3, 1]
    assert order(columns, fixed, n=None, minutes=60.0) == [0, 2, 3, 1]
    assert short(columns, fixed, n=9).picks == 4
    steps = make(library([120, 160, 125, 130]), {"start": 0, "end": 1}, n=3)
    assert [step.index for step in steps][-1] == 1
    assert "tempo_policy" in {relaxed.rule for relaxed in steps[-1].relaxed}
    assert short(library([120, 160, 125, 130]), {"start": 0, "end": 1}, n=3, relax=False).picks == 2


def test_limits_are_relaxed_by_default_within_mixable_and_held_limits() -> None:
    columns = library([120, 160, 131])
    assert order(columns) == [0, 2]
    assert short(columns, n=3).blockers == {"tempo_policy": 1}
    assert order(library([120, NAN, 131])) == [0, 2, 1]  # an unknown tempo may fit
    assert order(library([120, 160]), relax=True) == [0, 1]
    assert order(library([87, 172]), policy="strict") == [0, 1]  # half time, at last
    # A list that has to come to a track comes to it.
    assert order(columns, {"start": 0, "end": 1}, n=2) == [0, 1]
    columns = library([120, 76, 121], key=[0, 0, 12])
    assert order(columns, harmonic="strict", held=("harmonic",)) == [0]
    assert order(columns, harmonic="strict") == [0, 2]


def test_a_bridge_goes_in_even_steps_from_one_end_to_the_other() -> None:
    bpm = [120, 140, *range(121, 140)]
    key = [0, 10, *[2 * ((b - 120) // 4) for b in range(121, 140)]]
    energy = [0.3, 0.8, *np.linspace(0.3, 0.8, 19)]
    columns = library(
        bpm, key=key, energy=energy, similarity=[0.5] * 21, goal_similarity=[0.5] * 21, artist=list(range(21))
    )
    found = order(columns, {"start": 0, "end": 1}, n=9)
    assert found[0] == 0
    assert found[-1] == 1
    tempi = [bpm[i] for i in found]
    assert tempi == sorted(tempi)
    assert max(b / a for a, b in itertools.pairwise(tempi)) <= 1.06
    assert make(columns, {"start": 0, "end": 1}, n=9)[4].energy == pytest.approx(0.55)
    assert not any(step.relaxed for step in make(columns, {"start": 0, "end": 1}, n=9))
    columns = library([120] * 6, similarity=[1, 0, 0.9, 0.1, 0.9, 0.1], goal_similarity=[0, 1, 0.1, 0.9, 0.1, 0.9])
    found = order(columns, {"start": 0, "end": 1}, n=6)
    assert set(found[1:3]) == {2, 4}
    assert set(found[3:5]) == {3, 5}
    way = np.array([0.0, 1.0, *np.random.default_rng(3).permutation(np.arange(1, 40) / 40)])
    columns = library([120] * 41, similarity=list(1.0 - way), goal_similarity=list(way), artist=list(range(41)))
    found = order(columns, {"start": 0, "end": 1}, n=6)
    assert way[found] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], abs=0.03)


def test_included_tracks_fit_in_energy_and_artist() -> None:
    energy = [0.2, 0.9, 0.5, *np.linspace(0.2, 0.9, 30)]
    columns = library([120] * 33, energy=energy)
    found = order(
        columns, {"start": 0, "includes": (1, 2)}, n=8, curve=parse_curve("0:.2,100:.9"), absolute_energy=True
    )
    assert found.index(1) >= 6  # within a tenth of its energy
    assert 3 <= found.index(2) <= 4
    columns = library([120] * 6, artist=[0, 1, 1, 2, 3, 4], similarity=[1, 0, 0.9, 0, 0, 0])
    # Track 2, which is by the same artist and sounds most like the seed, would be at most two picks from the include.
    assert order(columns, {"start": 0, "includes": (1,)}, n=5, artist_gap=Gap(picks=2)) == [0, 3, 1, 4, 5]
    assert 2 in order(columns, {"start": 0, "includes": (1,)}, n=5, artist_gap=Gap(picks=0))


def test_lists_continue_from_their_seed_or_begin_anywhere() -> None:
    found = make(library([120, 124, 134]), {"lead": 0}, n=2)
    assert [step.index for step in found] == [1, 2]
    assert found[0].relaxed == ()
    assert found[1].relaxed != ()
    columns = library([90, 120, 122, 121, 170], energy=[0.2, 0.5, 0.9, 0.5, 0.5], key=[0, 24, 0, 0, 0])
    found = make(columns, {}, n=3)
    assert found[0].index == 3  # the middle tempo
    assert found[0].energy is None
    ascending = asked(n=3, curve=parse_curve("0:1,100:1"), absolute_energy=True)
    assert choose_opening(columns, ascending) == 2
    assert choose_opening(library([120], eligible=[False]), ascending) is None


def test_lists_and_bridges_have_about_the_requested_minutes() -> None:
    seconds = [200, 310, 250, 190, 400, 220, 280, 330, 240, 260] * 3
    columns = library([120] * 30, duration_s=seconds)
    for minutes in (10.0, 30.0, 60.0):
        total = sum(seconds[i] for i in order(columns, n=None, minutes=minutes))
        assert abs(total - 60 * minutes) <= 135  # half of the mean
    steps = make(columns, n=None, minutes=60.0, curve=parse_curve("ascending"), absolute_energy=True)
    assert steps[0].energy == pytest.approx(0.3)
    assert steps[-1].energy == pytest.approx(0.9, abs=0.05)
    columns = library([120] * 30, duration_s=[240.0] * 29 + [NAN])
    found = order(columns, {"start": 0, "end": 1, "includes": (2,)}, n=None, minutes=40.0)
    assert len(found) == 10
    assert found[-1] == 1
    assert 2 in found


def test_vary_gives_other_lists_and_more_candidates_better_ones() -> None:
    columns = library([120 + i / 20 for i in range(60)], similarity=list(np.linspace(0.5, 0.6, 60)))
    lists = [order(columns, n=10, vary=vary) for vary in range(4)]
    assert len({tuple(found) for found in lists}) == 4
    assert order(columns, n=10, vary=2) == lists[2]
    openings = {order(columns, {}, n=1, vary=vary)[0] for vary in range(4)}
    assert len(openings) > 1
    # The nearest by sound are all in a key that clashes; the hundredth is not.
    columns = library([120] * 101, key=[0, *[12] * 99, 0], similarity=list(np.linspace(1, 0, 101)))
    steps = make(columns, n=2, max_candidates=10)
    assert [(step.index, step.relaxed) for step in steps] == [(0, ()), (100, ())]
    # The second sounds better but leads nowhere; a search that keeps one way open must come back for the third.
    columns = library([120] * 4, key=[0, 2, 22, 20], similarity=[1, 0.9, 0, 0])
    request = asked(n=3, harmonic="strict", relax=False)
    found = list(sequence(problem_of(columns, request), beam_width=1))
    assert [step.index for step in found if isinstance(step, Step)] == [0, 2, 3]


# ---- what the user would rather have -------------------------------------------------------------


def test_preferences_decide_among_equals_and_yield_to_better_mixes() -> None:
    columns = library([120] * 6)
    assert order(columns, n=3) == [0, 1, 2]
    assert order(with_bias(columns, preferred=[4, 5]), n=3) == [0, 4, 5]
    assert order(with_bias(columns, avoided=[1, 2, 3]), n=3) == [0, 4, 5]
    assert order(with_bias(columns, avoided=[1, 2, 3, 4, 5]), n=3) == [0, 1, 2]  # a wish, no limit
    # Energy: .5 is held; the preferred track is .1 off, then .4, where the energy curve ends.
    for energy, taken in ((0.4, 2), (0.1, 1)):
        columns = with_bias(library([120] * 3, energy=[0.5, 0.5, energy]), preferred=[2])
        assert order(columns, n=2) == [0, taken]
    clash = with_bias(library([120, 120, 120], key=[0, 0, 12]), preferred=[2])
    assert order(clash, n=2) == [0, 1]
    [first] = [step for step in make(with_bias(library([120, 131], key=[0, 0]), avoided=[1]), n=2) if step.index == 1]
    assert {relaxation.rule for relaxation in first.relaxed} == {"tempo_policy"}
