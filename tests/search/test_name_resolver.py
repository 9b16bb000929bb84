"""What a track can be called by: its path, its audio id, words of its name."""

import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from list_libraries import audio_id_of, put_songs, song

from map4.errors import AmbiguousNameError, NothingFoundError, UsageError
from map4.library import Library

FLAC, MP3 = "/music/Nadia Vellum/01.flac", "/music/usb/Velvet.mp3"
REMIX = "/music/Nadia Vellum/Velvet Undertow remix.mp3"
ALBUM = "/music/Undertow/Ann - Sky.mp3"
UNTITLED = "/music/Bob - Quiet Fire.mp3"
SONGS = [
    song(FLAC, "Nadia Vellum", "Velvet Undertow", 122.0, "8A", 0.5),
    song(MP3, "Nadia Vellum", "velvet undertow", 122.0, "8A", 0.5, duration_s=241.0),  # the same recording
    song(REMIX, "Nadia Vellum", "Velvet Undertow (Ströme Remix)", 126.0, "9A", 0.7, duration_s=400.0),
    song(ALBUM, "Ann", "Sky", 120.0, "8A", 0.5),
    song(UNTITLED, None, None, 100.0, "1A", 0.3),
    song("/music/five/54.mp3", "Pop", "Song 54 pop_120", 120.0, "1A", 0.3, duration_s=201.0),
    song("/music/five/52.mp3", "Pop", "Song 52 hiphop_91_547", 91.0, "1A", 0.3, duration_s=202.0),
    song("/music/five/5.mp3", "Pop", "54 reasons for a song", 91.0, "1A", 0.3, duration_s=203.0),
    song("/music/volt.mp3", "AC/DC", "Thunderstruck", 134.0, "3A", 0.9),
    song("/music/gone.mp3", "Hal", "Gone", 100.0, "1A", 0.3, is_missing=True),
]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.chdir(tmp_path)
    with Library.open(put_songs(tmp_path / "library.map4", SONGS)) as library:
        yield library


def named(library: Library, name: str | bytes | Path) -> tuple[str, str]:
    [found] = library.tracks.named(name)
    assert (found.given, found.track is None) == (name, found.by == "path")
    return found.by, found.path


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("velvet undertow", FLAC),  # what is called just so, and of its two copies the first
        ("strome rem", REMIX),
        ("Nadia Vellum – Velvet Undertow", FLAC),
        ("undertow nadia remix", REMIX),
        ("sky", ALBUM),
        ("quiet fire", UNTITLED),
        ("Bob - Quiet Fire", UNTITLED),
        ("song 54", "/music/five/54.mp3"),  # side by side
        ("song reasons 54", "/music/five/5.mp3"),
        ("91 song 52", "/music/five/52.mp3"),  # whole words, not beginnings
        ("AC/DC Thunderstruck", "/music/volt.mp3"),
        ("ac/dc", "/music/volt.mp3"),
        ("usb", MP3),  # in no name, but in a path
    ],
)
def test_words_resolve_to_the_track_with_that_name(library: Library, words: str, path: str) -> None:
    assert named(library, words) == ("words", path)


def test_words_of_several_recordings_are_refused_with_all_of_them(library: Library) -> None:
    with pytest.raises(AmbiguousNameError, match="2 tracks match 'velvet'") as caught:
        library.tracks.named("velvet")
    error = caught.value
    # The copy is no choice of its own.
    assert error.choices == (
        ("Nadia Vellum – Velvet Undertow", FLAC),
        ("Nadia Vellum – Velvet Undertow (Ströme Remix)", REMIX),
    )
    assert FLAC in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.choices, again.exit_code) == (str(error), error.choices, 2)


