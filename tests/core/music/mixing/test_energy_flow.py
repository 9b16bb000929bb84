"""Courses of energy as a listener would call them."""

from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.mixing.energy_flow import energy_flow, step_flow

MIRROR = {"rising": "falling", "falling": "rising", "wave": "wave", "flat": "flat", None: None}


def test_energy_steps_and_lists_are_rising_falling_or_flat() -> None:
    cases = [(0.5, 0.54, "flat"), (0.5, 0.55, "rising"), (0.75, 0.7, "falling"), (0.5, 0.46, "flat"),
             (0.0, 1.0, "rising"), (None, 0.5, None), (0.5, None, None)]  # fmt: skip
    assert [(a, b, step_flow(a, b)) for a, b, _ in cases] == cases
    cases = [
        ([0.3, 0.5, 0.7, 0.9], "rising"),
        ([0.3, 0.34, 0.38, 0.42], "rising"),  # a slow climb is one, though no step is heard
        ([0.3, 0.6, 0.5, 0.8], "rising"),  # up .6, down .1
        ([0.3, 0.6, 0.45, 0.6], "rising"),  # up .45, down .15: just three to one
        ([0.3, 0.6, 0.4, 0.6], "wave"),  # up .5, down .2: less than three to one
        ([0.9, 0.6, 0.2], "falling"),
        ([0.2, 0.9, 0.2], "wave"),
        ([0.5, 0.59, 0.5], "flat"),
        ([0.7, 0.8], "rising"),  # a whole level
        ([0.5, 0.5], "flat"),
        ([0.2, None, 0.8], "rising"),
        ([0.5], None),
        ([None, None], None),
        ([], None),
    ]
    assert [(energies, energy_flow(energies)) for energies, _ in cases] == cases


@given(st.lists(st.none() | st.integers(0, 20).map(lambda i: i / 20), max_size=12))
def test_reversed_list_has_the_mirrored_energy_flow(energies: list[float | None]) -> None:
    assert energy_flow(energies[::-1]) == MIRROR[energy_flow(energies)]
