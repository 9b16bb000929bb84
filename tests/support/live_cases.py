"""Live lists drawn from all pairs of rules, with orders and numbers: the same for tests and for benchmarks."""

import random
from collections.abc import Iterator
from itertools import combinations

from map4.core.music.query.fields import SORT_FIELDS
from map4.lists.options import LiveOptions

RULES = (
    "house", '"deep house"', "genre:house", 'genre:="Deep House"', "artist:nadia", "title:re", "album:homogenic",
    "bpm:120..128", "bpm:~174", "bpm:..100", "key:8A", "key:~8A", "energy:6..", "duration:..6m", "loudness:-12..-8",
    "year:1995..2005", "year:80s", "rating:4..", "plays:1..", "plays:0", "played:-2w", "played:..-6m", "added:-30d",
    "added:2026-06", "modified:..2024", "codec:mp3,flac", "bitrate:320..", "samplerate:44.1k", "bits:16", "channels:2",
    "path:/music/b", "path:sub", "comment:promo", "label:albert", "has:bpm", "missing:key", "has:drop", "is:doubtful",
    "is:lossless", "is:set", "is:imported", "is:damaged", "is:any", "metre:3", "phrases:4..", "tempo-confidence:..0.5",
    "key-confidence:0.5..", "danceability:0.4..", "peak:..0", "mood:dark", "cues:1..", "track:1", "color:red",
    "^genre:rock", "^bpm:120..128", "^added:-30d",
)  # fmt: skip


def drawn(count: int, seed: int = 7) -> Iterator[tuple[str, LiveOptions]]:
    """So many queries of all pairs of rules, each with an order, a number and shares, or without."""
    chance = random.Random(seed)
    pairs = [f"{a}{joint}{b}" for a, b in combinations(RULES, 2) for joint in (" ", " or ")]
    for query in chance.sample(pairs, count):
        sort = chance.choice((None, f"{chance.choice(SORT_FIELDS)}{chance.choice(('', '-'))}"))
        length = chance.choice(({}, {"n": chance.choice((1, 3, 50, 500))}, {"minutes": chance.choice((5.0, 60.0))}))
        shares = {name: 2 for name in ("per_artist", "per_album") if chance.random() < 0.25}
        yield query, LiveOptions(sort=sort, **length, **shares)  # type: ignore[arg-type]


GARBLED_RULES = ("\0", "\ud800", "[" * 5000, "or", "=", "<a", '"' * 99, "{}", "[]", "null", "genre is " + "x" * 20_000)
"""Texts that are no rules of any program."""
