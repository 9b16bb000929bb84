"""madmom's downbeats and metre, by its recurrent network and its bar model of three and four beats.

How madmom is installed is told in `with_madmom.py`; its models are not for commercial use.
"""

from __future__ import annotations

import warnings
from typing import Any

from lines import Estimates, serve
from with_madmom import FPS, signal_of, version

METRES = [3, 4]

_loaded: dict[str, Any] = {}


def estimate(path: str) -> Estimates:
    """Beats, downbeats, and how many beats most bars have."""
    import numpy as np
    from madmom.features.downbeats import DBNDownBeatTrackingProcessor, RNNDownBeatProcessor

    if not _loaded:
        _loaded.update(network=RNNDownBeatProcessor(), bars=DBNDownBeatTrackingProcessor(beats_per_bar=METRES, fps=FPS))
    rows = np.asarray(_loaded["bars"](_loaded["network"](signal_of(path)))).reshape(-1, 2)
    metre = int(rows[:, 1].max()) if len(rows) else None
    return {
        "madmom": {
            "beats_s": [round(float(at), 4) for at in rows[:, 0]],
            "downbeats_s": [round(float(at), 4) for at, number in rows if int(number) == 1],
            "metre": metre,
        }
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(version, estimate)
