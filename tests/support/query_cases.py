"""What queries find: a small library, and a table of queries with the tracks that each finds, in order.

The same table holds for `map4 search` and for the filter of a page.
"""

import os
from datetime import UTC, datetime

from sound_track import spectrum_until
from stored import put_own, put_track

from map4.core.audio.jobs import Stamp
from map4.core.music.track.track_parts import Failure
from map4.core.store.sql_store import Store

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)

ALL = [1, 2, 3, 4, 5, 6, 7, 8]


def fill(store: Store) -> None:
    """Eight tracks that are ok, and one of each other state."""

    def noon_of(day: int) -> datetime:
        return datetime(2026, 6, day, 12, tzinfo=UTC)

    put_track(store, 1, bpm=127.998, key="8A", energy=0.71, artist="Björk", title="Jóga", genre="Electronic",
              half_confidence=0.19, album="Homogenic", year=1997, now=noon_of(14), tag_bpm=64.0,
              path="/music/a/1 Björk.flac", codec="flac", sample_rate_hz=44100, channels=2, bits=16, rating=5.0,
              payload_bytes=20_000_000, metre=4, phrases=8, cues=("first_beat", "drop", "mix_out"),
              spectrum=spectrum_until(16_020.0, 55.0), advisory="explicit")  # fmt: skip
    put_track(store, 2, bpm=174.1, key="9A", energy=0.9, artist="AC/DC", title="T.N.T.", genre="Rock; Deep House",
              year=1975, now=noon_of(1), tempo_confidence=0.4, path="/music/a/2.mp3", codec="mp3",
              sample_rate_hz=48000, channels=2, payload_bytes=8_000_000, label="Albert Productions",
              stamp=Stamp(8_140_000, 1, 1), spectrum=spectrum_until(20_155.0, 60.0), advisory="clean")  # fmt: skip
    put_track(store, 3, bpm=87.0, key="1B", energy=0.05, artist="!!!", title="Me and Giuliani", genre="House",
              year=2003, now=datetime(2020, 1, 1, tzinfo=UTC), path="/music/b/3.mp3", key_confidence=0.3, metre=3,
              cues=("first_beat", "mix_in"), advisory="none")  # fmt: skip
    put_track(store, 4, tag_bpm=120.04, tag_key="Bm", artist="Simon & Garfunkel",
              title="Cecilia", genre="Deep House", duration_s=359.6, lufs=None, peak=0.4,
              range_lu=5.96, path="/music/b/4.mp3")  # fmt: skip
    put_track(store, 5, bpm=120.06, key="8A", energy=0.649, artist="Nadia", title="Or else", duration_s=361.0,
              half_confidence=0.2, path="/music/b/sub/5.mp3", comment="ünreleased promo",
              flags=("damaged",))  # fmt: skip
    put_track(store, 6, flags=("silent",), stamp=Stamp(7, 1_700_000_000_000_000_000, 1),
              path=os.fsdecode(b"/music/b0/6 caf\xe9.mp3"))  # fmt: skip
    put_track(store, 7, bpm=100.0, key="2A", half_confidence=0.4, artist="Zed", title="12:34",
              path="/music/c/7.mp3", year=1997)  # fmt: skip
    put_track(store, 8, bpm=100.0, key="10A", artist="zoë", title="Re:Stacks", path="/music/c/8.mp3",
              work="Winterreise", movement="Gefror'ne Tränen", movement_number=3)  # fmt: skip
    put_own(store, 7, bpm=87.5)
    put_own(store, 8, key="3B")
    put_track(store, 9, bpm=128.0, path="/music/gone.mp3", is_missing=True)
    put_track(store, 10, analysed=False, path="/music/bad.mp3", tag_bpm=128.0,
              failure=Failure(kind="corrupt", message="Cut off."))  # fmt: skip
    put_track(store, 11, analysed=False, path="/music/new.mp3")


