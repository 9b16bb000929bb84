"""Histories of streaming services: they become plays, as their own exports and those of others have them."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made_library import analysis_of, put

from map4 import Library
from map4.core.music.track.tags import Tags
from map4.formats.importer import DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.listens.archives import OTHER_FILES
from map4.formats.listens.history import INCOMPLETE, LOVED, NO_MUSIC, SKIPPED, SPOKEN, TWICE, UNREADABLE
from map4.formats.listens.listens import NO_LISTENS


def _account(*plays: tuple[str, str, int], artist: str = "Ida") -> list[dict[str, Any]]:
    return [{"endTime": end, "artistName": artist, "trackName": title, "msPlayed": ms} for end, title, ms in plays]


def _extended(ts: str, title: str | None, ms: int, **more: Any) -> dict[str, Any]:
    return {"ts": ts, "platform": "ios", "ms_played": ms, "conn_country": "DE", "master_metadata_track_name": title,
            "master_metadata_album_artist_name": title and "Ida", "master_metadata_album_album_name": title and "Sea",
            "spotify_track_uri": None, "episode_name": None, "reason_end": "trackdone", **more}  # fmt: skip


def _table(*rows: tuple[str, ...], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def _api(title: str, artists: tuple[str, ...], at: str) -> dict[str, Any]:
    track = {"available_markets": ["DE"] * 2000, "name": title, "artists": [{"name": artist} for artist in artists],
             "album": {"name": "Sea"}, "duration_ms": 200_000}  # fmt: skip
    return {"track": track, "played_at": at, "context": None}


def _alias(name: str, *, is_primary: bool = True) -> dict[str, Any]:
    return {"alias": name, "source": "Canonical", "is_primary": is_primary}


def _watched(title: str, **more: Any) -> dict[str, Any]:
    return {"header": "YouTube Music", "title": title, "titleUrl": "https://music.youtube.com/watch?v=x",
            "subtitles": [{"name": "Ida - Topic", "url": "u"}], "time": "2023-03-01T21:40:40.123Z", **more}  # fmt: skip


HISTORIES: dict[str, tuple[str, str]] = {
    "account": ("StreamingHistory0.json", json.dumps(_account(("2023-03-01 21:44", "Tide", 200_000)))),
    "indented": (
        "StreamingHistory_music_0.json",
        json.dumps(_account(("2023-03-01 21:44", "Tide", 200_000)), indent=2),
    ),
    "extended": ("endsong_0.json", json.dumps([_extended("2023-03-01T21:44:00Z", "Tide", 200_000)])),
    "last.fm table": (
        "ida.csv",
        _table(("uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"),
               ("1677706840", "01 Mar 2023, 21:40", "Ida", "", "Sea", "", "Tide", "")),
    ),
    "last.fm without a first line": ("ida.csv", _table(("Ida", "Sea", "Tide", "01 Mar 2023 21:40"))),
    "dates of scrobbles": (
        "ida.csv",
        _table(("Artist", "Album", "Title", "Date"), ("Ida", "Sea", "Tide", "2023-03-01 21:40"), delimiter=";"),
    ),
    "last.fm api": (
        "ida.json",
        json.dumps([{"track": [{"artist": {"#text": "Ida"}, "album": {"#text": "Sea"}, "name": "Tide",
                                "date": {"uts": "1677706840", "#text": "01 Mar 2023, 21:40"}}]}]),
    ),
    "spotify api": ("recent.json", json.dumps({"items": [_api("Tide", ("Ida", "Bo"), "2023-03-01T21:40:40.123Z")]})),
    "played_at table": (
        "plays.csv", _table(("played_at", "track_name", "artist_name"), ("2023-03-01T22:40:40+01:00", "Tide", "Ida")),
    ),
    "day first": ("plays.csv", _table(("artist", "song title", "played"), ("Ida", "Tide", "1.3.2023 21:40"))),
    "scrobbler log": (
        ".scrobbler.log",
        "#AUDIOSCROBBLER/1.1\r\n#TZ/UTC\r\n#CLIENT/Rockbox\r\nIda\tSea\tTide\t1\t200\tL\t1677706840\t\r\n",
    ),
    "maloja": (
        "maloja_export.json",
        json.dumps({"maloja": {"export_time": 1677800000}, "scrobbles": [
            {"time": 1677706840, "track": {"artists": ["Ida"], "title": "Tide", "album": {"albumtitle": "Sea"}}}]}),
    ),
    "koito": (
        "koito_export.json",
        json.dumps({"version": "1", "listens": [{
            "listened_at": "2023-03-01T21:40:40Z", "artists": [{"aliases": [_alias("Ida")]}],
            "track": {"duration": 200, "aliases": [_alias("Tyde", is_primary=False), _alias("Tide")]},
            "album": {"aliases": [_alias("Sea")]}}]}),
    ),
    "lastfmstats": (
        "lastfmstats-ida.json",
        json.dumps({"username": "ida", "scrobbles": [{"track": "Tide", "artist": "Ida", "date": 1677706840000}]}),
    ),
    "lastfmstats table": (
        "lastfmstats-ida.csv",
        _table(("Artist", "Album", "AlbumId", "Track", "Date#ida"), ("Ida", "Sea", "", "Tide", "1677706840000"),
               delimiter=";"),
    ),
    "youtube": ("watch-history.json", json.dumps([_watched("Watched Tide")])),
    "lines": ("plays.jsonl", json.dumps(_account(("2023-03-01 21:44", "Tide", 200_000))[0]) + "\n"),
    "played_at": ("plays.json", json.dumps([{"played_at": 1677706840000, "title": "Tide", "artist": "Ida"}])),
}  # fmt: skip


SERATO = ("name", "artist", "start time", "end time", "playtime", "deck", "notes")
APPLE = (
    "Album Name", "Artist Name", "End Reason Type", "Event End Timestamp", "Event Start Timestamp", "Event Type",
    "Media Duration In Milliseconds", "Play Duration Milliseconds", "Song Name",
)  # fmt: skip


def _read(path: Path, content: str | bytes) -> tuple[str, list[DjTrack | DjPlaylist], ReadNotes]:
    """The importer that recognises a file, what it reads, and what it does not."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    notes, importer = ReadNotes(), Importer.of(str(path))
    return importer.name, [*importer.read(str(path), notes)], notes


