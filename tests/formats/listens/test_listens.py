"""Plays as ListenBrainz has them: written by its documentation, and read as it and players write them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from made_library import analysis_of, put

from map4 import Library
from map4.core.music.track.tags import Tags
from map4.formats.importer import ImportReadError

BEGAN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.map4") as found:
        for number in (1, 2, 3):
            tags = Tags(artist=f"Singer {number}", title=f"Söng {number}", album="Album")
            put(found, number, analysis_of(number), tags=tags if number < 3 else Tags())
        yield found


def test_exported_plays_are_imported_unchanged(library: Library, tmp_path: Path) -> None:
    first, second, nameless = library.tracks.all()
    library.set(first.path, artist="Own Artist")
    assert library.plays.add(first, at=BEGAN, source="page")
    assert library.plays.add(second, at=BEGAN + timedelta(hours=1), source="subsonic")
    assert not library.plays.add(second, heard_s=1, at=BEGAN + timedelta(hours=2))
    assert library.plays.add(nameless, at=BEGAN)
    out = tmp_path / "plays.jsonl"
    done = library.export(out, to="listenbrainz")
    assert (done.tracks, done.remarks[-1]) == (2, "plays of tracks without artist or title are left out (1)")
    listen, _ = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert listen["listened_at"] == int(BEGAN.timestamp())
    metadata = listen["track_metadata"]
    assert isinstance(metadata, dict)
    assert (metadata["artist_name"], metadata["track_name"], metadata["release_name"]) == (
        "Own Artist",
        "Söng 1",
        "Album",
    )
    assert metadata["additional_info"]["submission_client"] == "map4"
    assert metadata["additional_info"]["duration_ms"] % 1000 == 0

    assert library.export(tmp_path / "some.jsonl", to="listenbrainz", query="title:2").tracks == 1

    before = library.plays.page()
    assert library.imports.read(out).tracks == 2  # here it is all known
    assert library.plays.page() == before
    with Library.open(tmp_path / "other.map4") as other:
        for _ in range(2):
            done = other.imports.read(out)
        assert (len(done.waiting), done.lists, other.lists.stored()) == (2, (), [])
        plays = other.plays.page().plays
        assert [(play.title, play.at, play.source, play.audio_id) for play in plays] == [
            ("Söng 2", "2026-03-04T06:06:07Z", "listenbrainz", None),
            ("Söng 1", "2026-03-04T05:06:07Z", "listenbrainz", None),
        ]
        again = tmp_path / "again.jsonl"
        put(other, 1, analysis_of(1), tags=Tags(artist="Own Artist", title="Söng 1"))
        other.imports.match()
        assert other.export(again, to="listenbrainz").tracks == 2
        assert [track.play_count() for track in other.tracks.all()] == [1]


@pytest.mark.parametrize("form", ["lines", "submission", "answer", "list"])
def test_listens_are_read_as_services_write_them(library: Library, tmp_path: Path, form: str) -> None:
    at = int(BEGAN.timestamp())
    listens: list[object] = [
        {"listened_at": at, "track_metadata": {"artist_name": "SINGER 1", "track_name": "song 1"}},
        {"listened_at": at + 900, "track_metadata": {"artist_name": "No", "track_name": "One",
                                                     "additional_info": {"duration": 200}}},
        {"listened_at": "never", "track_metadata": {"track_name": "x"}}, {"listened_at": at, "track_metadata": 7},
        {"track_metadata": {"artist_name": "Playing", "track_name": "Now"}},
    ]  # fmt: skip
    texts = {
        "lines": "\n".join([*map(json.dumps, listens), '{"track_metadata"', ""]),
        "submission": json.dumps({"listen_type": "import", "payload": listens}, indent=1),
        "answer": json.dumps({"payload": {"count": 5, "listens": listens}}),
        "list": json.dumps(listens),
    }
    path = tmp_path / "listens.json"
    path.write_text(texts[form], encoding="utf-8")
    done = library.imports.read(path)
    assert (done.format, done.tracks, len(done.waiting)) == ("listenbrainz", 2, 1)
    assert "left out: listens without a title, or without a time from 1990 until now (3)" in done.remarks
    assert [(play.artist, play.length_s) for play in library.plays.page().plays] == [("No", 200), ("Singer 1", 200)]


@pytest.mark.parametrize(
    "number", [BEGAN.timestamp(), BEGAN.timestamp() * 1e3, str(int(BEGAN.timestamp())), BEGAN.timestamp() * 1e6]
)
def test_a_listen_in_any_unit_is_read(library: Library, tmp_path: Path, number: object) -> None:
    path = tmp_path / "listens.jsonl"
    path.write_text(json.dumps({"listened_at": number, "track_metadata": {"track_name": "x"}}))
    library.imports.read(path)
    assert [play.at for play in library.plays.page().plays] == ["2026-03-04T05:06:07Z"]


@pytest.mark.parametrize("number", [4_102_444_800, 4_102_444_800_000, 1_730_611, 0, -1e9, 631_151_999, 1e300])
def test_a_listen_that_cannot_be_is_left_out(library: Library, tmp_path: Path, number: float) -> None:
    path = tmp_path / "listens.jsonl"
    path.write_text(json.dumps({"listened_at": number, "track_metadata": {"track_name": "x"}}))
    done = library.imports.read(path)
    assert library.plays.page().plays == ()
    assert "left out: listens without a title, or without a time from 1990 until now (1)" in done.remarks


def test_listen_already_scrobbled_here_is_one_play(library: Library, tmp_path: Path) -> None:
    [first, *_] = library.tracks.all()
    assert library.plays.add(first, at=BEGAN, source="subsonic")
    metadata = {"artist_name": "Singer 1", "track_name": "Söng 1"}
    path = tmp_path / "listens.jsonl"
    path.write_text(
        json.dumps({"listened_at": int(BEGAN.timestamp()) + 5, "track_metadata": metadata}), encoding="utf-8"
    )
    library.imports.read(path)
    assert [play.source for play in library.plays.page().plays] == ["subsonic"]


@pytest.mark.parametrize(
    ("artist", "began_s", "others_s", "plays"),
    [
        ("Singer 1", (0, 90, 180, 270), (), 4),  # of 200 s
        ("Unknown", (0, 90, 180, 270), (), 4),
        ("Singer 1", (3, 120), (0,), 2),  # the player's is the same play within half of the length
    ],
)
def test_listens_of_a_file_on_repeat_are_all_plays(
    library: Library, tmp_path: Path, artist: str, began_s: tuple[int, ...], others_s: tuple[int, ...], plays: int
) -> None:
    [first, *_] = library.tracks.all()
    for second in others_s:
        assert library.plays.add(first, at=BEGAN + timedelta(seconds=second), source="subsonic")
    path, names = tmp_path / "listens.jsonl", {"artist_name": artist, "track_name": "Söng 1"}
    path.write_text(
        json.dumps([{"listened_at": BEGAN.timestamp() + second, "track_metadata": names} for second in began_s])
    )
    for _ in range(2):
        library.imports.read(path)
        assert len(library.plays.page().plays) == plays


def test_invalid_json_is_refused(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "listens.json"
    path.write_text('{"track_metadata"', encoding="utf-8")
    with pytest.raises(ImportReadError, match="not valid JSON"):
        library.imports.read(path)


def test_export_contains_only_own_plays(library: Library, tmp_path: Path) -> None:
    [first, *_] = library.tracks.all()
    ann = library.acting_as(library.accounts.add("Ann", "admin").actor())
    assert ann.plays.add(first, at=BEGAN)
    assert library.export(tmp_path / "mine.jsonl", to="listenbrainz").tracks == 0
    assert ann.export(tmp_path / "anns.jsonl", to="listenbrainz").tracks == 1
