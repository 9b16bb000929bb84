"""The golden sound vectors and fingerprints of the signals of `signals_and_numbers`.

`python tests/golden/sound_numbers.py` writes `sound.json` anew. Do that together with a new SoundVector.VERSION or
FINGERPRINT_VERSION, and read the difference before committing it.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "sound.json"
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "support")]

from golden.signals_and_numbers import RATE_HZ, material  # noqa: E402

from map4.core.dsp.extract import Extractor  # noqa: E402
from map4.core.music.analysis.inside import FINGERPRINT_VERSION, SoundVector  # noqa: E402

# A pure tone and silence leave the choice of most bits to rounding.
NAMES = ("house in A minor, 124 BPM", "rock in D major, 96 BPM, 32 cents flat", "noise", "speech")


def measure(signal: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Sound vector and fingerprint of one signal."""
    extractor = Extractor(RATE_HZ, signal.shape[1])
    extractor.feed(signal)
    analysis = extractor.finish(decoder="golden")
    return {"sound": [round(value, 3) for value in analysis.sound], "fingerprint": analysis.fingerprint.hex()}


def measure_all() -> dict[str, dict[str, Any]]:
    """By name of the signal."""
    signals = material()
    return {name: measure(signals[name]) for name in NAMES}


def main() -> None:
    """Write the golden file."""
    versions = {"sound_version": SoundVector.VERSION, "fingerprint_version": FINGERPRINT_VERSION}
    document = {**versions, "signals": measure_all()}
    GOLDEN.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
