"""Which candidates come first, and which opens a list."""

from small_libraries import NAN, asked, library, problem_of, with_bias

from map4.lists.playlist.energy_curve import parse_curve
from map4.lists.sequencing.ranking import choose_opening, ranked


def test_candidates_are_ranked_by_sound_then_audio_id() -> None:
    columns = library([120] * 5, similarity=[0, 0.5, 0.9, 0.5, NAN], tie_breaker=[0, 2, 3, 1, 4])
    assert ranked(problem_of(columns, asked(n=3))).tolist() == [0, 2, 3, 1, 4]


def test_nearest_tempo_ranks_first_without_sound_vectors() -> None:
    assert ranked(problem_of(library([120, 140, 121, NAN, 118]), asked(n=3))).tolist() == [0, 2, 4, 1, 3]


def test_preferred_tracks_rank_before_others_of_similar_sound() -> None:
    columns = library([120] * 4, similarity=[1.0, 0.5, 0.45, 0.2])
    assert ranked(problem_of(columns, asked(n=3))).tolist() == [0, 1, 2, 3]
    assert ranked(problem_of(with_bias(columns, preferred=[2, 3]), asked(n=3))).tolist() == [0, 2, 1, 3]
    assert ranked(problem_of(with_bias(columns, avoided=[1]), asked(n=3))).tolist() == [0, 2, 1, 3]


def test_preferred_tracks_open_a_list_unless_their_energy_differs_much() -> None:
    columns = library([120] * 3, energy=[0.5, 0.6, 0.9])
    options = asked(n=3, curve=parse_curve("0:.5,100:.5"), absolute_energy=True)
    assert choose_opening(columns, options) == 0
    assert choose_opening(with_bias(columns, preferred=[1]), options) == 1
    assert choose_opening(with_bias(columns, preferred=[2]), options) == 0
    assert choose_opening(with_bias(columns, avoided=[0]), options) == 1
