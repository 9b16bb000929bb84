"""Clips of known tempo, made from songs of POP909 and own patterns."""

from __future__ import annotations

import numpy as np
from clip_parts import Band, read_song, recorded_clip, song_names
from studio import Clip
from tempo_patterns import RECORD_STYLES, STYLES
from tempo_sessions import make_session

FIRST_RECORD = 10_000
"""Number of the first clip of the second round of styles."""
FIRST_SESSION = 20_000
"""Number of the first clip that a mixed band plays (`tempo_sessions`)."""


def make_clip(archive: str, seed: int) -> Clip:
    """Make one clip: draw a style, a tempo and a song, play, record, and treat it as studios and codecs do.

    Numbers below `FIRST_RECORD` draw from `STYLES`, the others from `RECORD_STYLES`, those from `FIRST_SESSION` on from
    both, as `tempo_sessions` plays them.
    """
    rng = np.random.default_rng(seed)
    if seed >= FIRST_SESSION:
        return make_session(archive, rng)
    styles = STYLES if seed < FIRST_RECORD else RECORD_STYLES
    names = list(styles)
    share = np.array([styles[name].share for name in names])
    name = str(rng.choice(names, p=share / share.sum()))
    song_name = str(rng.choice(song_names(archive)))
    return recorded_clip(Band(rng, styles[name], read_song(archive, song_name)), name, song_name)