def _plays(path: Path, content: str | bytes) -> tuple[list[tuple[str, str | None]], ReadNotes]:
    """Key and time of each play of a history."""
    name, items, notes = _read(path, content)
    assert name in ("history", "listenbrainz")
    histories = [item for item in items if isinstance(item, DjPlaylist) and item.kind == "plays"]
    return [play for plays in histories for play in zip(plays.keys, plays.times, strict=True)], notes


def played(path: Path, *rows: tuple[str, ...]) -> tuple[list[tuple[str, str | None, float | None]], ReadNotes]:
    """Title, time and seconds of each play in a table."""
    name, items, notes = _read(path, _table(*rows))
    assert name == "history"
    titles = {item.key: item.entry.title for item in items if isinstance(item, DjTrack)}
    [plays] = [item for item in items if isinstance(item, DjPlaylist)]
    known = zip(plays.keys, plays.times, plays.played_s, strict=True)
    return [(titles[key] or "", at, played_s) for key, at, played_s in known], notes


@pytest.mark.parametrize(("days", "expected"), [
    (("4/9/22", "4/9/22, {} PM PDT", "4/10/22, 0:20:16 AM PDT"), "2022-04-09"),
    (("4/9/22", "4/9/22, {} PM", "5/9/22, 0:20:16 AM"), "2022-09-04"),  # as in Australia
    (("4/9/22", "{} PM", "0:20:16 AM"), "2022-04-09"),
    (("04/09/2022", "{}", "00:20:16"), "2022-09-04"),
    (("23/09/2022", "{} PM", "0:20:16 AM"), "2022-09-23"),
    (("4.9.22", "4.9.22, {}", "5.9.22, 00:20:16"), "2022-09-04"),
    (("2022-09-04", "{}", "00:20:16"), "2022-09-04"),
])  # fmt: skip
def test_history_exported_by_serato_has_the_day_of_its_session(
    tmp_path: Path, zone: Callable[[str], None], days: tuple[str, str, str], expected: str
) -> None:
    zone("Etc/GMT-2")
    begin, *clocks = "21:55:45", "21:56:00", "23:58:10", "0:00:30"
    if "PM" in days[1]:
        begin, *clocks = "9:55:45", "9:56:00\u202fPM", "11:58:10\u202fPM", "12:00:30\u202fAM"
    head = (days[0], "", days[1].format(begin), days[2], "02:24:31", "", "")
    lengths, titles = ("00:02:21", "02:20", "00:00:20"), ("Tide", "Sea", "Tide")
    rows = [(titles[at], "Ida", clocks[at], "", lengths[at], "1", "") for at in range(3)]
    moments, seconds = ("19:56:00", "21:58:10", "22:00:30"), (141.0, 140.0, 20.0)
    plays = [(titles[at], f"{expected}T{moments[at]}Z", seconds[at]) for at in range(3)]
    assert played(tmp_path / "h.csv", SERATO, head, *rows)[0] == plays
    found, notes = played(tmp_path / "h.csv", SERATO, head, *reversed(rows))
    assert found == plays[::-1]
    assert notes.remarks == ["2 plays with their times, and 1 skip of less than 30 s"]