CASES: list[tuple[str, list[int]]] = [
    ("", ALL),
    # text
    ("bjork", [1]), ("BJÖR", [1]), ("joga björk", [1]), ('"Bjö"', []), ("AC/DC", [2]), ("t.n.t", [2]),
    ('"the beatles"', []), ("'; DROP TABLE files; --", []), ('7" (*) NEAR', []), ("homogenic", [1]),
    ("!!!", [3]), ("artist:!!!", [3]), ("simon & garf", [4]), ("Nadia - Or", [5]), ('"12:34"', [7]), ("12:34", [7]),
    ('"or else"', [5]), ("artist:zoe", [8]), ("title:nadia", []), ("^electronic ^house", [5, 6, 7, 8]),
    ("genre:house", [2, 3, 4]), ("genre:=house", [3]), ('genre:="Deep House"', [2, 4]), ("genre:hou", [2, 3, 4]),
    ("label:albert", [2]), ("comment:UNREL", [5]), ("comment:xyz", []), ("label:=albert", []), ("mood:dark", []),
    ("^mood:dark", ALL), ("\0", [6]), ("\ud800", []), ("file:caf", [6]), ("❤", []),
    ("work:winter", [8]), ("movement:TRANEN", [8]), ("movement-number:3..", [8]), ("missing:work bpm:..100", [3, 7]),
    # numbers
    ("bpm:128", [1]), ("bpm:120..128", [1, 4, 5]), ("bpm:120.06..", [1, 2, 5]), ("bpm:~174", [2, 3]),
    ("bpm:120.0600000000001..", [1, 2, 5]), ("bpm:0.0000000001..87", [3]), ("duration:360.9876543..361.5", [5]),
    ("bpm:~64", [1]), ("bpm:87..88", [3, 7]), ("^bpm:..100", [1, 2, 4, 5, 6]),
    ("energy:7", [1]), ("energy:6", [5]), ("energy:1", [3]), ("energy:9..10", [2]), ("year:1997..2003", [1, 3, 7]),
    ("duration:..6m", [1, 2, 3, 4, 6, 7, 8]), ("duration:6:00", [4]), ("loudness:-9", [1, 2, 3, 5, 6, 7, 8]),
    ("tempo-confidence:..0.5", [2]), ("key-confidence:..0.5", [3]), ("rating:4..", [1]), ("bitrate:300..400", [2]),
    ("size:8", [2]), ("size:8.1MB", [2]), ("size:8.2..", []), ("size:0.005GB..1GB", [2]), ("sort:size- limit:1", [2]),
    ("size:..8000kb", [1, 3, 4, 5, 6, 7, 8]),
    ("samplerate:48k", [2]), ("bits:16", [1]), ("channels:2", [1, 2]), ("danceability:0.15", ALL),
    ("loudness-range:6", [4]), ("lra:6.1..", []), ("sort:loudness-range limit:2", [4, 1]),
    # keys
    ("key:8A", [1, 5]), ("key:Am", [1, 5]), ("key:8A,9A", [1, 2, 5]), ("key:8A..9A", [1, 2, 5]),
    ("key:12A..8A,10A", [1, 4, 5, 7]),
    ("decade:90s", [1, 7]), ("name:joga", [1]), ("file:sub", [5]), ("sort:camelot has:camelot limit:2", [3, 7]),
    ("year:90s", [1, 7]), ("year:2000s", [3]), ("type:flac", [1]), ("key:~8A", [1, 2, 4, 5]),
    ("key:major", [3, 8]), ("key:10A", [4]), ("key:3B", [8]),
    # states and remarks
    ("is:failed", [10]), ("is:missing", [9]), ("is:pending", [11]), ("is:ok", ALL), ("^is:failed", ALL),
    ("is:failed or is:missing", [10, 9]), ("is:any bpm:128", [1, 10, 9]),
    ("is:any", [1, 2, 3, 4, 5, 6, 10, 7, 8, 9, 11]),
    ("is:doubtful", [2, 3, 5]), ("^is:doubtful", [1, 4, 6, 7, 8]), ("is:set", [7, 8]), ("is:clipped", [4]),
    ("is:silent", [6]), ("is:damaged", [5]),
    ("is:truncated", []), ("is:lossless", [1]), ("codec:mp3,aac", [2]), ("is:stale", []),
    ("is:upscaled", [1]), ("^is:upscaled is:lossless", []),
    ("has:bpm", [1, 2, 3, 4, 5, 7, 8]), ("missing:bpm", [6]), ("missing:artist", [6]), ("has:label", [2]),
    ("has:mood", []), ("missing:mood", ALL), ("missing:energy", [4, 6, 7, 8]),
    ("has:tempo-confidence", [1, 2, 3, 5, 8]),
    # inside a track
    ("metre:3", [3]), ("has:metre", [1, 3]), ("phrases:5..", [1]), ("missing:phrases", [2, 3, 4, 5, 6, 7, 8]),
    ("has:drop", [1]), ("has:mix-in", [3]), ("has:MIX_out", [1]), ("has:first-beat", [1, 3]), ("has:break", []),
    ("missing:drop", [2, 3, 4, 5, 6, 7, 8]), ("^has:drop has:metre", [3]),
    ("explicit:yes", [1]), ("explicit:NO", [2, 3]), ("explicit:unknown", [4, 5, 6, 7, 8]), ("explicit:=no", [2, 3]),
    ("^explicit:yes", [2, 3, 4, 5, 6, 7, 8]), ("has:explicit sort:explicit-,path", [1, 2, 3]),
    ("missing:explicit", [4, 5, 6, 7, 8]),
    # times and places
    ("added:-2w", [1, 2]), ("added:-2w..-5d", [2]), ("added:2020", [3]), ("added:..2021", [3]),
    ("modified:2023-11", [6]), ("modified:0001..9998", ALL), ("added:0001..", ALL),
    ("season:05..07 genre:house", [2, 3, 4]), ("season:12-20..01-06", []), ("^season:12 codec:flac", [1]),
    ("weekday:wed..sat daypart:0..24 bpm:174 or weekday:sun..tue bpm:87", [3, 7]),
    ("path:/music/b", [3, 4, 5]), ("path:/music/b/3.mp3", [3]), ("path:/music/b/", [3, 4, 5]), ("path:sub", [5]),
    ('path:"/music/a/1 Bjo\u0308rk.flac"', [1]), ("path:/", ALL), ("path:/\ud800", []),
    # groups, order and limits
    ("bjork or artist:ac/dc bpm:170..", [1, 2]), ("sort:bpm", [3, 7, 8, 4, 5, 1, 2, 6]),
    ("sort:bpm- limit:2", [2, 1]), ("sort:bpm- limit:2 offset:2", [5, 4]),
    ("sort:key has:key", [3, 7, 8, 1, 5, 2, 4]), ("sort:artist has:artist", [3, 2, 1, 5, 4, 7, 8]),
    ("sort:year-,path- has:year", [3, 7, 1, 2]), ("limit:1", [1]),
    ("offset:6", [7, 8]), ("sort:mood", ALL), ("sort:energy- limit:1", [2]),
]  # fmt: skip
