"""The tracks of the demo folder, from `tracks.csv`: invented artists, with the tempo and the key they are written in.

The last eight go with the first two: a crate to make a first list of, by as many artists.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSpec:
    """One track: what is played, how it is stored, and what its tags claim.

    style: a name of `styles.STYLES`
    bpm: true tempo; None has no beat (ambient)
    key: true key in Camelot notation
    chords: one token a bar, repeated; `ii7,V7` shares a bar. Roman numerals: large is major, small is minor
    seconds: rough length; the track is the nearest number of bars divisible by four, and an ending
    metre: beats a bar
    swing: delay of every second step, as a share of a step
    tuning_hz: frequency of A4
    start_s: time of the first beat, a downbeat; silence before it
    lufs: integrated loudness; `clip` reaches it by cutting off the peaks
    suffix, sr, channels, bits: how it is stored
    folder, file_name: where; "Artist/Album/NN Title.ext" where file_name is empty
    tag_bpm, tag_key: what the tags say, right or wrong; None leaves them out
    """

    artist: str
    title: str
    album: str
    genre: str
    year: int
    style: str
    bpm: float | None = None
    key: str
    chords: str
    seconds: float = 45.0
    metre: int = 4
    swing: float = 0.0
    tuning_hz: float = 440.0
    start_s: float = 0.1
    lufs: float = -11.0
    clip: bool = False
    suffix: str = "mp3"
    sr: int = 44100
    channels: int = 2
    bits: int = 16
    folder: str = ""
    file_name: str = ""
    track_number: int = 1
    tag_bpm: float | None = None
    tag_key: str | None = None
    isrc: str | None = None
    label: str | None = None
    note: str = ""


def _specs() -> Iterator[TrackSpec]:
    hints = TrackSpec.__annotations__
    for row in csv.DictReader(files(__package__).joinpath("tracks.csv").read_text("utf-8").splitlines()):
        known: dict[str, Any] = {
            name: text if "str" in hints[name] else json.loads(text) for name, text in row.items() if text
        }
        # Bytes of a name that is not UTF-8 are written as %E9.
        yield TrackSpec(**{**known, "file_name": unquote(known.get("file_name", ""), errors="surrogateescape")})


SPECS = tuple(_specs())