def test_unknown_name_gets_suggestions(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NothingFoundError, match=r"did you mean Nadia Vellum – Velvet Undertow or "):
        library.tracks.named("velvet undertov")
    with pytest.raises(NothingFoundError, match=r"did you mean AC/DC – Thunderstruck\?"):
        library.tracks.named("AC/DC Thunderstrucc")
    with pytest.raises(NothingFoundError, match=r"'zzz' is not a file.*'map4 search' finds tracks"):
        library.tracks.named("zzz")
    with (
        Library.open(tmp_path / "empty.map4") as empty,
        pytest.raises(NothingFoundError, match=r"no track is analysed.*'map4 scan FOLDER'"),
    ):
        empty.tracks.named("velvet")


def test_existing_or_known_path_precedes_words(library: Library, tmp_path: Path) -> None:
    (tmp_path / "sky").touch()
    assert named(library, "sky") == ("path", str(tmp_path / "sky"))
    put_songs(tmp_path / "library.map4", [song(str(tmp_path / "Velvet" / "x.mp3"), "X", "Y", 100.0, "1A", 0.1)])
    assert named(library, "Velvet") == ("path", str(tmp_path / "Velvet"))  # a folder that is not mounted now


@pytest.mark.parametrize(
    "name",
    [
        "sky.mp3",
        "Sky.FLAC",
        "sky.m3u8",
        "./sky",
        "~/sky",
        "/ann/sky",
        "ann/",
        "there/sky",
        "ann\\sky",
        "-",
        "!!!",
        b"sky",
        Path("sky"),
    ],
)
def test_names_that_look_like_paths_are_paths(library: Library, tmp_path: Path, name: str | bytes | Path) -> None:
    (tmp_path / "there").mkdir()
    assert named(library, name) == ("path", os.path.abspath(os.path.expanduser(os.fsdecode(name))))


def test_urls_are_refused_and_unquoted_words_get_a_hint(library: Library) -> None:
    with pytest.raises(UsageError, match="is a URL"):
        library.tracks.named("https://example.org/sky")
    with pytest.raises(NothingFoundError, match=r"in quotes: 'quiet fires'$"):
        library.tracks.named(["quiet", "fires"])
    with pytest.raises(AmbiguousNameError, match=r"add words \(put the words of a track in quotes: 'velvet remix'\)"):
        library.tracks.named(["velvet", "remix", FLAC])
    with pytest.raises(AmbiguousNameError, match="add words, or give the path"):
        library.tracks.named(["velvet", FLAC])


def test_audio_id_or_its_beginning_selects_a_recording(library: Library, tmp_path: Path) -> None:
    whole = audio_id_of(2)
    assert named(library, whole) == ("audio_id", REMIX)
    assert named(library, whole.upper()) == ("audio_id", REMIX)
    own = "a1-" + "beef5" * 6 + "00"
    copies = [song(path, "A", "B", 100.0, "1A", 0.1, audio_id=own) for path in ("/music/2.mp3", "/music/1.mp3")]
    copies[1]["is_missing"] = True
    put_songs(tmp_path / "library.map4", copies)
    assert named(library, own[:8]) == ("audio_id", "/music/2.mp3")  # the copy that is there
    with pytest.raises(AmbiguousNameError):
        library.tracks.named(whole[:8])
    with pytest.raises(NothingFoundError, match="no track of the library has audio id a1-f"):
        library.tracks.named("a1-" + "f" * 32)
    with pytest.raises(NothingFoundError, match="begins with a1-ffff"):
        library.tracks.named("a1-fffff")


def test_calls_that_take_tracks_accept_words(library: Library) -> None:
    words = "velvet undertow"
    assert [track.path for track in library.similar(words, by="mix").wanted] == [FLAC]
    assert [track.path for track in library.compare([words, "sky"]).tracks] == [FLAC, ALBUM]
    assert [track.path for track in library.tracks.at([words, ALBUM])[0]] == [FLAC, ALBUM]
    made = library.playlist(words, to="sky", include=["undertow nadia remix"], n=3, policy="creative", harmonic="off")
    assert [pick.track.path for pick in made.picks] == [FLAC, REMIX, ALBUM]
    with pytest.raises(AmbiguousNameError):
        library.analyze("velvet")
    with pytest.raises(NothingFoundError):
        library.export(os.devnull, to="json", files="nobody at all")