def test_sessions_of_serato_and_loved_tracks_beside_plays_are_read(tmp_path: Path) -> None:
    heads = [("1/31/22", "", "8:00:00 PM", "", "", "", ""), ("2/1/22", "", "8:00:00 PM", "", "", "", "")]
    row, lost = ("Tide", "Ida", "8:00:10 PM", "", "", "1", ""), ("Tide", "Ida", "", "", "", "1", "")
    plays, notes = played(tmp_path / "h.csv", SERATO, heads[0], row, lost, heads[1], row)
    assert [(at or "")[:7] for _, at, _ in plays] == ["2022-01", "2022-02"]
    assert notes.left_out == {INCOMPLETE: 1}
    pages = {"track": [LOVED_TRACK]}
    plays, notes = _plays(tmp_path / "a.json", json.dumps({"recenttracks": pages, "lovedtracks": pages}))
    assert len(plays) == 1
    assert notes.left_out == {LOVED: 1}


def test_play_activity_of_apple_is_read_by_its_ended_plays(tmp_path: Path) -> None:
    def row(kind: str, begin: str, end: str, ms: str) -> tuple[str, ...]:
        return ("Sea", "Ida", "", end, begin, kind, "200000", ms, "Tide")

    plays, notes = played(
        tmp_path / "Apple Music Play Activity.csv", APPLE,
        row("LYRIC_DISPLAY", "", "2023-03-01T21:40:45Z", ""),
        row("PLAY_START", "2023-03-01T21:40:40.123Z", "", ""),
        row("PLAY_END", "2023-03-01T21:40:40.123Z", "2023-03-01T21:50:00.123Z", "200000"),
        row("PLAY_END", "", "2023-03-01T21:50:10Z", "10000"),
        row("PLAY_END", "", "", "10000"),
    )  # fmt: skip
    assert plays == [("Tide", "2023-03-01T21:40:40Z", 200.0), ("Tide", "2023-03-01T21:50:00Z", 10.0)]
    assert notes.left_out == {INCOMPLETE: 1}
    assert notes.remarks == ["1 play with their times, and 1 skip of less than 30 s"]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.map4") as opened:
        put(opened, 1, analysis_of(1), tags=Tags(artist="Ida", title="Tide"))
        yield opened


