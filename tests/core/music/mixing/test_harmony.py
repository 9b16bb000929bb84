"""All 24 x 24 pairs of keys, against the circle of fifths as written down by hand; and steps of tempo."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.mixing.harmony import HARMONIC_RULES, RELATION_SCORES, TempoChange, fits, key_relation

# The circle as any theory book draws it, in names alone, so that nothing here leans on Camelot numbers.
MAJORS = ["C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F"]
MINORS = ["Am", "Em", "Bm", "F#m", "C#m", "G#m", "Ebm", "Bbm", "Fm", "Cm", "Gm", "Dm"]
SCORES = {"same": 1.0, "relative": 0.92, "neighbour": 0.88, "diagonal": 0.7, "whole_tone": 0.7, "far_diagonal": 0.5,
          "third": 0.5, "clash": 0.2, "unknown": 0.5}  # fmt: skip
SAME_MODE = ["same", "neighbour", "whole_tone", "third", "clash", "clash", "clash"]
OTHER_MODE = ["relative", "diagonal", "far_diagonal", "clash", "clash", "clash", "clash"]


def fifths_apart(a: str, b: str) -> tuple[int, bool]:
    """Fifths between two names on the circle, the shorter way, and whether they are of one mode."""
    circles = {name: (place, mode) for mode, names in enumerate((MAJORS, MINORS)) for place, name in enumerate(names)}
    (i, mode_a), (j, mode_b) = circles[a], circles[b]
    return min(abs(i - j), 12 - abs(i - j)), mode_a == mode_b


PAIRS = list(itertools.product(MAJORS + MINORS, repeat=2))


def test_all_pairs_follow_the_circle_of_fifths_and_need_keys() -> None:
    assert len({Key.parse(name) for name in MAJORS + MINORS}) == 24
    assert len(PAIRS) == 24 * 24
    for a, b in PAIRS:
        steps, same_mode = fifths_apart(a, b)
        expected = (SAME_MODE if same_mode else OTHER_MODE)[steps]
        found = key_relation(Key.parse(a), Key.parse(b))
        assert (found, RELATION_SCORES[found]) == (expected, SCORES[expected]), (a, b)
    for a, b in ((None, None), (None, Key.parse("8A")), (Key.parse("8A"), None)):
        found = key_relation(a, b)
        assert (found, RELATION_SCORES[found]) == ("unknown", 0.5)
        assert [rule for rule in HARMONIC_RULES if fits(rule, a, b)] == ["flexible", "creative", "off"]
    with pytest.raises(ValueError, match="no such harmonic rule: loose; there are strict"):
        fits("loose", None, None)  # type: ignore[arg-type]


def test_rules_widen_from_4_to_24_keys_and_only_creative_lifts() -> None:
    for rule, number in (("strict", 4), ("flexible", 8), ("creative", 13), ("off", 24)):
        for key in ALL_KEYS:
            assert sum(fits(rule, key, other) for other in ALL_KEYS) == number
    for a, b in itertools.product(ALL_KEYS, repeat=2):
        passed = [fits(rule, a, b) for rule in HARMONIC_RULES]
        assert passed == sorted(passed)
    for key in ALL_KEYS:
        up = Key((key.tonic + 1) % 12, key.mode)
        assert [rule for rule in HARMONIC_RULES if fits(rule, key, up)] == ["creative", "off"]
        assert [rule for rule in HARMONIC_RULES if fits(rule, up, key)] == ["off"]
        other = Key((key.tonic + 1) % 12, "minor" if key.mode == "major" else "major")
        # Into the other mode the relation alone decides.
        assert fits("creative", key, other) == (RELATION_SCORES[key_relation(key, other)] >= 0.5)


tempi = st.floats(30, 300)


def test_tempo_changes_have_known_values_and_invalid_tempi_are_refused() -> None:
    cases = [
        (100, 102, 2.0, None),
        (102, 100, -2.0, None),
        (125, 125, 0.0, None),
        (87, 174, 0.0, "half"),
        (174, 87, 0.0, "double"),
        (86, 174, 100 * (87 - 86) / 86, "half"),
        (174, 86, -100 * (174 - 172) / 172, "double"),
        (100, 130, 30.0, None),
        (100, 150, 100 * (75 - 100) / 75, "half"),  # 33 % down after folding beats 50 % up
        (100, 100 * math.sqrt(2), 100 * (math.sqrt(2) - 1), None),  # as far either way: the tempo as it is
    ]
    for a, b, percent, folded in cases:
        change = TempoChange.between(a, b)
        assert (change.percent, change.folded) == (pytest.approx(percent), folded)
    change = TempoChange.between(87, 174, fold=False)
    assert (change.percent, change.folded) == (100.0, None)
    for a, b in ((0.0, 120.0), (120.0, -1.0), (math.nan, 120.0), (120.0, math.inf)):
        with pytest.raises(ValueError, match="must be positive"):
            TempoChange.between(a, b)


@given(tempi, tempi)
def test_reverse_tempo_change_is_opposite_and_folding_makes_none_greater(a: float, b: float) -> None:
    there, back = TempoChange.between(a, b), TempoChange.between(b, a)
    assert there.percent == pytest.approx(-back.percent, abs=1e-9)
    assert back.folded == {None: None, "half": "double", "double": "half"}[there.folded]
    assert abs(TempoChange.between(a, b).percent) <= abs(TempoChange.between(a, b, fold=False).percent)
