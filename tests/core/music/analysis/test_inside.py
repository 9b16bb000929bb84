"""What bars and metres refuse."""

import pytest

from map4.core.music.analysis.inside import Bars, Metre

FOUR = Metre(beats_per_bar=4, confidence=0.9)


@pytest.mark.parametrize("beats", [1, 8])
def test_refuses_other_metres(beats: int) -> None:
    with pytest.raises(ValueError, match="invalid metre"):
        Metre(beats_per_bar=beats, confidence=0.5)


def test_invalid_downbeats_and_confidences_are_refused() -> None:
    for downbeats_s in ((1.0, 1.0), (2.0, 1.0), (-1.0, 1.0), (0.0, float("nan"))):
        with pytest.raises(ValueError, match="downbeat"):
            Bars(downbeats_s=downbeats_s, confidence=0.5, metre=FOUR)
    with pytest.raises(ValueError, match="confidence"):
        Bars(downbeats_s=(0.0,), confidence=1.5, metre=FOUR)
