"""Which candidates come first, and which opens a list."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from small_libraries import NAN, asked, library, problem_of, with_bias

from map4.lists.playlist.energy_curve import parse_curve
from map4.lists.sequencing.waypoints import choose_opening, ranked


def test_candidates_are_ranked_by_preference_sound_or_tempo() -> None:
    columns = library([120] * 5, similarity=[0, 0.5, 0.9, 0.5, NAN], tie_breaker=[0, 2, 3, 1, 4])
    assert ranked(problem_of(columns, asked(n=3))).tolist() == [0, 2, 3, 1, 4]
    assert ranked(problem_of(library([120, 140, 121, NAN, 118]), asked(n=3))).tolist() == [0, 2, 4, 1, 3]
    columns = library([120] * 4, similarity=[1.0, 0.5, 0.45, 0.2])
    assert ranked(problem_of(columns, asked(n=3))).tolist() == [0, 1, 2, 3]
    assert ranked(problem_of(with_bias(columns, preferred=[2, 3]), asked(n=3))).tolist() == [0, 2, 1, 3]
    assert ranked(problem_of(with_bias(columns, avoided=[1]), asked(n=3))).tolist() == [0, 2, 1, 3]
    columns = library([120] * 3, energy=[0.5, 0.6, 0.9])
    options = asked(n=3, curve=parse_curve("0:.5,100:.5"), absolute_energy=True)
    assert choose_opening(columns, options) == 0
    assert choose_opening(with_bias(columns, preferred=[1]), options) == 1
    assert choose_opening(with_bias(columns, preferred=[2]), options) == 0
    assert choose_opening(with_bias(columns, avoided=[0]), options) == 1


def test_first_track_is_nearest_to_the_curves() -> None:
    curves = ("0:90,5:140", "0:100,10:130", "0:130,10:100", "0:90,20:140", "2:120,60:90", "0:176,5:176")
    options: tuple[dict[str, Any], ...] = (
        {},
        {"relax": True},
        {"policy": "creative"},
        {"vary": 3},
        {"curve": "ascending"},
    )
    tempi, energies = np.linspace(80, 180, 120), 0.2 + 0.7 * (7 * np.arange(120) % 120) / 120
    columns = library([*tempi, NAN], energy=[*energies, 0.5], key=[24, *range(12)] * 9 + [24] * 4)
    for curve, more, length_s in product(curves, options, (25.0, 40.0, 240.0, NAN)):
        request = asked(tempo_curve=curve, n=5, **more)
        opening = choose_opening(replace(columns, duration_s=np.full(121, length_s)), request)
        assert opening is not None
        assert columns.bpm[opening] == pytest.approx(float(curve.split(":")[1].split(",")[0]), rel=0.03)
    columns = library([45, 60, 80, 97, 99, 140], energy=[0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert choose_opening(columns, asked(n=3, tempo_curve="0:90,60:90")) == 3
    assert choose_opening(columns, asked(n=3, tempo_curve="0:90,60:90", policy="creative")) == 0
    assert choose_opening(library([NAN, NAN]), asked(n=3, tempo_curve="0:90,60:90")) == 0
    columns = library([120, 120, 121, 90], energy=[0.9, 0.55, 0.75, 0.35], key=[0, 0, 0, 24])
    assert choose_opening(columns, asked(n=3, curve=parse_curve("0:.3,100:.9"), absolute_energy=True)) == 3
    both = asked(n=3, curve=parse_curve("0:.3,100:.9"), absolute_energy=True, tempo_curve="0:120,9:130")
    assert choose_opening(columns, both) == 1
