"""Engine DJ's library: tracks, lists and history of `Database2/m.db` and `hm.db`.

Tables and columns are those of schema 2.18 to 3.0.2, which Engine DJ 2 to 5 and players of Denon DJ and Numark write.
What a schema does not have is taken as empty. Engine Prime 1 had other tables, and a second file for cue points.

References
----------
.. [1] xsco/libdjinterop, `testdata/ref/engine/`: the tables of every schema; `musical_key.hpp`: the order of keys.
.. [2] Public projects that read `hm.db`: a history list has its time, its tracks the number that they have in `m.db`.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from map4.domain.cues import CuePoint, GridMark
from map4.domain.dj_library import DjItem, DjPlaylist, DjTrack
from map4.domain.imported import MOST_RATING, ImportedValues, plausible_bpm
from map4.domain.key import Key, parse_key
from map4.domain.path_maps import is_windows_path
from map4.domain.tracklist import PlaylistEntry
from map4.formats.engine.blobs import engine_cues, engine_grid, engine_loops, engine_rate_hz
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.sqlite_copy import (
    SQLITE_MAGIC,
    above_zero,
    columns_of,
    copied_database,
    count_of,
    decoded,
    entry_of,
    file_path_of,
    has_tables,
    moment_of,
    number_of,
    numbered_rows,
    select,
    text_of,
    told_errors,
)
from map4.formats.time_zero import program_offset_s
from map4.formats.values import UNREADABLE_GRIDS, local_time, suffix_of
