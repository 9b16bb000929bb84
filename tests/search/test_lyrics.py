"""Lyrics in queries: words, languages, and what happens to them with their file."""

import json
from dataclasses import asdict
from pathlib import Path

from stored import numbers_found, put_track

import map4
from map4.core.music.track.lyrics import FileLyrics, Lyrics
from map4.core.store.sql_store import Store

PACKAGE = Path(map4.__file__).parent
CASES: list[tuple[str, list[int]]] = [
    ("lyrics:wolken", [1]), ("lyrics:WOLK", [1]), ('lyrics:"wolk"', []), ("wolken", [2]), ("words:uber", [1]),
    ('lyrics:"wolken ist die"', [1]), ('lyrics:"wolken die"', []), ("lyrics:don't", [2]), ("lyrics:mork", [2]),
    ("lyrics:愛して", [3]), ("lyrics:世界", [3]), ('lyrics:"終わり"', [3]), ("lyrics:界世", []),
    ("lyrics:wolken lyrics:freiheit", [1]), ("lyrics:wolken or lyrics:clouds", [1, 2]),
    ("^lyrics:wolken has:lyrics", [2, 3, 5]), ("is:lyrics", [1, 2, 3, 5]), ("^is:lyrics", [4, 6]),
    ("missing:lyrics", [4, 6]), ("lyrics:=clouds", [2]), ("lyrics:!!", []), ("lyrics:xx", [1]),
    ("lyrics-language:de", [1]), ("lyrics-language:en or lyrics-language:ja", [2, 3]), ("lyrics-language:unknown", [5]),
    ("has:lyrics-language sort:lyrics-language,path", [1, 2, 3, 5]),
]  # fmt: skip


def sung(text: str, beside: str | None = None) -> FileLyrics:
    return FileLyrics.of(Lyrics.of_text(text), beside)


def fill(store: Store) -> Store:
    put_track(store, 1, lyrics=sung("[00:01]Über den Wolken\n[00:02]ist die Freiheit [xx]\n[la:de]"))
    put_track(
        store, 2, title="Wolken", lyrics=sung("I don't know where\nthe MØRK clouds go and what I'm to do with you")
    )
    put_track(store, 3, lyrics=sung("愛してる世界の終わり", ".lrc 1 1"))
    put_track(store, 4, lyrics=FileLyrics(beside=".txt 5 0"))
    put_track(store, 5, lyrics=sung("zzyzx quux blorb"))
    put_track(store, 6)
    return store


def test_words_and_languages_are_found(store: Store) -> None:
    songs = fill(store)
    assert {text: numbers_found(songs, text) for text, _ in CASES} == dict(CASES)


def test_lyrics_change_and_go_with_their_file(store: Store) -> None:
    songs = fill(store)
    put_track(songs, 1, lyrics=sung("another line"))
    put_track(songs, 2, lyrics=FileLyrics())
    put_track(songs, 3)  # not read
    assert numbers_found(songs, "lyrics:wolken or lyrics:clouds or lyrics:another or lyrics:愛") == [1, 3]
    assert [track.lyrics_language for track in songs.tracks.tracks()] == ["unknown", None, "ja", None, "unknown", None]
    with songs.database.transaction() as connection:
        connection.execute("DELETE FROM files WHERE display = '/music/1.mp3'")
        assert connection.execute("SELECT count(*) FROM lyrics").fetchone()[0] == 3
    assert numbers_found(songs, "lyrics:another or is:lyrics") == [3, 5]


def test_track_records_contain_no_lyrics(store: Store) -> None:
    """Prompts, look-ups and tools are made from tracks, which have only the language."""
    put_track(store, 1, lyrics=sung("zzyzx quux blorb"))
    [track] = store.tracks.tracks(beats=True)
    assert track.to_record(beats=True, cues=True)["lyrics_language"] == "unknown"
    for text in (repr(track), repr(asdict(track)), json.dumps(track.to_record(beats=True, cues=True))):
        assert "zzyzx" not in text
    readers = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "lyrics_of(" in (code := path.read_text("utf-8")) or "FROM lyrics" in code
    ]
    assert sorted(readers) == [
        "core/audio/tags/lyrics.py", "core/store/query/lyrics.py", "core/store/rows/track_rows.py",
        "core/store/tracks.py", "extras/cluster/store/tracks.py", "extras/postgres/dialect.py",
        "extras/voice/lyrics.py", "scan/part.py",
    ]  # fmt: skip
    players = {path.parts[-3] for path in PACKAGE.rglob("*.py") if "files.lyrics(" in path.read_text("utf-8")}
    assert players == {"subsonic"}
