"""What Python shows of an answer: one short line where it is asked for, a table where it is printed."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from extra_cases import of_extras
from made_tracks import made_track
from playlist_library import make_playlist_library, song

from map4 import Library
from map4.core.base.shown import MOST_COLUMNS, text_table
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    vellum = {"number": 90, "bpm": 120.0, "key": "8A", "energy": 0.6, "artist": "Vellum"}
    path = tmp_path_factory.mktemp("shown") / "library.map4"
    with Library.open(make_playlist_library(path, more=[vellum])) as opened:
        yield opened


def answers(library: Library) -> Iterator[Any]:
    found = library.search("limit:4")
    made = library.playlist(song(1), n=4)
    library.lists.save("Friday", made.to_tracklist(name="Friday"))
    stored = library.lists.read_stored("Friday")
    yield from (found, made, made.to_tracklist(name="Friday"), stored, library.lists.check(stored))
    yield from (library.compare(list(found)), library.similar(song(1), by="hamms", n=4))
    yield library.mix(song(1), song(2))
    yield from (answer(library) for answer in of_extras("shown_answer"))


def test_results_and_tracks_have_a_repr_and_a_table(library: Library) -> None:
    shown = list(answers(library))
    for answer in shown:
        assert repr(answer).startswith(f"<{type(answer).__name__} ")
        assert len(repr(answer)) <= MOST_COLUMNS
        assert repr(answer).isprintable()
        head, first, *_ = str(answer).split("\n")
        assert "artist – title" in head
        assert "BPM" in head
        assert "Artist" in first
        assert answer._repr_html_().startswith("<pre>")
    assert len(shown) == 8 + len(of_extras("shown_answer"))
    track = made_track("a.mp3", 124.0, "7B", artist="House Act 5", title="Tune 14")
    assert repr(track) == "<Track House Act 5 – Tune 14, 124.0, 7B>"
    assert repr(Track(path="/m/gone.mp3", state="missing")) == "<Track gone.mp3, missing>"
    assert repr(made_track("a.mp3", title="\x1b[2J" + "long " * 99)).startswith("<Track \ufffd[2Jlong long")
    assert len(repr([track])) < MOST_COLUMNS
    rows = [{"artist – title": "銀河", "BPM": "99.0", "key": ""}, {"artist – title": "Abc", "BPM": "120.0", "key": ""}]
    assert text_table(rows) == ["artist – title    BPM", "銀河             99.0", "Abc             120.0"]
    assert text_table([]) == []


def test_calls_accept_lists_and_results_support_slices(library: Library) -> None:
    first, second = library.search("limit:2")
    ways: list[tuple[Any, int]] = [
        (first, 1), (first.path, 1), ([first, second.path], 2), ((path for path in (first, second)), 2),
        (first.audio_id, 1), (library.search("limit:2"), 2),
    ]  # fmt: skip
    for named, count in ways:
        assert len(library.set(named, bpm=100, dry_run=True)) == count
    assert [track.path for track in library.tags.read(first)] == [first.path]
    assert library.playlist(first, n=2).seeds[0].path == first.path
    assert library.mix(first, second).b.path == second.path
    assert library.track(first) == first
    assert library.export(io.BytesIO(), files=first, to="csv").tracks == 1
    with pytest.raises(NothingFoundError, match=r"not in the library: /no/such\.mp3; 'map4 scan FOLDER' adds"):
        library.set("/no/such.mp3", bpm=100)
    every = list(library.search(""))
    for found in (library.search(""), library.search("limit:7"), library.search("limit:5 offset:2")):
        tracks = list(found)
        assert len(found) == len(tracks)
        assert [found[0], found[-1], found[2]] == [tracks[0], tracks[-1], tracks[2]]
        for part in (slice(2), slice(1, 4), slice(-3, None), slice(None, None, 2), slice(None, None, -2), slice(9, 3)):
            assert found[part] == tracks[part]
        with pytest.raises(IndexError):
            found[len(tracks)]
    assert len(every) > 7
    assert (bool(nobody := library.search("artist:nobody")), nobody[:3]) == (False, [])


@pytest.mark.parametrize(
    ("query", "near"),
    [
        ("genre:hose", "did you mean genre:house?"),
        ("huose velum bpm:..200 genre:hose", "did you mean house vellum bpm:..200 genre:house?"),
        ("genre:house mood:happy", "no track has mood (mood, once the library is classified)"),
        ("genre:house composer:bach", "no track has composer"),
        ("xqzj", None),
    ],
)
def test_errors_suggest_similar_values_or_fields(library: Library, query: str, near: str | None) -> None:
    text = library.tracks.near(query)
    assert (text and text.casefold()) == near
