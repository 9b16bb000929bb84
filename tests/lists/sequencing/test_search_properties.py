"""What must hold of every list from every library."""

import itertools
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_libraries import asked, broken_rules, is_same, known, libraries, mixable_libraries, problem_of, repeats

from map4.core.music.lists.limits import RULES, Gap
from map4.core.music.mixing.harmony import TempoChange
from map4.lists.playlist.energy_curve import CURVES, parse_curve
from map4.lists.playlist.request import ListRequest
from map4.lists.sequencing.problem import Candidates
from map4.lists.sequencing.search import COMMIT_HORIZON, Shortfall, Step, sequence
from map4.lists.sequencing.step_scores import ENERGY_MISS_LIMIT, ENERGY_SHARE, StepScores

options = st.builds(
    asked,
    n=st.integers(1, 20),
    policy=st.sampled_from(["strict", "flexible", "creative"]),
    harmonic=st.sampled_from(["strict", "flexible", "creative", "off"]),
    curve=st.sampled_from([None, *CURVES.values()]),
    absolute_energy=st.booleans(),
    artist_gap=st.builds(Gap, picks=st.integers(0, 5)),
    album_gap=st.builds(Gap, picks=st.integers(0, 2)),
    vary=st.integers(0, 2),
    relax=st.sampled_from([None, True, False]),
    min_sound=st.sampled_from([None, 0.0, 0.5]),
    held=st.lists(st.sampled_from(list(RULES)), unique=True, max_size=3).map(tuple),
)
lean = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
# Where one example is hundreds of steps.
leaner = settings(lean, max_examples=5)


def steps_of(found: list[Step | Shortfall]) -> list[Step]:
    return [step for step in found if isinstance(step, Step)]


@lean
@given(library=libraries(), options=options)
def test_recordings_do_not_repeat_and_broken_limits_are_reported(library: Candidates, options: ListRequest) -> None:
    found = list(sequence(problem_of(library, options)))
    steps = steps_of(found)
    path = [step.index for step in steps]
    assert not repeats(library, path)
    assert path[0] == 0
    for position in range(1, len(path)):
        reported = {relaxed.rule for relaxed in steps[position].relaxed}
        assert reported == broken_rules(library, path, position, options, steps[position].energy)
        assert not any(options.holds(rule) for rule in reported)


@lean
@given(library=libraries(), options=options)
def test_list_has_the_requested_length_or_reports_a_shortfall(library: Candidates, options: ListRequest) -> None:
    found = list(sequence(problem_of(library, options)))
    steps, last = steps_of(found), found[-1]
    is_short = len(steps) < (options.n or 0)
    assert is_short == isinstance(last, Shortfall)
    path = [step.index for step in steps]
    others = [i for i in range(len(library)) if not any(is_same(library, i, pick) for pick in path)]
    unused = last.unused if isinstance(last, Shortfall) else len(others)
    assert (unused == 0) == (not others)
    # Where rules may be relaxed without end, a list ends only when there is nothing left.
    assert not (is_short and options.relax and not options.held and others)
    assert options.relax is not False or not any(step.relaxed for step in steps)


@lean
@given(library=libraries(), options=options)
def test_relaxed_steps_change_tempo_by_at_most_10_percent(library: Candidates, options: ListRequest) -> None:
    mixable = replace(options, relax=None)
    path = [step.index for step in steps_of(list(sequence(problem_of(library, mixable))))]
    tempi = [float(library.bpm[index]) for index in path]
    known = ((a, b) for a, b in itertools.pairwise(tempi) if a == a and b == b)  # NaN is not
    changes = [abs(TempoChange.between(a, b).percent) for a, b in known]
    assert max(changes, default=0.0) <= 10.0 + 1e-9


@lean
@given(library=libraries(), options=options)
def test_search_is_deterministic(library: Candidates, options: ListRequest) -> None:
    problem = problem_of(library, options, start=len(library) - 1)
    assert list(sequence(problem)) == list(sequence(problem))


@leaner
@given(library=st.one_of(libraries(least=3), mixable_libraries(least=3)), options=options, data=st.data())
def test_library_order_does_not_change_the_list(library: Candidates, options: ListRequest, data: st.DataObject) -> None:
    order = np.array(data.draw(st.permutations(range(len(library)))))
    other = sequence(problem_of(library.take(order), options, start=int(np.flatnonzero(order == 0)[0])))
    shuffled = [int(order[step.index]) for step in steps_of(list(other))]
    assert shuffled == [step.index for step in steps_of(list(sequence(problem_of(library, options))))]


@leaner
@given(library=mixable_libraries(least=12), options=options)
def test_streamed_picks_form_one_valid_sequence(library: Candidates, options: ListRequest) -> None:
    """However often the search changes its mind, the picks it gave out early go with those that come later."""
    longer = replace(options, n=len(library), harmonic="strict", relax=True, held=())
    steps = steps_of(list(sequence(problem_of(library, longer))))
    path = [step.index for step in steps]
    assert sorted(path) == list(range(len(library)))
    for position in range(1, len(path)):
        reported = {relaxed.rule for relaxed in steps[position].relaxed}
        assert reported == broken_rules(library, path, position, longer, steps[position].energy)


@lean
@given(library=st.one_of(libraries(), mixable_libraries()), options=options)
def test_allowed_steps_are_exactly_the_steps_that_keep_every_rule(library: Candidates, options: ListRequest) -> None:
    scores = StepScores(problem_of(library, options))
    for last in range(len(library)):
        rows, row_scores = scores.allowed(last)
        every = scores.transition(last)
        assert rows.tolist() == np.flatnonzero(~every.breaks).tolist()
        assert row_scores.tolist() == every.scores[rows].tolist()


@lean
@given(library=st.one_of(libraries(least=3, most=6), mixable_libraries(least=3, most=6)), options=options)
def test_search_of_few_tracks_agrees_with_brute_force(library: Candidates, options: ListRequest) -> None:
    """Without relaxing, the search finds a list that scores as the best there is, or there is none of that length."""
    strict = asked(
        n=min(4, options.n or 1),
        policy=options.policy,
        harmonic=options.harmonic,
        curve=parse_curve("0:.4,100:.6"),
        absolute_energy=True,
        artist_gap=options.artist_gap,
        relax=False,
    )
    assert strict.n <= COMMIT_HORIZON
    wanted = [0.4 + 0.2 * i / (strict.n - 1) if strict.n > 1 else 0.4 for i in range(strict.n)]
    scores = StepScores(problem_of(library, strict))

    def total_score(path: tuple[int, ...]) -> int:
        """By the formula, from the wanted energies as the documentation has them."""
        total = 0
        for i in range(1, len(path)):
            total += int(scores.transition(path[i - 1]).scores[path[i]])
            energy = known(library.energy[path[i]])
            fit = 0.5 if energy is None else max(0.0, 1 - abs(energy - wanted[i]) / ENERGY_MISS_LIMIT)
            total += round(ENERGY_SHARE * fit * 1e6)
        return total

    possible = [
        (0, *rest)
        for rest in itertools.permutations(range(1, len(library)), strict.n - 1)
        if not repeats(library, (0, *rest))
        and not any(broken_rules(library, (0, *rest), i, strict, wanted[i]) for i in range(1, strict.n))
    ]
    found = list(sequence(problem_of(library, strict), beam_width=500))
    path = tuple(step.index for step in steps_of(found))
    assert (len(path) == strict.n) == bool(possible)
    best = max((total_score(other) for other in possible), default=total_score(path))
    assert abs(total_score(path) - best) <= len(path)  # each step is rounded to a millionth