@pytest.mark.parametrize("name", HISTORIES)
def test_history_of_a_service_is_read_as_plays(tmp_path: Path, name: str) -> None:
    file, text = HISTORIES[name]
    importer, [track, plays], notes = _read(tmp_path / file, text)
    assert importer == "history"
    assert isinstance(track, DjTrack)
    assert isinstance(plays, DjPlaylist)
    assert (track.entry.artist, track.entry.title) == ("Ida, Bo" if name == "spotify api" else "Ida", "Tide")
    assert plays.kind == "plays"
    assert plays.times in (("2023-03-01T21:40:40Z",), ("2023-03-01T21:40:00Z",))
    assert not notes.left_out.total()


def test_plays_without_a_connection_have_the_time_of_the_phone(tmp_path: Path) -> None:
    online = "2023-03-03T09:00:00Z"
    cases: list[tuple[Any, Any, str]] = [
        (True, 1677706840, "2023-03-01T21:40:40Z"),
        (True, 1677706840_123, "2023-03-01T21:40:40Z"),
        ("true", "1677706840", "2023-03-01T21:40:40Z"),
        (True, 1677834030, "2023-03-03T09:00:30Z"),  # the phone's clock is ahead
        (True, 1777777777, "2023-03-03T08:56:40Z"),
        (True, 0, "2023-03-03T08:56:40Z"),
        (True, None, "2023-03-03T08:56:40Z"),
        (False, 1677706840, "2023-03-03T08:56:40Z"),
        (None, 1677706840, "2023-03-03T08:56:40Z"),
    ]
    rows = [
        _extended(online, f"T{number}", 200_000, offline=offline, offline_timestamp=moment, incognito_mode=True)
        for number, (offline, moment, _) in enumerate(cases)
    ]
    again = _extended(online, "T0", 200_000, offline=True, offline_timestamp=1677708640)
    found, notes = _plays(tmp_path / "Streaming_History_Audio_2023_0.json", json.dumps([*rows, again, rows[0]]))
    assert found == [
        *((f"Ida – T{number}", at) for number, (_, _, at) in enumerate(cases)),
        ("Ida – T0", "2023-03-01T22:10:40Z"),
    ]
    assert notes.left_out == {TWICE: 1}


LOVED_TRACK = {"artist": {"name": "Ida"}, "name": "Tide", "date": {"uts": "1677706840"}, "loved": "1"}


@pytest.mark.parametrize(("name", "document", "entries"), [
    ("x.json", {"lovedtracks": {"track": [LOVED_TRACK], "@attr": {"page": "1"}}}, 1),
    ("x.json", [{"lovedtracks": {"track": [LOVED_TRACK]}}, {"lovedtracks": {"track": [LOVED_TRACK]}}], 2),
    ("x.json", {"user": "ida", "loved": [LOVED_TRACK]}, 1),
    ("x.json", {"banned_tracks": [LOVED_TRACK]}, 1),
    ("lovedtracks-ida-1.json", [LOVED_TRACK], 1),
    ("ida_loved.csv", None, 1),
])  # fmt: skip
def test_loved_tracks_are_a_list_and_no_plays(tmp_path: Path, name: str, document: Any, entries: int) -> None:
    table = _table(("uts", "artist", "album", "track"), ("1677706840", "Ida", "Sea", "Tide"))
    importer, [*tracks, listed], _ = _read(tmp_path / name, table if document is None else json.dumps(document))
    assert importer == "lists"
    assert isinstance(listed, DjPlaylist)
    assert (len(tracks), listed.kind, len(listed.keys)) == (entries, "list", entries)


