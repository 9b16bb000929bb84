"""What steps outside the limits of a list cost an order."""

import numpy as np

from map4.core.music.analysis.key import Key
from map4.core.music.lists.limits import ListLimits, TempoLimit
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.many import MixColumns
from map4.core.music.mixing.ordering import Order
from map4.lists.sequencing.step_scores import POOR_COST, step_costs


def costs(*tracks: tuple[float | None, str | None], limits: ListLimits | None = None) -> np.ndarray:
    traits = [MixTraits(bpm=bpm, key=None if key is None else Key.parse(key), energy=0.5) for bpm, key in tracks]
    return step_costs(MixColumns.of(traits), limits or ListLimits())


def test_step_costs_1_per_broken_limit_and_unknown_tempi_come_last() -> None:
    cases = [
        (120.0, "8A", 0),
        (127.0, "9A", 0),  # within 6 %
        (130.0, "8A", 1),  # within 10 %, as the widest policy
        (160.0, "8A", 2),
        (240.0, "8A", 1),  # double time, which "creative" takes
        (120.0, "2A", 1),
        (160.0, "2A", 3),
        (None, "8A", 2),
        (120.0, None, 0),
    ]
    for bpm, key, cost in cases:
        found = costs((120.0, "8A"), (bpm, key))
        assert (found[0, 1], found[1, 0]) == (cost, cost)
    wide = ListLimits(tempo=TempoLimit.of("creative"), harmonic="off")
    assert costs((120.0, "8A"), (130.0, "2A"), limits=wide)[0, 1] == POOR_COST
    assert costs((120.0, "8A"), (124.0, "9A"), limits=ListLimits(tempo=TempoLimit.of("strict")))[0, 1] == 1
    order = Order.best(-costs((120.0, "8A"), (None, "8A"), (120.0, "8A"))).indices
    assert order.index(1) in (0, 2)
    # Nor is it cheaper between two that do not.
    apart = costs((120.0, "8A"), (None, "8A"), (160.0, "8A"))
    assert apart[0, 1] + apart[1, 2] == apart[1, 0] + apart[0, 2]
