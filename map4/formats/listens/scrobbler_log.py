"""`.scrobbler.log`: plays that Rockbox and other players without a connection write for Last.fm.

A line has artist, album, title, track number, length in seconds, L (listened) or S (skipped), and seconds since 1970,
between tabs. Players that know no time zone write the clock's time as if it were UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from map4.core.music.plays import utc_of_local
from map4.formats.importer import ReadNotes
from map4.formats.values import number_of, utc_moment

SKIPPED = "tracks that the player marked as skipped"
_HEAD = b"#AUDIOSCROBBLER/"
_IN_UTC = re.compile(r"^#TZ/UTC\s*$", re.MULTILINE | re.IGNORECASE)
_COLUMNS = ("artist", "album", "title", "tracknumber", "length", "rating", "timestamp")


def is_scrobbler_log(data: bytes) -> bool:
    return data[:100].removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(_HEAD)


def logged_rows(text: str, notes: ReadNotes) -> Iterator[Mapping[str, Any]]:
    """Yield the plays of a log, as rows of a history."""
    is_utc = _IN_UTC.search(text) is not None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        row: dict[str, Any] = dict(zip(_COLUMNS, line.split("\t"), strict=False))
        if row.get("rating", "").strip().upper() == "S":
            notes.left_out[SKIPPED] += 1
            continue
        moment = utc_moment(number_of(row.pop("timestamp", None)))
        if moment and not is_utc:
            moment = utc_of_local(moment.removesuffix("Z"))
        length_s = number_of(row["length"]) if "length" in row else None
        yield {**row, "playedat": moment, "durationms": length_s and length_s * 1000}