def test_sent_file_with_the_name_of_loved_tracks_is_refused(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "upload.csv"
    path.write_text(_table(("uts", "artist", "track"), ("1677706840", "Ida", "Tide")), encoding="utf-8")
    with pytest.raises(ImportReadError, match="loved tracks"):
        library.imports.read(path, known_as="lovedtracks-ida.csv")
    assert library.imports.read(path, known_as="ida.csv").matched == 1


def test_scrobbler_log_without_a_zone_is_in_local_time(tmp_path: Path, zone: Callable[[str], None]) -> None:
    zone("Etc/GMT-2")
    rows = ("Ida\tSea\tTide\t1\t200\tL\t1677706840", "Ida\tSea\tTide\t1\t200\tS\t1677706900\t",
            "Ida\tSea\tTide\t1\t200\tL\t0\t", "Ida")  # fmt: skip
    plays, notes = _plays(tmp_path / "log.txt", "\n".join(("#AUDIOSCROBBLER/1.0", "#TZ/UNKNOWN", *rows)))
    assert plays == [("Ida – Tide", "2023-03-01T19:40:40Z")]
    assert notes.left_out == {SKIPPED: 1, INCOMPLETE: 2}


@pytest.mark.parametrize("around", [
    "{} angesehen", "Je hebt {} bekeken", "Vous avez regardé {}", "Has visto {}", "{} を視聴しました",
    "Bresluit na: {} vu",
])  # fmt: skip
def test_history_of_youtube_is_read_in_any_language(tmp_path: Path, around: str) -> None:
    titles = ("The Tide", "The Sea", "Amber Glass", "Slate")
    rows = [_watched(around.format(title), subtitles=[{"name": "Ida – Thema"}]) for title in titles]
    found, _ = _plays(tmp_path / "Wiedergabeverlauf.json", json.dumps(rows, ensure_ascii=False))
    assert [key for key, _ in found] == [f"Ida – {title}" for title in titles]


def test_only_music_of_youtube_is_played(tmp_path: Path) -> None:
    video = "https://www.youtube.com/watch?v="
    rows = [
        _watched("Watched Tide", header="YouTube"),
        _watched("Watched Bo - Sea (Live)", titleUrl=f"{video}y", subtitles=[{"name": "BoVEVO"}]),
        _watched("Watched A cat", header="YouTube", titleUrl=f"{video}z"),
        _watched("Searched for Ida", titleUrl="https://www.youtube.com/results?search_query=Ida"),
        _watched("Watched https://music.youtube.com/watch?v=x"),
        _watched("Watched Slate", time=None),
    ]
    found, notes = _plays(tmp_path / "MyActivity.json", json.dumps(rows, indent=2))
    assert [key for key, _ in found] == ["Ida – Tide", "Bo – Sea (Live)"]
    assert notes.left_out == {NO_MUSIC: 2, UNREADABLE: 1, INCOMPLETE: 1}


def _zip(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_download_of_spotify_gives_plays_and_lists(library: Library, tmp_path: Path) -> None:
    song = {"track": {"trackName": "Tide", "artistName": "Ida", "albumName": "Sea"}, "episode": None}
    local = {"track": None, "localTrack": {"uri": "spotify:local:Bo+%26+Co:Sea:Gl%C3%A4ss:200"}}
    episode = {"track": None, "episode": {"episodeName": "Talk"}}
    lists = {"playlists": [{"name": "One", "items": [song, episode, local]}, {"name": "Two", "items": [song]}]}
    own = {"tracks": [{"artist": "Ida", "album": "Sea", "track": "Tide"}], "bannedTracks": [{"track": "No"}]}
    plays = [_extended("2023-03-01T21:44:37Z", "Tide", 200_000), _extended("2023-03-02T21:44:37Z", "Sea", 9)]
    path = tmp_path / "my_spotify_data.zip"
    path.write_bytes(_zip({
        "Account Data/StreamingHistory_music_0.json": json.dumps(_account(("2023-03-01 21:44", "Tide", 200_000))),
        "Extended Streaming History/Streaming_History_Audio_2023_0.json": json.dumps(plays),
        "../../Playlist1.json": json.dumps(lists), "Account Data/YourLibrary.json": json.dumps(own),
        "Account Data/Userdata.json": "{}", "ReadMeFirst.pdf": b"%PDF",
    }))  # fmt: skip
    for _ in range(2):
        done = library.imports.read(path)
    assert set(done.lists) == {"One", "Two", "YourLibrary"}
    assert {entry.title for entry in done.waiting} == {"Sea", "Gläss"}
    assert f"left out: {OTHER_FILES} (1)" in done.remarks
    assert [play.at for play in library.plays.page().plays] == ["2023-03-01T21:40:40Z"]
    assert [each.name for each in tmp_path.parent.rglob("Playlist1.json")] == []


def test_downloads_of_listenbrainz_and_apple_are_read(tmp_path: Path) -> None:
    named = {"track_metadata": {"artist_name": "Ida", "track_name": "Tide"}}
    loved = {"score": 1, "created": 1677706840, **named}
    files: dict[str, str | bytes] = {
        "user.json": '{"user_id": 1}', "feedback.jsonl": json.dumps(loved),
        "listens/2023/3.jsonl": json.dumps({"listened_at": 1677706840, **named}) + "\n",
        "listens/2023/4.jsonl": json.dumps({"listened_at": 1677706940, **named}),
    }  # fmt: skip
    plays, notes = _plays(tmp_path / "listenbrainz_ida.zip", _zip(files))
    assert [at for _, at in plays] == ["2023-03-01T21:40:40Z", "2023-03-01T21:42:20Z"]
    assert notes.left_out == {NO_LISTENS: 1, OTHER_FILES: 1}
    played = _table(APPLE, ("Sea", "Ida", "", "", "2023-03-01T21:40:40Z", "PLAY_END", "200000", "200000", "Tide"))
    counts = _table(("Date Played", "Track Description"), ("20230301", "Ida - Tide"))
    inner = _zip({"Apple Music Play Activity.csv": played, "Daily.csv": counts})
    plays, notes = _plays(tmp_path / "a.zip", _zip({"Apple Music Activity.zip": inner}))
    assert len(plays) == 1
    assert notes.left_out == {OTHER_FILES: 1}


def test_damaged_histories_tables_of_counts_and_other_archives_are_refused(tmp_path: Path) -> None:
    nested = b"{}"
    for _ in range(4):
        nested = _zip({"a.zip": nested})
    without_each_play = (
        ("Date Played", "Hours", "Play Duration Milliseconds", "Play Count", "Track Description"),
        ("Track Name", "Last Played Date", "Is User Initiated"),
        ("Container Description", "Track Description", "Last Event End Timestamp", "Total plays"),
    )
    cases: list[tuple[str, str | bytes, str | None]] = [
        *(("Apple.csv", _table(columns, ("1",) * len(columns)), r"Apple Music Play Activity.csv")
          for columns in without_each_play),
        ("x.zip", b"PK\x03\x04damaged", "download complete"), ("x.zip", _zip({"a.json": "{}"}), "no plays"),
        ("x.zip", nested, "no plays"), ("x.zip", _zip({"StreamingHistory0.json": b" " * (1 << 25)}), "larger than any"),
        ("x.zip", _zip({f"{number}.json": "" for number in range(5_001)}), "larger than any"),
        ("x.zip", _zip({"StreamingHistory0.json": '[{"msPlayed": 1'}), r"StreamingHistory0.json in it"),
        ("StreamingHistory0.json", '[{"endTime": "2023-03-01 21:44", "msPlayed": 1', None),
        ("StreamingHistory0.json", "[" * 100_000 + '{"msPlayed": 1}', None),
    ]  # fmt: skip
    for name, content, why in cases:
        with pytest.raises(ImportReadError, match=why):
            _read(tmp_path / name, content)


def test_plays_and_skips_of_spotify_are_stored_once(library: Library, tmp_path: Path) -> None:
    account = tmp_path / "StreamingHistory0.json"
    plays = (
        ("2023-03-01 21:44", "Tide", 200_000),
        ("2023-03-02 21:44", "Tide", 0),
        ("2023-03-03 21:44", "Tide", 29_999),
        ("2023-03-04 21:44", "Tide", 30_000),
        ("2023-03-05 21:44", "Elsewhere", 190_000),
    )
    account.write_text(json.dumps(_account(*plays)), encoding="utf-8")
    for _ in range(2):
        done = library.imports.read(account)
    assert (done.lists, done.histories, len(done.waiting)) == ((), 0, 1)
    assert "3 plays with their times, and 2 skips of less than 30 s" in done.remarks
    stored = library.plays.page().plays
    assert [(play.title, play.at, play.heard_s, play.source) for play in stored] == [
        ("Elsewhere", "2023-03-05T21:40:50Z", 190, "history"),
        ("Tide", "2023-03-04T21:43:30Z", 30, "history"),
        ("Tide", "2023-03-01T21:40:40Z", 200, "history"),
    ]
    statistics = library.plays.stats()
    assert (statistics.plays, statistics.skips) == (3, 2)

    extended = tmp_path / "Streaming_History_Audio_2023_0.json"
    again = [_extended("2023-03-01T21:44:37Z", "Tide", 200_000), _extended("2023-03-07T08:00:00Z", "Tide", 200_000)]
    extended.write_text(json.dumps(again), encoding="utf-8")
    library.imports.read(extended)
    assert [play.at for play in library.plays.page().plays][:2] == ["2023-03-07T07:56:40Z", "2023-03-05T21:40:50Z"]
    assert library.plays.stats().plays == 4


def test_plays_that_cannot_be_kept_are_counted(tmp_path: Path) -> None:
    rows = [
        _extended("2023-03-01T21:44:00Z", "Tide", 200_000),
        _extended("2023-03-01T22:44:00Z", None, 900_000, episode_name="Talk"),
        _extended("2023-03-01T23:44:00Z", None, 900_000),
        _extended("1970-01-01T00:00:00Z", "Tide", 0),
        _extended("soon", "Tide", 0),
    ]
    plays, notes = _plays(tmp_path / "Streaming_History_Audio_2023_0.json", json.dumps(rows))
    assert len(plays) == 1
    assert notes.left_out == {SPOKEN: 1, INCOMPLETE: 3}


def test_lists_of_songs_stay_lists(tmp_path: Path) -> None:
    for name, text in (
        (
            "exportify.csv",
            "Track Name,Artist Name(s),Album Release Date,Added At\nTide,Ida,2013,2023-03-01T21:40:40Z\n",
        ),
        ("list.csv", "Artist,Title,Date,Genre\nIda,Tide,2013-05-06 00:00,House\n"),
        ("list.csv", "title,timestamp\nTide,0:04:15\n"),
        ("list.csv", 'Title,Artist,Genre,Added\nTide,Ida,House,"12 Nov 2019, 10:00"\n'),
        ("list.csv", 'Added,Genre,Artist,Title\n"12 Nov 2019, 10:00",House,Ida,Tide\n'),
        ("list.csv", 'artist,track,url,date\nIda,Tide,https://x.example,"12 Nov 2019, 10:00"\n'),
        ("list.csv", 'Abc,Def,Ghi,Jkl\nTide,Ida,House,"12 Nov 2019, 10:00"\n'),
        ("list.csv", "title,date\nTide,2013\n"),
        ("list.csv", "title,played\nTide,12\n"),
        ("list.csv", "name,artist,start time\nTide,Ida,0:04:15\n"),
        ("list.json", '{"schema": "map4/playlist/1", "picks": [{"played_at": "2023-03-01T21:40:40Z", "path": "/a"}]}'),
        ("list.json", '[{"title": "Tide", "played_at": null}]'),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert Importer.of(str(path)).name == "lists"
