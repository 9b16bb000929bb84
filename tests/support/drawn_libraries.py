"""A library and queries that are drawn from a seed: the same each time, with letters of many scripts."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from libraries import audio_id
from stored import NOW, put_imported, put_own, put_track

from map4.core.audio.jobs import Stamp
from map4.core.base.text import utc_text
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.plays import Play
from map4.core.music.query.context import Preferences, QueryContext
from map4.core.music.query.fields import FIELDS, IS_WORDS, SORT_FIELDS, VALUE_FIELDS
from map4.core.music.query.parser import Query
from map4.core.music.track.labels import Labels
from map4.core.music.track.lyrics import FileLyrics
from map4.core.music.track.sources import METADATA_SOURCES
from map4.core.music.track.track import Failure, Source
from map4.core.store.sql_store import Store
from map4.errors import QueryError
from map4.labels import SqlLabels
from map4.lists.store.playlists import SqlPlaylists
from map4.plays.store.plays import SqlPlays
from map4.values.store.values import SqlValues
from map4.values.use import ValueEdit

_WORDS = (
    "Björk", "BJÖRK", "Bjo\u0308rk", "Guðrún", "Straße", "STRASSE", "İstanbul", "ısı", "Ångström", "ǅ", "naïve",
    "Œuvre",
    "日本語", "東京", "ﾊﾝｶｸ", "한국", "\u1112\u1161\u11ab", "Ωmega", "Σίσυφος", "ΣΊΣΥΦΟΣ", "Йод", "йод", "ﬁn", "½",
    "№", "x²",
    "❤️",
    "\ue000x", "a_b", "c++", "R&B", "AC/DC", "don't", "12:34", "la", "La", "love", "lover", "Deep", "House",
    "zoë",
    "Zo", "\u0301x", "العربية", "हिन्दी", "ไทย", "𝔘𝔫𝔦", "Ⅷ", "ꮹ", "!!!", "90s", "mix", "(mix)",
    "Mix-tape", "K\u212a", "ſs",
)  # fmt: skip
_JOINTS = (" ", " ", " ", "-", "_", ".", "; ", " & ", "/", "\u00a0", "'")
_GENRES = ("House", "Deep House", "Drum & Bass; Jungle", "hip hop", "Techno", "Trap", "Dub; house", " ;", "Ärger")
_TEXT_FIELDS = (
    "", "", "", "artist:", "title:", "album:", "genre:", "path:", "comment:", "label:", "mood:", "tag:", "mark:",
    "list:", "color:", "era:",
)  # fmt: skip
_PREFERRED: tuple[tuple[Source, ...], ...] = (("tag", "measured", "imported"), ("measured", "imported", "tag"))
_CODECS = ("mp3", "flac", "aac", "vorbis", "opus")


def text(draw: Random, most: int = 4) -> str:
    places = reversed(range(draw.randint(1, most)))
    return "".join(draw.choice(_WORDS) + (draw.choice(_JOINTS) if place else "") for place in places)


def fill_drawn(store: Store, draw: Random, tracks: int) -> None:
    for number in range(1, tracks + 1):
        _put_drawn(store, draw, number)
    every = [*store.tracks.tracks()]
    files = Counter(track.audio_id for track in every)
    ok = [track for track in every if track.state == "ok" and files[track.audio_id] == 1]
    for track in draw.sample(ok, tracks // 4):
        number = int((track.audio_id or "")[3:], 16)
        put_own(store, number, **{name: value for name, value in {
            "artist": text(draw), "title": text(draw), "genre": draw.choice(_GENRES), "comment": text(draw),
            "bpm": round(draw.uniform(60, 190), 2), "rating": float(draw.randint(0, 5)),
        }.items() if draw.random() < 0.3})  # fmt: skip
    put_imported(store, {number: _imported(draw) for number in draw.sample(range(1, tracks), tracks // 3)})
    store.part(SqlLabels).put(
        {audio_id(number): _labels(draw) for number in draw.sample(range(1, tracks), tracks // 5)}, now=NOW
    )
    for track in draw.sample(ok, tracks // 5):
        at = utc_text(NOW - timedelta(hours=draw.randint(1, 20_000)))
        store.part(SqlPlays).add(Play(audio_id=track.audio_id, at=at, source="page", is_skip=draw.random() < 0.3,
                             heard_s=None, length_s=None))  # fmt: skip
        store.part(SqlValues).put(ValueEdit(mark=(text(draw, 1),)).changes_of([track]), now=NOW)
    for number in range(4):
        name = f"List {number} {draw.choice(_GENRES)[:5].strip(' ;')}"
        store.part(SqlPlaylists).put(name, Tracklist(tracks=draw.sample(ok, 5)), now=NOW)


def _labels(draw: Random) -> Labels:
    return Labels(
        genre=draw.choice(_GENRES), subgenre=draw.choice([None, text(draw, 1)]), family="Electronic",
        mood=text(draw, 2), era=draw.choice(["1990s", "2020s"]), tags=(text(draw, 1), text(draw, 1)),
    )  # fmt: skip


def _put_drawn(store: Store, draw: Random, number: int) -> None:
    values: dict[str, Any] = {
        "artist": text(draw), "title": text(draw), "album": text(draw, 2), "genre": draw.choice(_GENRES),
        "comment": text(draw, 6), "label": text(draw, 2), "year": draw.randint(1970, 2026),
        "rating": float(draw.randint(1, 5)), "tag_bpm": round(draw.uniform(60, 190)),
        "tag_key": draw.choice(ALL_KEYS).camelot,
    }  # fmt: skip
    measured: dict[str, Any] = {
        "bpm": round(draw.uniform(60, 190), 3), "key": draw.choice(ALL_KEYS).camelot, "energy": draw.random(),
        "tempo_confidence": draw.random(), "half_confidence": draw.random(), "key_confidence": draw.random(),
        "duration_s": round(draw.uniform(30, 900), 1),
    }  # fmt: skip
    known = {name: value for name, value in {**values, **measured}.items() if draw.random() < 0.8}
    state = draw.random()
    put_track(
        store, number, **known, audio=number if draw.random() < 0.9 else draw.randint(1, number), analysed=state < 0.9,
        failure=Failure(kind="corrupt", message="Cut off.") if state > 0.95 else None, is_missing=0.85 < state < 0.9,
        path=f"/music/{draw.choice('abc')}/{text(draw, 2).replace('/', '')}/{number}.mp3", codec=draw.choice(_CODECS),
        sample_rate_hz=draw.choice([22_050, 44_100]), payload_bytes=draw.randint(10**6, 10**8),
        now=NOW - timedelta(days=draw.randint(0, 3000)), stamp=Stamp(7, draw.randint(0, 2 * 10**18), 1),
        lyrics=FileLyrics(words=_WORDS[number % len(_WORDS)].casefold(), language="en") if number % 3 else FileLyrics(),
    )  # fmt: skip


def _imported(draw: Random) -> dict[str, Any]:
    values: dict[str, Any] = {
        "artist": text(draw), "title": text(draw), "album": text(draw), "comment": text(draw),
        "genre": draw.choice(_GENRES),
        "play_count": draw.randint(0, 9), "last_played": f"2025-{draw.randint(1, 12):02d}-11",
        "rating": float(draw.randint(1, 5)), "year": draw.randint(1990, 2020), "date_added": "2019-08-23",
    }  # fmt: skip
    return {name: value for name, value in values.items() if draw.random() < 0.5}


def query(draw: Random) -> Query:
    """One that can be asked."""
    while True:
        sizes = [draw.choice([0, 1, 1, 1, 2, 2, 3]) for _ in range(draw.choice([1, 1, 1, 2]))]
        words = [" or ".join(" ".join(_term(draw) for _ in range(size)) for size in sizes if size)]
        orders = draw.choice([0, 0, 1, 1, 2])
        words += [f"sort:{draw.choice(SORT_FIELDS)}{draw.choice(['', '-'])}" for _ in range(orders)]
        if draw.random() < 0.4:
            words.append(f"limit:{draw.randint(1, 12)}")
            words.append(f"offset:{draw.randint(0, 9)}" * (draw.random() < 0.5))
        try:
            return Query.parse(" ".join(words))
        except QueryError:
            continue


def _term(draw: Random) -> str:
    before = "^" if draw.random() < 0.15 else ""
    terms: list[Callable[[Random], str]] = [_words, _words, _words, _of_field, _of_field, _of_state]
    return before + draw.choice(terms)(draw)


def _words(draw: Random) -> str:
    words = text(draw, draw.choice([1, 1, 2]))
    words = draw.choice([words, words.upper(), words.lower()])
    words = words[: draw.randint(1, len(words))] if draw.random() < 0.5 else words
    field = draw.choice(_TEXT_FIELDS)
    form = draw.choice(["{}", '"{}"', '="{}"' if field else '"{}"'])
    return field + form.format(words.replace('"', "") if '"' in form else words.split(" ")[0])


def _of_field(draw: Random) -> str:
    field = FIELDS[draw.choice(VALUE_FIELDS)]
    low, high = sorted((draw.randint(0, 200), draw.randint(0, 200)))
    match field.kind:
        case "key":
            return f"key:{draw.choice(['', '~'])}{draw.choice(ALL_KEYS).camelot}"
        case "level":
            return f"energy:{draw.randint(1, 10)}.."
        case "date":
            return f"{field.name}:{draw.choice(['-2y..', '2019..2024', '..-1y', '2025-03', '-500d'])}"
        case "number" | "duration":
            scale = min(1.0, (field.most - max(field.least, 0.0)) / 200)
            return f"{field.name}:{low * scale:g}..{high * scale:g}"
    return draw.choice([field.example, f"has:{field.name}", f"missing:{field.name}"])


def _of_state(draw: Random) -> str:
    field = draw.choice(VALUE_FIELDS)
    state, year = draw.choice([*IS_WORDS]), draw.randint(1970, 2026)
    return draw.choice([f"is:{state}", f"has:{field}", f"missing:{field}", "path:/music/a", "is:any", f"year:{year}",
                        f"bpm:~{year / 12:.0f}"])  # fmt: skip


def context(draw: Random, now: datetime = NOW) -> QueryContext:
    """Mostly as most people have it; by some the sources count in another order."""
    if draw.random() < 0.7:
        return QueryContext(now=now)
    names = [name for name in ("artist", "title", "genre") if draw.random() < 0.5]
    preferred = tuple((name, draw.choice(METADATA_SOURCES)) for name in names)
    return QueryContext(now=now, preferred=preferred, preferences=Preferences(sources=draw.choice(_PREFERRED)))
