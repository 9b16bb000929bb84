"""A library whose user knows tempi with which map4 is too sure: it is right less often than it says."""

import math
import random
from contextlib import closing
from pathlib import Path

from libraries import audio_id, put_imported, put_user_value
from stored import put_track

from map4.store.sqlite_store import SqliteStore

SLOPE, SHIFT = 0.4, -0.4
"""Of the log odds of being right, by those of what is said."""
UNJUDGED = 12
"""Tracks at the end of which the user has set nothing."""


def make_users_library(path: Path, judged: int) -> Path:
    """Tracks of which the user set the tempo, which is right or an octave off; a DJ program says the key of each other
    one, and it is right in half of them."""
    dice = random.Random(judged)
    with closing(SqliteStore(str(path))) as store, store.at_once():
        for number in range(judged + UNJUDGED):
            bpm, sure = float(dice.randint(90, 180)), round(dice.betavariate(6, 1.2), 3)
            put_track(store, number, bpm=bpm, tempo_confidence=sure, key="8A", key_confidence=0.8)
            if number >= judged:
                continue
            odds = SLOPE * math.log(sure / max(1e-3, 1.0 - sure)) + SHIFT
            is_right = dice.random() < 1.0 / (1.0 + math.exp(-odds))
            put_user_value(store.database.connection, audio_id(number), "bpm", str(bpm if is_right else bpm / 2))
            if number % 2:
                put_imported(store.database.connection, audio_id(number), key="8A" if number % 4 == 1 else "9A")
    return path
