"""Playlists of a library: what may be chosen, how alike it sounds, what is said of each pick."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from list_libraries import put_songs
from list_libraries import song as song_row
from playlist_library import make_playlist_library, song

from map4 import Library
from map4.core.music.analysis.key import Key
from map4.errors import Map4Error, NothingFoundError, QueryError, UsageError
from map4.lists.playlist.playlist import Pick, Playlist


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    path = make_playlist_library(
        tmp_path_factory.mktemp("playlists") / "library.map4",
        more=[
            # The seed's recording under other names; a track of rock.
            {"number": 101, "bpm": 118.2, "key": "9A", "energy": 0.4, "artist": "ARTIST 0", "title": "title 1"},
            {"number": 102, "bpm": 119.0, "key": "9A", "energy": 0.4, "artist": "Z", "title": "Z", "genre": "Rock"},
        ],
    )
    with Library.open(path) as opened:
        yield opened


def numbers(made: Playlist) -> list[int]:
    return [int(os.path.basename(pick.track.path).removesuffix(".mp3")) for pick in made.picks]


def test_list_starts_with_its_seed_and_picks_have_reasons(library: Library) -> None:
    made = library.playlist(song(1), n=12)
    assert numbers(made)[0] == 1
    assert len(made.picks) == 12
    assert made.missing is None
    assert [pick.position for pick in made.picks] == list(range(1, 13))
    assert 101 not in numbers(made)  # the same recording as the seed
    assert made.picks[0].transition is None
    assert all(pick.transition is not None for pick in made.picks[1:])
    assert made.seeds[0].path == song(1)
    first, second, *_ = library.playlist(song(1), n=5, curve="0:.3,100:.9", absolute_energy=True).picks
    assert first.reasons == ("the seed", "energy 4, wanted 3")
    fader = second.transition.tempo.fader_percent
    tempo, key, energy, sound = second.reasons[:4]
    assert tempo == (f"fader {fader:+.1f} %" if abs(fader) >= 0.05 else "same tempo")
    before, after = (track.key() for track in (first.track, second.track))
    assert key.startswith(f"{before.camelot} → {after.camelot} ")
    assert energy.startswith("energy ")
    assert energy.endswith("wanted 5")
    assert sound.startswith("sounds ")
    assert second.energy_target == pytest.approx(0.45)
    *picks, made = library.playlist_events(song(1), n=15)
    assert isinstance(made, Playlist)
    assert all(isinstance(pick, Pick) for pick in picks)
    assert made.picks == tuple(picks)
    assert made == library.playlist(song(1), n=15)
    with pytest.raises(NothingFoundError, match="no track to choose from"):
        library.playlist(song(1), folder="/elsewhere")
    assert len(library.playlist(song(1), folder="/music", n=5).picks) == 5


def test_queries_narrow_exclude_and_include_tracks(library: Library) -> None:
    made = library.playlist(query="bpm:120..124", exclude="key:8B", n=6)
    for pick in made.picks:
        bpm, key = pick.track.bpm(), pick.track.key()
        assert 120 <= bpm <= 124
        assert key.camelot != "8B"
    assert made.request.query == "bpm:120..124"
    assert made.seeds == ()
    assert made.picks[0].seed_similarity is None
    assert made.picks[0].reasons[0].startswith("energy ")
    assert made.to_record()["options"]["query"] == "bpm:120..124"
    with pytest.raises(UsageError, match=r"https://radio\.example/x is a URL; give a file"):
        library.playlist("https://radio.example/x", n=3)
    assert library.playlist(song(1), n=4, exclude=" ") == library.playlist(song(1), n=4)
    with pytest.raises(NothingFoundError, match=r"nothing is left of the tracks after --exclude 'bpm:1\.\.'"):
        library.playlist(song(1), n=4, exclude="bpm:1..")
    made = library.playlist(song(1), include=[song(101), song(101)], n=4)
    assert numbers(made)[0] == 1
    assert 101 not in numbers(made)
    assert len(library.playlist(song(1), include=[song(101)], n=1).picks) == 1
    with pytest.raises(UsageError, match="a bridge can't end with the recording it starts from"):
        library.playlist(song(1), to=song(101), n=4)
    opening = library.playlist(n=3).picks[0].track
    made = library.playlist(n=6, include=[opening.path])
    assert numbers(made).count(int(os.path.basename(opening.path).removesuffix(".mp3"))) == 1
    assert len(made.picks) == 6


def test_copy_with_the_most_tags_is_chosen(tmp_path: Path) -> None:
    rows = [
        song_row("/music/1 bare.mp3", "", "track 01", 122.0, "8A", 0.5, audio_id="a1-" + "5" * 32),
        song_row("/music/2 full.mp3", "Ann", "Sky", 122.0, "8A", 0.5, audio_id="a1-" + "5" * 32, genre="House"),
        song_row("/music/3.mp3", "Bob", "Fire", 122.0, "8A", 0.5, genre="House"),
    ]
    with Library.open(put_songs(tmp_path / "copies.map4", rows)) as library:
        made = library.playlist("/music/3.mp3", n=2)
        assert [pick.track.path for pick in made.picks] == ["/music/3.mp3", "/music/2 full.mp3"]


def test_preferred_and_avoided_queries_are_reasons_unless_contradictory(library: Library) -> None:
    made = library.playlist(song(1), n=8, preferred="key:8B", avoided="key:9A")
    reasons = {
        pick.track.key(): [reason for reason in pick.reasons if reason.endswith((": key:8B", ": key:9A"))]
        for pick in made.picks[1:]
    }
    assert set(map(tuple, reasons.values())) <= {("preferred: key:8B",), ("although to be avoided: key:9A",), ()}
    assert reasons[Key.parse("8B")] == ["preferred: key:8B"]
    assert not [reason for reason in made.picks[0].reasons if "key:" in reason]  # a seed was not chosen
    options = made.to_record()["options"]
    assert (options["prefer"], options["avoid"]) == ("key:8B", "key:9A")
    kept = library.playlist(song(1), query="key:9A", n=4, avoided="key:9A", curve="wave")
    assert all("although to be avoided: key:9A" in pick.reasons for pick in kept.picks[1:])
    usual = library.playlist(song(1), n=8)
    assert (usual.request.preferred, usual.request.avoided) == (None, None)
    assert library.playlist(song(1), n=8, preferred=" ", avoided="") == usual
    # What is both, none, or all: the order of what goes best stays.
    for wishes in (
        {"preferred": "key:8B", "avoided": "key:8B"},
        {"preferred": "artist:nobody"},
        {"avoided": "bpm:1.."},
    ):
        made = library.playlist(song(1), n=8, **wishes)
        assert numbers(made) == numbers(usual)
    assert not [r for p in library.playlist(song(1), n=4, preferred="key:8B", avoided="key:8B").picks for r in p.reasons
                if "key:8B" in r]  # fmt: skip
    with pytest.raises(QueryError, match="no field 'bmp'"):
        library.playlist(song(1), n=4, preferred="bmp:120")


def test_included_tracks_appear_and_relaxations_are_listed(library: Library) -> None:
    made = library.playlist([song(1), song(20)], include=[song(30)], n=8)
    assert {1, 20, 30} <= set(numbers(made))
    without = library.playlist([song(1), song(20)], include=[song(30)], n=8, with_seed=False)
    assert 30 in numbers(without)
    assert not {1, 20, 101} & set(numbers(without))
    assert "must appear" in next(pick.reasons for pick in made.picks if pick.track.path == song(30))
    made = library.playlist(song(1), query='artist:"Artist 1"', n=3, artist_gap=4, relax=True)
    relaxed = [(pick, relaxation) for pick in made.picks for relaxation in pick.relaxed]
    assert tuple(relaxation for _, relaxation in relaxed) == made.relaxed
    pick, gap = next((pick, relaxation) for pick, relaxation in relaxed if relaxation.rule == "artist_gap")
    assert gap.asked == 4
    assert f"relaxed: artist gap 4 → {gap.given}" in pick.reasons


def test_without_sound_vectors_hamms_ranks(tmp_path: Path) -> None:
    path = make_playlist_library(tmp_path / "library.map4", sound=False)
    with Library.open(path) as library:
        made = library.playlist(song(1), n=5)
        assert all(pick.seed_similarity == pytest.approx(1.0) for pick in made.picks[1:])  # all have the same vector
        assert len(library.playlist(n=5).picks) == 5


@pytest.mark.contract
def test_impossible_playlists_are_refused(library: Library, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.mp3"
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"no music" * 100)
    with pytest.raises(Map4Error, match=r"nothing\.mp3"):
        library.playlist(nothing)
    with pytest.raises(Map4Error, match=r"broken\.mp3 can't be used for a playlist: "):
        library.playlist(broken)
    with pytest.raises(UsageError, match="a bridge needs a track to start from"):
        library.playlist(to=song(1))
    with pytest.raises(UsageError, match="3 tracks must appear, more than the 2 requested"):
        library.playlist([song(1), song(2)], include=song(3), n=2)
    with pytest.raises(QueryError, match="field"):
        library.playlist(query="shade:red")
    with pytest.raises(UsageError, match="no option 'lenght'; there are query, exclude"):
        library.playlist(song(1), lenght=5)
    with pytest.raises(NothingFoundError, match="nothing matches 'bpm:30'"):
        library.playlist(query="bpm:30")
