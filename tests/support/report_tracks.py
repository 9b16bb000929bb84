"""Tracks that reports are made of, without audio."""

from dataclasses import replace
from typing import Any

from made_tracks import made_track

from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.quality import ListQuality
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import (
    ENERGY_POINTS,
    KEY_POINTS,
    TEMPO_POINTS,
    Compatibility,
    EnergyPart,
    KeyPart,
    TempoPart,
)
from map4.core.music.mixing.harmony import Relation
from map4.core.music.track.labels import Labels
from map4.core.music.track.track import Failure, Track
from map4.stats.records import Bin, Distribution, Statistics

KEYS = ("8A", "8A", "9A", "8B", "12A", "3B")

NASTY = (
    '=HYPERLINK("http://evil.example","click")', "+1", "@x", "</script><script>alert(1)</script>",
    '<img src="file:///etc/passwd"/>', "<b>unclosed", "[/red]", "\x1b[2J\x1b]0;owned\x07", "\x9b31m",
    "\u202egnp.exe\u2066", "one\ntwo\r\nthree\u2028four", "nul\0nul", "\ud800 half", "\ufffe\uffff", "x" * 40_000,
    "a&b 100% #1?", "]]>", "--><!--", "&lt;amp&#x27;", "{{7*7}}", "\" onmouseover=\"alert(1)", "javascript:alert(1)",
    "</title></style>", "",
)  # fmt: skip
"""The injection set: texts that try to be more than texts."""


def report_track(
    name: str = "one.mp3",
    bpm: float | None = 124.0,
    key: str | None = "8A",
    energy: float | None = 0.55,
    *,
    hamms: float | None = 0.5,
    tags: dict[str, Any] | None = None,
    labels: Labels | None = None,
    **analysis: Any,
) -> Track:
    """A track of 3:04 with tags; `analysis` is what else was measured."""
    tags = {"artist": "Ann", "title": name.rsplit(".", 1)[0], "genre": "House", "year": 1998} | (tags or {})
    made = made_track(name, bpm, key, energy, hamms=hamms, **tags)
    assert made.analysis is not None
    mp3 = AudioFormat(codec="mp3", sample_rate_hz=44100, channels=2, bits=None, payload_bytes=1000)
    return replace(made, format=mp3, size_bytes=1000, labels=labels, analysis=replace(made.analysis, **analysis))


def report_tracks(count: int = 6) -> list[Track]:
    return [
        report_track(
            f"Song {i}.mp3", 120.0 + 2 * (i % 80), KEYS[i % len(KEYS)], (i % 10) / 10.0, cue_in_s=1.0, cue_out_s=181.0
        )
        for i in range(count)
    ]


def failed_track(name: str = "one.mp3", **tags: Any) -> Track:
    """A track that was never analysed; its tags name a tempo and a key, which do not count."""
    track = report_track(name, tags=tags)
    named = replace(track.tags, bpm=99.0, key="Am")
    return replace(track, state="failed", analysis=None, tags=named, failure=Failure(kind="corrupt", message="secret"))


def playlist(tracks: list[Track]) -> Tracklist:
    picks = [
        ListedPick(
            energy_target=0.7,
            transition=None if number == 1 else transition_of(0.95),
            reasons=("energy 7",) if number == 1 else ("+1.6 % tempo", "8A → 9A neighbour"),
        )
        for number in range(1, len(tracks) + 1)
    ]
    quality = ListQuality(
        tempo=100.0, harmony=90.0, transitions=95.0, genre=None, energy=88.0, limits=100.0, data=100.0
    )
    return Tracklist(tracks=tracks, picks=picks, header=ListHeader(quality=quality))


def transition_of(total: float, relation: Relation = "same", change_percent: float | None = 0.0) -> Compatibility:
    """A transition as compatible as this, whatever its parts are."""
    return Compatibility(
        tempo=TempoPart(change_percent=change_percent, score=total, points=TEMPO_POINTS * total, folded=None),
        key=KeyPart(relation=relation, score=total, points=KEY_POINTS * total),
        energy=EnergyPart(change=None, score=total, points=ENERGY_POINTS * total),
    )


def statistics(tracks: int = 6) -> Statistics:
    return Statistics(
        tracks=tracks,
        hours=1.5,
        tempo=Distribution(known=6, low=120.0, median=125.0, high=130.0, bins=(Bin(low=120.0, high=125.0, count=6),)),
        loudness=Distribution(known=6, low=-10.0, median=-9.4, high=-9.0, bins=(Bin(low=-10.0, high=-9.0, count=6),)),
        keys={"8A": 2, "9A": 4},
        energy={5: 6},
        doubtful_tempo=1,
        doubtful_key=2,
        failures={"corrupt": 3},
        genres={f"Genre {i}": 30 - i for i in range(12)},
        codecs={"mp3": 6},
        qualities={},
        years={1998: 2, 1999: 1, 2003: 3},
        added={},
        with_genre=6,
    )
