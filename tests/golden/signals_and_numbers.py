"""The golden numbers: what the analysis says of some synthesised signals.

`python tests/golden/signals_and_numbers.py` writes `analysis.json` anew. Do that together with a new ANALYSIS_VERSION,
and read the difference before committing it: stored numbers of the same audio have changed for every user.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "analysis.json"
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "support")]

from signals import cadence, drum_loop, mix, silence, sine, speech_like, stereo, white_noise  # noqa: E402

from map4.core.dsp.extract import Extractor  # noqa: E402
from map4.core.music.analysis.analysis import ANALYSIS_VERSION  # noqa: E402

RATE_HZ = 22050
SECONDS = 20.0


def material() -> dict[str, npt.NDArray[np.float32]]:
    """Signals by name, shape (n_samples, n_channels)."""
    house = mix(drum_loop(124, SECONDS, first_beat_s=0.25), 0.5 * cadence(9, "minor", SECONDS, chord_s=120 / 124))
    rock = mix(drum_loop(96, SECONDS, pattern="rock"), cadence(2, "major", SECONDS, chord_s=2.5, tuning_cents=-32))
    pads = cadence(5, "major", SECONDS, chord_s=2.0)
    return {
        "house in A minor, 124 BPM": stereo(house, house),
        "rock in D major, 96 BPM, 32 cents flat": stereo(rock, 0.5 * rock),
        "chords in F major without drums": pads[:, None],
        "a sine at 1 kHz": sine(1000.0, SECONDS)[:, None],
        "noise": white_noise(SECONDS)[:, None],
        "speech": speech_like(SECONDS)[:, None],
        "silence": silence(SECONDS)[:, None],
    }


def measure(signal: npt.NDArray[np.float32]) -> dict[str, Any]:
    """The stored core of one signal's analysis, and its beats."""
    extractor = Extractor(RATE_HZ, signal.shape[1])
    extractor.feed(signal)
    analysis = extractor.finish(decoder="golden")
    return {**analysis.to_core(), "beats_s": [round(beat, 3) for beat in analysis.beats_s]}


def main() -> None:
    """Write the golden file."""
    numbers = {name: measure(signal) for name, signal in material().items()}
    document = {"analysis_version": ANALYSIS_VERSION, "signals": numbers}
    GOLDEN.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
