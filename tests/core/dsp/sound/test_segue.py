"""The rule of segues: sound that goes on, and ends that only meet."""

import numpy as np
import pytest
from signals import cadence, drum_loop, mix, white_noise

from map4.core.dsp.sound.segue import COMPARED_S, ENDS_S, quiet_edge, segue_score

RATE_HZ = 44100
COUNT = round(COMPARED_S * RATE_HZ)
PIECE = mix(drum_loop(118, 12.0, rate_hz=RATE_HZ), cadence(3, "minor", 12.0, rate_hz=RATE_HZ))


def ends(last: np.ndarray, first: np.ndarray) -> float:
    return segue_score(last[-COUNT:].astype(np.float32), first[:COUNT].astype(np.float32), RATE_HZ)


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_piece_cut_in_two_goes_on_at_any_level(gain: float) -> None:
    cuts = [round(at_s * RATE_HZ) for at_s in np.arange(1.03, 11.0, 0.47)]
    assert (
        np.mean([ends(gain * PIECE[:cut], gain * PIECE[cut:]) >= 0.5 for cut in cuts]) >= 0.9
    )  # the others are next to a drum


def test_silence_fades_and_other_sounds_do_not_go_on() -> None:
    fade = np.linspace(1.0, 0.0, 3 * RATE_HZ)
    still, noise = np.zeros(RATE_HZ), white_noise(2.0, rate_hz=RATE_HZ)
    for at_s in np.arange(4.13, 8.0, 0.77):
        before, after = np.split(PIECE, [round(at_s * RATE_HZ)])
        faded = np.concatenate((before[: -len(fade)], before[-len(fade) :] * fade))
        pairs = {
            "silence after": ends(np.concatenate((before, still)), after),
            "silence before": ends(before, np.concatenate((still, after))),
            "silence": ends(still, still),
            "a fade": ends(faded, after),
            "two fades": ends(faded, after[: len(fade)] * fade[::-1]),
            "applause": ends(np.concatenate((before, noise)), after),
            "a jump of the level": ends(before, 0.1 * after),
        }
        assert {name for name, score in pairs.items() if score >= 0.5} == set()


@pytest.mark.parametrize("delay", [0, 576, 1105, 2300])
def test_quiet_edge_is_the_leaking_delay_of_an_encoder(delay: int) -> None:
    leak = 0.005 * white_noise(0.2, rate_hz=RATE_HZ)[:delay]
    start = np.concatenate((leak, white_noise(0.2, rate_hz=RATE_HZ)))[: round(ENDS_S * RATE_HZ)]
    assert quiet_edge(start.astype(np.float32), RATE_HZ) == pytest.approx(delay, abs=0.001 * RATE_HZ)
